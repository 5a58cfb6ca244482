import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
import type { Preview } from "../../backend/generated/Preview";
import { project } from "../../backend/scenes";
import { A, B, backend, eachOnAPageOfItsOwn, hold, key, open, send, type } from "./page";

eachOnAPageOfItsOwn();

function lines(text: string, change: Partial<Preview> = {}): Preview {
  const whole = { first_line: 1, more: false, stale: false, enclosing: null };
  return { ...whole, lines: [{ text, spans: [] }], ...change };
}

async function previewed(): Promise<HTMLElement> {
  const pane = await screen.findByTestId("preview");
  await vi.waitFor(() => expect(pane.textContent).not.toBe(""));
  return pane;
}

describe("the preview", () => {
  test("follows the selection, with the symbol as its heading and the line marked", async () => {
    const box = await open();
    await type(box, "debounce");
    const pane = await previewed();
    expect(within(pane).getByTestId("preview-symbol").textContent).toMatch(
      /^struct Debounce\s+lines 41–53/,
    );
    const hitLine = within(pane).getByTestId("preview-line");
    expect(hitLine.querySelector(".keyword")?.textContent).toBe("pub");
    expect(within(pane).getByTestId("preview-line").textContent).toContain("41");
    await key(box, "ArrowDown");
    await vi.waitFor(() =>
      expect(within(pane).getByTestId("preview-symbol").textContent).toMatch(/^step.rs/),
    );
    const line = within(pane).getByTestId("preview-line");
    expect(line.textContent).toContain("let quiet = self.debounce.due(now);");
    expect(line.querySelector("mark")?.textContent).toBe("debounce");
  });

  test("the old one stays until the new one is there, and a late answer is dropped", async () => {
    const box = await open();
    const waiting: ((preview: Preview) => void)[] = [];
    const calls = vi
      .spyOn(backend, "preview")
      .mockImplementation(() => new Promise((resolve) => waiting.push(resolve)));
    await type(box, "debounce");
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    waiting[0]?.(lines("first"));
    const pane = await previewed();
    await key(box, "ArrowDown");
    await vi.waitFor(() => expect(waiting).toHaveLength(2));
    expect(pane.textContent).toContain("first");
    await key(box, "ArrowDown");
    await vi.waitFor(() => expect(waiting).toHaveLength(3));
    waiting[2]?.(lines("third"));
    await vi.waitFor(() => expect(pane.textContent).toContain("third"));
    waiting[1]?.(lines("second"));
    await vi.advanceTimersByTimeAsync(0);
    expect(pane.textContent).toContain("third");
    expect(calls.mock.calls[2]?.slice(0, 3)).toEqual([
      "id-zed",
      "crates/editor/src/editor.rs",
      2204,
    ]);
  });

  test("begins at the left where another place is shown, also one whose line is gone", async () => {
    const box = await open();
    await type(box, "debounce");
    const pane = await previewed();
    const body = within(pane).getByLabelText("Lines");
    for (const gone of [false, true]) {
      body.scrollLeft = 40;
      body.scrollTop = 90;
      const preview = lines(gone ? "gone" : "there", { first_line: gone ? 1 : 118 });
      vi.spyOn(backend, "preview").mockResolvedValueOnce(preview);
      await key(box, "ArrowDown");
      await vi.waitFor(() => expect(pane.textContent).toContain(gone ? "gone" : "there"));
      await vi.waitFor(() => expect(body.scrollLeft).toBe(0));
      expect(body.scrollTop).toBeLessThanOrEqual(0);
    }
  });

  test("is dimmed where that of the selected row is long in coming, and not before", async () => {
    const box = await open();
    await type(box, "debounce");
    const pane = await previewed();
    const isDimmed = () => pane.getAttribute("aria-busy") === "true";
    let answer: (preview: Preview) => void = () => undefined;
    const slow = new Promise<Preview>((resolve) => (answer = resolve));
    vi.spyOn(backend, "preview").mockReturnValueOnce(slow);
    await key(box, "ArrowDown");
    await vi.advanceTimersByTimeAsync(80);
    expect(isDimmed()).toBe(false);
    await vi.advanceTimersByTimeAsync(150);
    await vi.waitFor(() => expect(isDimmed()).toBe(true));
    answer(lines("second"));
    await vi.waitFor(() => expect(pane.textContent).toContain("second"));
    expect(isDimmed()).toBe(false);
  });

  test("a file that is not shown says why, and hostile text is text", async () => {
    const box = await open();
    const message = "It may hold passwords.";
    const error = { code: "Failed", message, retryable: false, project_id: null };
    vi.spyOn(backend, "preview").mockRejectedValueOnce(error);
    await type(box, "finish_debounce");
    const pane = await previewed();
    await vi.waitFor(() => expect(pane.textContent).toContain(message));
    await type(box, "");
    await type(box, "finish_debounce");
    const again = await previewed();
    await vi.waitFor(() => expect(again.textContent).toContain("<img src=x"));
    expect(again.querySelector("img")).toBeNull();
  });
});

describe("the preview of the same hit", () => {
  const NOTE = /Changed since it was indexed/;

  /** The preview of A as these answers say, one after the other; the last one stays. */
  async function shownAs(...answers: (Preview | Error)[]) {
    const box = await open();
    const updates = hold();
    const last = answers.at(-1) ?? new Error("none");
    const asked = vi.spyOn(backend, "preview").mockImplementation(() => {
      const next = answers.shift() ?? last;
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    });
    await type(box, "let");
    await send(updates, 0, [A], { done: false });
    const pane = await previewed();
    await vi.waitFor(() => expect(pane.textContent).toMatch(/first/));
    return { pane, asked, again: (hits = [A]) => send(updates, 0, hits) };
  }

  async function settled(): Promise<void> {
    await vi.advanceTimersByTimeAsync(200);
  }

  test("is not called changed where that is not known", async () => {
    const { pane } = await shownAs(lines("first", { stale: null }));
    expect(pane.textContent).not.toMatch(NOTE);
  });

  test.each<[string, Preview | Error]>([
    ["failed", new Error("first: it is gone.")],
    ["was stale", lines("first", { stale: true })],
    ["was not known to be what is indexed", lines("first", { stale: null })],
  ])("is read again with a new list where it %s", async (_, first) => {
    const { pane, again } = await shownAs(first, lines("second"));
    await again();
    await waitFor(() => expect(pane.textContent).toContain("second"));
    expect(pane.textContent).not.toMatch(NOTE);
  });

  test("is read again when its line is another one", async () => {
    const { pane, again } = await shownAs(lines("first"), lines("second"));
    await again([{ ...A, snippet: { line: 1, text: "let other;", highlights: [] } }]);
    await waitFor(() => expect(pane.textContent).toContain("second"));
  });

  test("is read again when its project was indexed again", async () => {
    const { pane } = await shownAs(lines("first"), lines("second"));
    const zed = project("zed", { last_indexed: "2030-03-01T12:00:00Z" });
    backend.send("snapshot", { seq: 9, projects: [zed] });
    await waitFor(() => expect(pane.textContent).toContain("second"));
  });

  test("is not dimmed while it is read again", async () => {
    const { pane, asked, again } = await shownAs(lines("first", { stale: true }));
    asked.mockReturnValue(new Promise(() => {}));
    await again();
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
    await vi.advanceTimersByTimeAsync(400);
    expect(pane.getAttribute("aria-busy")).toBe("false");
  });

  test("is not read again with every list that has the hit", async () => {
    const { asked, again } = await shownAs(lines("first"), lines("second"));
    await again([A, B]);
    await settled();
    expect(asked).toHaveBeenCalledTimes(1);
  });
});
