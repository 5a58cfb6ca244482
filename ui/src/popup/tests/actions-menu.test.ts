import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
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
  pointerMove,
  selectedPath,
  send,
  type,
} from "./page";

eachOnAPageOfItsOwn();

describe("actions", () => {
  test("Ctrl+K lists them, arrows choose, and the path is copied", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "k", { ctrlKey: true });
    const menu = await screen.findByTestId("actions");
    await key(menu, "ArrowDown");
    await key(menu, "ArrowDown");
    await key(menu, "Enter");
    await waitFor(() => expect(screen.queryByTestId("actions")).toBeNull());
    const path = "/home/ada/src/quarry/src-tauri/engine/src/watch/debounce.rs";
    expect(backend.calls).toContainEqual(["copyText", path]);
    expect((await screen.findByTestId("toast")).textContent).toContain(`Copied ${path}`);
    expect(document.activeElement).toBe(box);
  });

  test("they are those of the hit that they were asked for, whatever becomes of the list", async () => {
    const box = await open();
    const updates = hold();
    await type(box, "let");
    await send(updates, 0, [A, B, C]);
    await key(box, "ArrowDown");
    await key(box, "k", { ctrlKey: true });
    const menu = await screen.findByTestId("actions");
    const subject = () => menu.querySelector("p")?.textContent;
    expect(subject()).toBe("b.rs:2");
    const row = screen.getAllByTestId("hit")[2];
    if (!row) throw new Error("no third row");
    await fireEvent(row, pointerMove(10, 10));
    await fireEvent(row, pointerMove(40, 40));
    expect(selectedPath()).toBe("src/b.rs");
    await send(updates, 0, [C], { done: false });
    expect(paths()).toEqual(["src/c.rs"]);
    expect(subject()).toBe("b.rs:2");
    await fireEvent.click(screen.getByText("Copy path within the project"));
    expect(backend.calls).toContainEqual(["copyText", "src/b.rs"]);
  });

  test.each<[string, (box: HTMLInputElement) => Promise<unknown>]>([
    ["by their key", (box) => key(box, "k", { ctrlKey: true })],
    ["in the footer", () => fireEvent.click(screen.getByRole("button", { name: /^Actions/ }))],
  ])("asked for %s before the answer, they are those of what was typed", async (_, ask) => {
    const box = await open();
    const updates = hold();
    await type(box, "a");
    await send(updates, 0, [A]);
    await screen.findByTestId("hit");
    await type(box, "b");
    await ask(box);
    expect(screen.queryByTestId("actions")).toBeNull();
    await send(updates, 1, [B, A]);
    const menu = await screen.findByTestId("actions");
    expect(menu.querySelector("p")?.textContent).toBe("b.rs:2");
  });

  test("asked for before the answer, they do not close what was opened meanwhile", async () => {
    const box = await open();
    const updates = hold();
    await type(box, "a");
    await key(box, "k", { ctrlKey: true });
    await key(box, "F1");
    await send(updates, 0, [A]);
    await waitFor(() => expect(paths()).toEqual(["src/a.rs"]));
    expect(screen.getByTestId("keys-help")).toBeTruthy();
    expect(screen.queryByTestId("actions")).toBeNull();
  });

  test("Escape closes the menu and nothing else", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "k", { ctrlKey: true });
    await key(await screen.findByTestId("actions"), "Escape");
    await waitFor(() => expect(screen.queryByTestId("actions")).toBeNull());
    expect(box.value).toBe("debounce");
  });

  test("who calls the symbol is asked for in its project", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "k", { ctrlKey: true });
    await fireEvent.click(await screen.findByText("Who calls it"));
    await waitFor(() => expect(box.value).toBe("project:quarry callers:Debounce"));
    expect(backend.calls).toContainEqual(["rememberQuery", "debounce"]);
    expect(document.activeElement).toBe(box);
  });

  test("what is like a hit is listed until something is typed", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "k", { ctrlKey: true });
    await fireEvent.click(await screen.findByText("More like this"));
    const note = await screen.findByTestId("list-note");
    expect(note.textContent).toBe("More like debounce.rs:41, by meaning:");
    expect(paths()).not.toContain("src-tauri/engine/src/watch/debounce.rs");
    expect(box.value).toBe("debounce");
    await type(box, "debounce.");
    expect(screen.queryByTestId("list-note")).toBeNull();
  });

  test("why nothing can be like it is said", async () => {
    const box = await open();
    await type(box, "debounce");
    const message = "There is no model to compare with.";
    const error = { code: "NoModel", message, retryable: false, project_id: null };
    vi.spyOn(backend, "moreLike").mockRejectedValueOnce(error);
    await key(box, "k", { ctrlKey: true });
    await fireEvent.click(await screen.findByText("More like this"));
    expect((await screen.findByTestId("toast")).textContent).toContain(message);
    expect(box.getAttribute("aria-invalid")).toBe("false");
    expect(screen.queryByTestId("list-note")).toBeNull();
    expect(paths()).toHaveLength(11);
  });

  test("the project is opened in the editor", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "k", { ctrlKey: true });
    await fireEvent.click(await screen.findByText("Open the project in the editor"));
    await waitFor(() => expect(backend.calls).toContainEqual(["hidePopup"]));
    expect(backend.calls).toContainEqual(["openProject", "id-quarry"]);
  });

  test("the hit's folder is excluded from the index, which can be taken back", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "k", { ctrlKey: true });
    await fireEvent.click(await screen.findByText("Exclude this folder from the index"));
    const folder = "src-tauri/engine/src/watch";
    const toast = await screen.findByTestId("toast");
    expect(toast.textContent).toContain(`quarry leaves out ${folder} from now on.`);
    expect(backend.calls).toContainEqual(["excludeFolder", "id-quarry", folder]);
    expect(box.value).toBe("debounce");
    // Also for who hides the popup first.
    backend.send("popup_hidden", null);
    await waitFor(() => expect(box.value).toBe(""));
    await fireEvent.click(screen.getByRole("button", { name: "Undo" }));
    expect(backend.calls).toContainEqual(["stopExcluding", "id-quarry", `/${folder}/`]);
    await waitFor(() => expect(screen.queryByTestId("toast")).toBeNull());
  });

  test("the search goes on in the hit's project only", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "k", { ctrlKey: true });
    const items = await screen.findAllByTestId("action");
    const narrow = items.find((item) => item.textContent.includes("this project only"));
    if (!narrow) throw new Error("no such action");
    await fireEvent.click(narrow);
    await waitFor(() => expect(box.value).toBe("project:quarry debounce"));
  });

  test("Ctrl+C copies the path, unless text is selected", async () => {
    const box = await open();
    await type(box, "debounce");
    box.setSelectionRange(0, 3);
    expect(await key(box, "c", { ctrlKey: true })).toBe(true);
    box.setSelectionRange(2, 2);
    await key(box, "c", { ctrlKey: true });
    await key(box, "C", { ctrlKey: true, shiftKey: true });
    const path = "/home/ada/src/quarry/src-tauri/engine/src/watch/debounce.rs";
    const copies = backend.calls.filter(([name]) => name === "copyText");
    expect(copies).toEqual([
      ["copyText", path],
      ["copyText", `${path}:41`],
    ]);
  });

  test("Ctrl+Enter shows the file in the file manager", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "Enter", { ctrlKey: true });
    await waitFor(() => expect(backend.calls.at(-1)).toEqual(["hidePopup"]));
    expect(backend.calls.at(-2)).toEqual([
      "revealHit",
      "id-quarry",
      "src-tauri/engine/src/watch/debounce.rs",
    ]);
  });

  test("F1 lists the keys, Escape goes back to the box", async () => {
    const box = await open();
    await key(box, "F1");
    const help = await screen.findByTestId("keys-help");
    expect(help.textContent).toContain("Ctrl+Shift+C");
    await key(help, "Escape");
    await waitFor(() => expect(screen.queryByTestId("keys-help")).toBeNull());
    expect(document.activeElement).toBe(box);
  });
});
