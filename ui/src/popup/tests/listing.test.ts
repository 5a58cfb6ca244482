import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
import { hit } from "../../backend/scenes";
import {
  A,
  B,
  C,
  backend,
  eachOnAPageOfItsOwn,
  hold,
  key,
  open,
  paths,
  selectedPath,
  send,
  type,
  pointerMove,
} from "./page";

eachOnAPageOfItsOwn();

describe("typing", () => {
  test("shows hits with their place, project and highlighted line", async () => {
    await type(await open(), "debounce");
    const row = screen.getAllByTestId("hit")[1];
    if (!row) throw new Error("no second row");
    expect(row.dataset).toMatchObject({
      path: "src-tauri/engine/src/watch/step.rs",
      line: "118",
    });
    expect(row.textContent).toContain("step.rs:118");
    expect(within(row).getByText("quarry")).toBeTruthy();
    expect(row.querySelector("mark")?.textContent).toBe("debounce");
  });

  test("searches at every letter, each with the next number", async () => {
    const box = await open();
    await type(box, "d");
    await type(box, "de");
    expect(backend.calls).toEqual([
      ["search", "d", 1, 20],
      ["search", "de", 2, 20],
    ]);
  });

  test("keeps the old list until new hits come, and drops what is stale", async () => {
    const box = await open();
    const updates = hold();
    await type(box, "a");
    await send(updates, 0, [A]);
    await waitFor(() => expect(paths()).toEqual(["src/a.rs"]));
    await type(box, "ab");
    expect(paths()).toEqual(["src/a.rs"]);
    await type(box, "abc");
    await send(updates, 1, [B]);
    expect(paths()).toEqual(["src/a.rs"]);
    await send(updates, 2, [C]);
    await waitFor(() => expect(paths()).toEqual(["src/c.rs"]));
  });

  test("the rows below the list's edge come behind its first frame, and the selected one is seen", async () => {
    const box = await open();
    const updates = hold();
    const seen = vi.spyOn(Element.prototype, "scrollIntoView");
    await type(box, "a");
    const many = Array.from({ length: 20 }, (_, at) => hit("zed", `src/${at}.rs`, 1, "let a;"));
    await send(updates, 0, many);
    await waitFor(() => expect(paths()).toHaveLength(11));
    await key(box, "End", { ctrlKey: true });
    seen.mockClear();
    await waitFor(() => expect(paths()).toHaveLength(20));
    await waitFor(() => expect(seen.mock.contexts).toContain(document.getElementById("hit-19")));
    seen.mockRestore();
  });

  test("an update that comes after the box was emptied is dropped", async () => {
    const box = await open();
    const updates = hold();
    await type(box, "a");
    await type(box, "");
    await send(updates, 0, [A]);
    await vi.advanceTimersByTimeAsync(0);
    expect(paths()).toEqual([]);
    expect(screen.getAllByTestId("project")).toHaveLength(5);
  });

  test("hostile text is shown as text", async () => {
    const box = await open();
    const updates = hold();
    const line = '<img src=x onerror="alert(1)"><b>x</b>\u202E';
    await type(box, "x");
    await send(updates, 0, [hit("zed", "<script>.rs", 1, line)]);
    const row = await screen.findByTestId("hit");
    expect(row.textContent).toContain('<img src=x onerror="alert(1)"><b>x</b>⟨202E⟩');
    expect(row.textContent).toContain("<script>.rs");
    expect(row.querySelector("img, b, script")).toBeNull();
  });

  test("a stale hit says so", async () => {
    await type(await open(), "gpio");
    const rows = screen.getAllByTestId("hit");
    const stale = rows.filter((row) => within(row).queryByText("stale"));
    expect(stale.map((row) => row.dataset.path)).toEqual(["drivers/gpio/gpiolib-cdev.c"]);
  });
});

describe("the selection", () => {
  test("stays on its hit when later updates of the same query merge", async () => {
    const box = await open();
    const updates = hold();
    await type(box, "let");
    await send(updates, 0, [A, B], { done: false });
    await waitFor(() => expect(paths()).toHaveLength(2));
    await key(box, "ArrowDown");
    expect(selectedPath()).toBe("src/b.rs");
    await send(updates, 0, [C, A, B]);
    await waitFor(() => expect(paths()).toHaveLength(3));
    expect(selectedPath()).toBe("src/b.rs");
    expect(box.getAttribute("aria-activedescendant")).toBe("hit-2");
  });

  test("is the first hit of a new query", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "End", { ctrlKey: true });
    await type(box, "debounc");
    expect(screen.getAllByRole("option")[0]?.getAttribute("aria-selected")).toBe("true");
  });

  test("follows the mouse only when it moved", async () => {
    await type(await open(), "debounce");
    const row = screen.getAllByTestId("hit")[3];
    if (!row) throw new Error("no fourth row");
    await fireEvent(row, pointerMove(5, 5));
    await fireEvent(row, pointerMove(5, 5));
    expect(row.getAttribute("aria-selected")).toBe("false");
    await fireEvent(row, pointerMove(6, 5));
    expect(row.getAttribute("aria-selected")).toBe("true");
  });
});

describe("what a hit is", () => {
  test("a definition has its kind and name, and each lane its mark in words", async () => {
    await type(await open(), "debounce");
    const row = screen.getAllByTestId("hit")[0];
    expect(row?.textContent).toContain("struct Debounce");
    expect(row?.textContent).toContain("a definition of this name");
    expect(row?.textContent).toContain("found in the text");
  });

  test("a file is shown as one: its name marked, no line, its directory below", async () => {
    await type(await open(), "debounce.toml");
    const row = screen.getByTestId("hit");
    expect(row.querySelector("mark")?.textContent).toBe("debounce");
    expect(row.textContent).toContain("found by the file’s name");
    expect(row.textContent).not.toContain(":1");
    expect(row.textContent).toContain("helix-core");
  });
});
