import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeBackend, answer } from "../backend/fake";
import type { Hit } from "../backend/generated/Hit";
import type { Preview } from "../backend/generated/Preview";
import type { SearchUpdate } from "../backend/generated/SearchUpdate";
import { hit, project, scene } from "../backend/scenes";
import Popup from "./Popup.svelte";

let backend: FakeBackend;

async function open(name: string | null = null): Promise<HTMLInputElement> {
  backend = new FakeBackend(scene(name));
  render(Popup, { backend });
  const settled = name === "empty" ? "first-start" : "project";
  await screen.findAllByTestId(settled);
  return screen.getByRole("combobox");
}

async function type(box: HTMLInputElement, query: string): Promise<void> {
  await fireEvent.input(box, { target: { value: query } });
}

/** The updates of each search, sent by the test. */
function hold(): ((update: SearchUpdate) => void)[] {
  backend.held = [];
  return backend.held;
}

async function send(
  updates: ((update: SearchUpdate) => void)[],
  request: number,
  hits: Hit[],
  change: Partial<SearchUpdate> = {},
): Promise<void> {
  const found = answer("", hits, scene(null).projects);
  updates[request]?.({ seq: request + 1, done: true, answer: found, error: null, ...change });
  await Promise.resolve();
}

function paths(): (string | undefined)[] {
  return screen.queryAllByTestId("hit").map((row) => row.dataset.path);
}

function selectedPath(): string | undefined {
  return screen.getByRole("option", { selected: true }).dataset.path;
}

function key(box: HTMLElement, name: string, change: KeyboardEventInit = {}): Promise<boolean> {
  return fireEvent.keyDown(box, { key: name, ...change });
}

const A = hit("zed", "src/a.rs", 1, "let a;");
const B = hit("zed", "src/b.rs", 2, "let b;");
const C = hit("helix", "src/c.rs", 3, "let c;");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

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

function pointerMove(screenX: number, screenY: number): MouseEvent {
  return new MouseEvent("pointermove", { screenX, screenY, bubbles: true });
}

describe("keys", () => {
  test("Enter opens the selected hit at its line and hides the popup", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "ArrowDown");
    await key(box, "Enter");
    await waitFor(() => expect(backend.calls.at(-1)).toEqual(["hidePopup"]));
    expect(backend.calls.at(-2)).toEqual([
      "openHit",
      "id-quarry",
      "src-tauri/engine/src/watch/step.rs",
      118,
    ]);
  });

  test("Ctrl and a digit open that row", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "3", { code: "Digit3", ctrlKey: true });
    expect(backend.calls).toContainEqual([
      "openHit",
      "id-zed",
      "crates/editor/src/editor.rs",
      2204,
    ]);
  });

  test("an editor that cannot be started is a sentence, and the popup stays", async () => {
    const box = await open();
    await type(box, "debounce");
    const error = { code: "NoEditor", message: "No editor was found.", retryable: false };
    vi.spyOn(backend, "openHit").mockRejectedValue({ ...error, project_id: null });
    await key(box, "Enter");
    expect((await screen.findByTestId("toast")).textContent).toContain("No editor was found.");
    expect(backend.calls).not.toContainEqual(["hidePopup"]);
  });

  test("Escape empties the box, a second one hides the popup", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "Escape");
    expect(box.value).toBe("");
    expect(paths()).toEqual([]);
    expect(backend.calls).not.toContainEqual(["hidePopup"]);
    await key(box, "Escape");
    expect(backend.calls.at(-1)).toEqual(["hidePopup"]);
  });

  test("a key pressed beside the box moves the selection and brings the focus back", async () => {
    const box = await open();
    await type(box, "debounce");
    box.blur();
    await key(screen.getByRole("listbox"), "ArrowDown");
    expect(selectedPath()).toBe("src-tauri/engine/src/watch/step.rs");
    expect(document.activeElement).toBe(box);
  });

  test("Enter on a button is the button's", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(screen.getByRole("button", { name: /Projects/ }), "Enter");
    expect(backend.calls.filter(([name]) => name === "openHit")).toEqual([]);
  });

  test("an input method keeps its keys", async () => {
    const box = await open();
    await type(box, "debounce");
    await key(box, "Enter", { isComposing: true });
    expect(backend.calls.filter(([name]) => name === "openHit")).toEqual([]);
  });

  test("Ctrl+, shows the projects", async () => {
    await key(await open(), ",", { ctrlKey: true });
    expect(backend.calls.at(-1)).toEqual(["showProjects"]);
  });

  test("going beyond a full page asks for the rest, and the selection stays", async () => {
    const box = await open();
    const updates = hold();
    const page = Array.from({ length: 20 }, (_, row) => hit("zed", `${row}.rs`, 1, "x"));
    await type(box, "x");
    await send(updates, 0, page);
    await waitFor(() => expect(paths()).toHaveLength(20));
    await key(box, "End", { ctrlKey: true });
    expect(backend.calls.at(-1)).toEqual(["search", "x", 2, 200]);
    await send(updates, 1, [...page, A]);
    await waitFor(() => expect(paths()).toHaveLength(21));
    expect(selectedPath()).toBe("19.rs");
  });
});

describe("never a bare nothing", () => {
  test("a project that is being indexed is named", async () => {
    await type(await open("indexing"), "quux");
    expect(screen.getByTestId("nothing-found").textContent).toContain(
      "Nothing found yet: linux is 43 % indexed, zed is loading.",
    );
  });

  test("a project that failed is named", async () => {
    await type(await open("failed"), "quux");
    expect(screen.getByTestId("nothing-found").textContent).toContain(
      "archive: its volume is not available",
    );
  });

  test("what is wrong with the program is said in the footer", async () => {
    await open("failed");
    const footer = screen.getByTestId("footer");
    await waitFor(() => expect(footer.textContent).toContain("is taken by another program"));
    expect(footer.textContent).toContain("The settings cannot be read: line 3.");
  });

  test("all searched says how many", async () => {
    await type(await open(), "quux");
    expect(screen.getByTestId("nothing-found").textContent).toContain(
      "Nothing found in 5 projects.",
    );
    await waitFor(() =>
      expect(screen.getByTestId("spoken").textContent).toBe("Nothing found in 5 projects."),
    );
  });

  test("without a project there is a button to add one, and the hotkey", async () => {
    await open("empty");
    const hint = screen.getByTestId("first-start");
    expect(hint.textContent).toContain("No project is registered yet.");
    await waitFor(() => expect(hint.textContent).toContain("Ctrl+Shift+Space"));
    await fireEvent.click(within(hint).getByRole("button", { name: "Add folder…" }));
    expect(backend.calls).toEqual([["pickFolders"]]);
    expect((await screen.findByTestId("toast")).textContent).toContain("ripgrep is registered");
  });

  test("what was indexed meanwhile is searched again by itself", async () => {
    const box = await open("indexing");
    await type(box, "quux");
    const searches = () => backend.calls.filter(([name]) => name === "search").length;
    await vi.advanceTimersByTimeAsync(2000);
    const before = searches();
    const fresh = project("linux", { last_indexed: "2026-03-01T12:00:00Z" });
    backend.send("snapshot", { seq: 9, projects: [fresh] });
    await vi.advanceTimersByTimeAsync(2000);
    expect(searches()).toBe(before + 1);
  });
});

describe("errors and states", () => {
  test("an error stands under the box, and the old list stays", async () => {
    const box = await open();
    await type(box, "debounce");
    await type(box, "/[a/");
    expect(screen.getByRole("alert").textContent).toContain("cannot be read: [a");
    expect(paths()).toHaveLength(11);
    expect(screen.getByTestId("list-note").textContent).toContain("the query before");
    expect(box.getAttribute("aria-describedby")).toBe("query-error");
    await type(box, "debounce");
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("a search command that is refused is an error under the box too", async () => {
    const box = await open();
    vi.spyOn(backend, "search").mockRejectedValue(new Error("The engine is closing."));
    await type(box, "x");
    expect((await screen.findByRole("alert")).textContent).toBe("The engine is closing.");
  });

  test("the footer names what failed, and Retry asks for it", async () => {
    await open("failed");
    const footer = screen.getByTestId("footer");
    await waitFor(() => expect(footer.textContent).toContain("Hotkey Ctrl+Shift+Space is taken"));
    expect(footer.textContent).toContain("archive: its volume is not available");
    await fireEvent.click(within(footer).getByRole("button", { name: "Retry archive" }));
    expect(backend.calls).toEqual([["projectAction", "id-archive", "Retry"]]);
    await waitFor(() => expect(footer.textContent).toContain("archive is loading"));
    expect(within(footer).queryByRole("button", { name: "Retry archive" })).toBeNull();
  });

  test("the footer says how many were searched and how long it took", async () => {
    await type(await open("indexing"), "debounce");
    const footer = screen.getByTestId("footer").textContent;
    expect(footer).toContain("Searched 4 of 5 projects");
    expect(footer).toContain("linux is 43 % indexed");
    expect(footer).toContain("11 results · 3.4 ms");
  });

  test("an empty box shows every project with its state", async () => {
    await open("failed");
    const rows = screen.getAllByTestId("project").map(({ dataset }) => dataset);
    expect(rows).toHaveLength(7);
    expect(rows[0]).toMatchObject({ name: "archive", residency: "Failed", freshness: "Fresh" });
  });

  test("an older snapshot does not replace a newer one", async () => {
    await open();
    backend.send("snapshot", { seq: 8, projects: [project("new")] });
    backend.send("snapshot", { seq: 7, projects: [project("old")] });
    await waitFor(() => expect(screen.getAllByTestId("project")).toHaveLength(1));
    expect(screen.getByTestId("project").dataset.name).toBe("new");
  });
});

describe("the window", () => {
  test("hiding resets it, showing focuses the box and selects its text", async () => {
    const box = await open();
    await type(box, "debounce");
    backend.send("popup_hidden", null);
    await waitFor(() => expect(paths()).toEqual([]));
    expect(box.value).toBe("");
    await type(box, "abc");
    box.blur();
    backend.send("popup_shown", null);
    expect(document.activeElement).toBe(box);
    expect([box.selectionStart, box.selectionEnd]).toEqual([0, 3]);
  });

  test("a drag is announced over the whole window, its result told and dismissed", async () => {
    await open();
    backend.send("drag", { phase: "Enter", count: 2, folders: 2 });
    expect((await screen.findByTestId("drag-overlay")).textContent).toBe(
      "Drop to register 2 folders",
    );
    backend.send("drag", { phase: "Drop", count: 2, folders: null });
    const path = "/home/ada/src/x";
    const message = "x is a file.";
    const outcome = { path, outcome: "Refused" as const, project: null, message, repositories: [] };
    backend.send("added", [outcome]);
    const toast = await screen.findByTestId("toast");
    expect(screen.queryByTestId("drag-overlay")).toBeNull();
    expect(toast.textContent).toContain("x is a file.");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(screen.getByTestId("toast")).toBe(toast);
    await fireEvent.click(within(toast).getByRole("button", { name: "Dismiss" }));
    expect(screen.queryByTestId("toast")).toBeNull();
  });

  test("a plain result goes away by itself", async () => {
    await open();
    backend.send("added", await backend.addFolders(["/home/ada/src/x"]));
    await screen.findByTestId("toast");
    await vi.advanceTimersByTimeAsync(8_100);
    expect(screen.queryByTestId("toast")).toBeNull();
  });
});

describe("the preview", () => {
  async function previewed(): Promise<HTMLElement> {
    const pane = await screen.findByTestId("preview");
    await vi.waitFor(() => expect(pane.textContent).not.toBe(""));
    return pane;
  }

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
    const lines = (text: string): Preview => ({
      first_line: 1,
      lines: [{ text, spans: [] }],
      more: false,
      stale: false,
      enclosing: null,
    });
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

describe("completion", () => {
  const offered = () => screen.queryAllByTestId("completion").map((one) => one.textContent.trim());

  test("the values come after a filter, an arrow chooses and Tab takes one", async () => {
    const box = await open();
    await type(box, "la");
    expect(offered()).toEqual([]);
    await key(box, "Tab");
    await waitFor(() => expect(box.value).toBe("lang:"));
    await waitFor(() => expect(offered().slice(0, 2)).toEqual(["c", "cpp"]));
    expect(box.getAttribute("aria-controls")).toBe("completions");
    await key(box, "ArrowDown");
    expect(box.getAttribute("aria-activedescendant")).toBe("completion-1");
    await key(box, "Tab");
    await waitFor(() => expect(box.value).toBe("lang:cpp "));
    expect(offered()).toEqual([]);
  });

  test("Escape closes the list first, and keeps what was typed", async () => {
    const box = await open();
    await type(box, "project:");
    await waitFor(() => expect(offered()).toHaveLength(5));
    await key(box, "Escape");
    await waitFor(() => expect(offered()).toEqual([]));
    expect(box.value).toBe("project:");
    await key(box, "Escape");
    expect(box.value).toBe("");
  });

  test("Enter opens the hit while no completion was chosen", async () => {
    const box = await open();
    const updates = hold();
    await type(box, "lang:r");
    await send(updates, 0, [A]);
    await waitFor(() => expect(paths()).toEqual(["src/a.rs"]));
    await key(box, "Enter");
    expect(backend.calls).toContainEqual(["openHit", "id-zed", "src/a.rs", 1]);
  });

  test("Tab in an empty box goes on to the next control", async () => {
    // fireEvent tells whether the browser's own part was left to it.
    expect(await key(await open(), "Tab")).toBe(true);
    const box: HTMLInputElement = screen.getByRole("combobox");
    await type(box, "needle");
    expect(await key(box, "Tab")).toBe(true);
  });
});

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
    expect((await screen.findByRole("alert")).textContent).toBe(message);
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

describe("opened files", () => {
  test("are offered on an empty box and open at their line again", async () => {
    await open();
    const files = await screen.findAllByTestId("opened");
    expect(files.map((file) => file.textContent)).toEqual([
      "debounce.rsquarry",
      "gpiolib-cdev.clinux",
      "editor.rszed",
    ]);
    const second = files[1];
    if (second) await fireEvent.click(second);
    await waitFor(() => expect(backend.calls).toContainEqual(["hidePopup"]));
    expect(backend.calls).toContainEqual([
      "openHit",
      "id-linux",
      "drivers/gpio/gpiolib-cdev.c",
      512,
    ]);
  });
});

describe("the first start", () => {
  test("looks for repositories only when asked, and takes a folder at once", async () => {
    await open("empty");
    expect(screen.queryByTestId("suggestions")).toBeNull();
    await fireEvent.click(screen.getByRole("button", { name: /^Look for repositories/ }));
    const found = await screen.findByTestId("suggestions");
    expect(found.textContent).toMatch(/\/home\/ada\/src\s+23 repositories/);
    expect(found.textContent).toMatch(/notes\s+1 repository/);
    await fireEvent.click(screen.getByRole("button", { name: "Add /home/ada/src" }));
    await waitFor(() => expect(backend.calls).toEqual([["addFolders", ["/home/ada/src"]]]));
  });
});

describe("recent queries", () => {
  test("stand on the empty box, and the arrow brings the last one back", async () => {
    const box = await open();
    const shown = await screen.findAllByTestId("recent");
    expect(shown[0]?.textContent).toBe("@Debounce");
    await key(box, "ArrowUp");
    await waitFor(() => expect(box.value).toBe("@Debounce"));
    expect(backend.calls).toContainEqual(["search", "@Debounce", 1, 20]);
  });

  test("one that found something is remembered when the popup hides", async () => {
    const box = await open();
    await type(box, "quux");
    backend.send("popup_hidden", null);
    await waitFor(() => expect(box.value).toBe(""));
    await type(box, "debounce");
    expect(paths()).toHaveLength(11);
    backend.send("popup_hidden", null);
    expect(backend.calls.filter(([name]) => name === "rememberQuery")).toEqual([
      ["rememberQuery", "debounce"],
    ]);
  });

  test("can be forgotten", async () => {
    await open();
    await screen.findAllByTestId("recent");
    await fireEvent.click(screen.getByRole("button", { name: "Forget" }));
    await waitFor(() => expect(screen.queryAllByTestId("recent")).toEqual([]));
    expect(backend.calls).toEqual([["clearRecentQueries"]]);
  });

  test("what can be typed is shown beside them", async () => {
    await open();
    const hints = screen.getByTestId("query-hints").textContent;
    for (const hint of ["name", '"exact"', "/regex/", "@symbol", "file.rs:120"]) {
      expect(hints).toContain(hint);
    }
  });
});

test("a lane's note is said in the footer, in words", async () => {
  const box = await open();
  const updates = hold();
  await type(box, "/x/");
  const found = answer("/x/", [A], scene(null).projects);
  const note = "Stopped after 2 s: 512 of 3,000 files were read.";
  found.lanes = [{ lane: "regex", took_ms: 2000, note }];
  updates[0]?.({ seq: 1, done: true, answer: found, error: null });
  const footer = screen.getByTestId("footer");
  await waitFor(() => expect(footer.textContent).toContain(`Patterns: ${note}`));
});
