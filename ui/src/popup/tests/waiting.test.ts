import { screen, waitFor } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
import { A, B, C, backend, eachOnAPageOfItsOwn, hold, key, open, paths, send, type } from "./page";

eachOnAPageOfItsOwn();

type Updates = ReturnType<typeof hold>;

/** The list of one query on screen, and another query on its way. */
async function askedAnew(): Promise<{ box: HTMLInputElement; updates: Updates }> {
  const box = await open();
  const updates = hold();
  await type(box, "a");
  await send(updates, 0, [A, C]);
  await waitFor(() => expect(paths()).toHaveLength(2));
  await type(box, "b");
  return { box, updates };
}

function opened(): unknown[] {
  return backend.calls.filter(([name]) => name === "openHit").map(([, , path]) => path);
}

describe("a list of another query", () => {
  const isMarked = () =>
    screen.queryByTestId("list-note") !== null &&
    screen.getByRole("listbox").getAttribute("aria-busy") === "true";

  test("is marked when the new one is long in coming, and not before", async () => {
    const { updates } = await askedAnew();
    await vi.advanceTimersByTimeAsync(100);
    expect(isMarked()).toBe(false);
    await vi.advanceTimersByTimeAsync(400);
    await waitFor(() => expect(isMarked()).toBe(true));
    expect(screen.getByTestId("list-note").textContent).toContain("the query before");
    await send(updates, 1, [B]);
    await waitFor(() => expect(paths()).toEqual(["src/b.rs"]));
    expect(isMarked()).toBe(false);
  });

  test("is marked although letter after letter begins another search", async () => {
    const { box } = await askedAnew();
    for (const query of ["bc", "bcd", "bcde"]) {
      await vi.advanceTimersByTimeAsync(150);
      await type(box, query);
    }
    await waitFor(() => expect(isMarked()).toBe(true));
    await type(box, "a");
    await waitFor(() => expect(isMarked()).toBe(false));
  });

  test("is not marked where the answer came in time", async () => {
    const { updates } = await askedAnew();
    await send(updates, 1, [B]);
    await vi.advanceTimersByTimeAsync(500);
    expect(isMarked()).toBe(false);
  });
});

describe("Enter before the answer", () => {
  test("opens the first hit of what was typed, and nothing of the query before", async () => {
    const { box, updates } = await askedAnew();
    await key(box, "Enter");
    expect(opened()).toEqual([]);
    await send(updates, 1, [B, A]);
    await waitFor(() => expect(opened()).toEqual(["src/b.rs"]));
  });

  test("opens it in a popup that has listed nothing yet too", async () => {
    const box = await open();
    const updates = hold();
    await type(box, "a");
    await key(box, "Enter");
    await send(updates, 0, [A]);
    await waitFor(() => expect(opened()).toEqual(["src/a.rs"]));
  });

  test("is kept for the row of a digit and for the copy of a path", async () => {
    const { box, updates } = await askedAnew();
    await key(box, "2", { code: "Digit2", ctrlKey: true });
    await send(updates, 1, [B, A]);
    await waitFor(() => expect(opened()).toEqual(["src/a.rs"]));
    await type(box, "c");
    await key(box, "c", { ctrlKey: true });
    await send(updates, 2, [C]);
    await waitFor(() =>
      expect(backend.calls).toContainEqual(["copyText", "/home/ada/src/helix/src/c.rs"]),
    );
  });

  test.each<[string, (box: HTMLInputElement) => Promise<unknown>]>([
    ["another letter", (box) => type(box, "b")],
    ["an arrow", (box) => key(box, "ArrowDown")],
    ["Escape", (box) => key(box, "Escape")],
  ])("is given up with %s", async (_, meanwhile) => {
    const { box, updates } = await askedAnew();
    await key(box, "Enter");
    await meanwhile(box);
    await send(updates, 1, [B]);
    await send(updates, 2, [B]);
    await vi.advanceTimersByTimeAsync(100);
    expect(opened()).toEqual([]);
  });

  test("opens nothing where the query is refused", async () => {
    const { box } = await askedAnew();
    let refuse = () => {};
    const refused = new Promise<void>((_, reject) => {
      refuse = () => reject(new Error("No."));
    });
    vi.spyOn(backend, "search").mockReturnValueOnce(refused);
    await type(box, "bc");
    await key(box, "Enter");
    refuse();
    await screen.findByRole("alert");
    await key(box, "Enter");
    await vi.advanceTimersByTimeAsync(100);
    expect(opened()).toEqual([]);
    expect(paths()).toHaveLength(2);
  });
});
