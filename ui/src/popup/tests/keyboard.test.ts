import { screen, waitFor } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
import { hit, project } from "../../backend/scenes";
import {
  A,
  backend,
  eachOnAPageOfItsOwn,
  hold,
  key,
  open,
  paths,
  selectedPath,
  send,
  type,
} from "./page";

eachOnAPageOfItsOwn();

/** Work that goes on until the test ends it. */
function unfinished(): { promise: Promise<void>; end: () => void } {
  let end = () => {};
  const promise = new Promise<void>((resolve) => (end = resolve));
  return { promise, end: () => end() };
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

  test("a key that is held, or pressed again at once, opens one file", async () => {
    const box = await open();
    await type(box, "debounce");
    const { promise, end } = unfinished();
    const opened = vi.spyOn(backend, "openHit").mockReturnValue(promise);
    await key(box, "Enter");
    await key(box, "Enter", { repeat: true });
    await key(box, "Enter");
    expect(opened).toHaveBeenCalledTimes(1);
    end();
    await waitFor(() => expect(backend.calls).toContainEqual(["hidePopup"]));
    await key(box, "Enter", { repeat: true });
    expect(opened).toHaveBeenCalledTimes(1);
    await key(box, "Enter");
    expect(opened).toHaveBeenCalledTimes(2);
  });

  test("while something is being opened, nothing else is, until the popup is in use again", async () => {
    const box = await open();
    await type(box, "debounce");
    const { promise, end } = unfinished();
    const opened = vi.spyOn(backend, "openHit").mockReturnValue(promise);
    await key(box, "Enter");
    await key(box, "3", { code: "Digit3", ctrlKey: true });
    await key(box, "Enter", { ctrlKey: true });
    expect(opened).toHaveBeenCalledTimes(1);
    expect(backend.calls.filter(([name]) => name === "revealHit")).toEqual([]);
    await type(box, "finish_debounce");
    await key(box, "Enter");
    expect(opened.mock.lastCall?.[1]).toBe("helix-term/src/handlers/completion.rs");
    end();
    await waitFor(() => expect(backend.calls.at(-1)).toEqual(["hidePopup"]));
    expect(backend.calls.filter(([name]) => name === "hidePopup")).toHaveLength(1);
  });

  test("a slow opening does not hide a popup whose box was emptied meanwhile", async () => {
    const box = await open();
    await type(box, "debounce");
    const { promise, end } = unfinished();
    vi.spyOn(backend, "openHit").mockReturnValue(promise);
    await key(box, "Enter");
    await key(box, "Escape");
    expect(box.value).toBe("");
    end();
    await vi.advanceTimersByTimeAsync(50);
    expect(backend.calls).not.toContainEqual(["hidePopup"]);
  });

  test("a slow opening does not hide a popup that is in use again", async () => {
    const box = await open();
    await type(box, "debounce");
    const { promise, end } = unfinished();
    vi.spyOn(backend, "revealHit").mockReturnValue(promise);
    await key(box, "Enter", { ctrlKey: true });
    backend.send("popup_hidden", null);
    await waitFor(() => expect(box.value).toBe(""));
    backend.send("popup_shown", null);
    await type(box, "step");
    end();
    await vi.advanceTimersByTimeAsync(50);
    expect(backend.calls).not.toContainEqual(["hidePopup"]);
    expect(box.value).toBe("step");
  });

  test("what went wrong is said once, and Escape takes it away first", async () => {
    const box = await open();
    await type(box, "debounce");
    const error = (message: string) => ({ code: "NoEditor", message, retryable: false });
    const editor = vi.spyOn(backend, "openHit");
    for (const message of ["One.", "One.", "Two.", "Three.", "Four.", "Five.", "Two."]) {
      editor.mockRejectedValueOnce({ ...error(message), project_id: null });
      await key(box, "Enter");
      await waitFor(() =>
        expect(screen.getAllByTestId("toast").at(-1)?.textContent).toContain(message),
      );
    }
    const said = screen.getAllByTestId("toast").map(({ textContent }) => textContent);
    expect(said).toHaveLength(4);
    expect(said[0]).toContain("Three.");
    await key(box, "Escape");
    expect(screen.queryByTestId("toast")).toBeNull();
    expect(box.value).toBe("debounce");
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

  test("Ctrl+P shows the projects, Ctrl+, the settings", async () => {
    const box = await open();
    await key(box, "p", { ctrlKey: true });
    expect(backend.calls.at(-1)).toEqual(["showProjects"]);
    await key(box, ",", { ctrlKey: true });
    expect(backend.calls.at(-1)).toEqual(["showSettings"]);
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

  test("a name that two projects have is offered once", async () => {
    const box = await open();
    const twins = [project("zed"), { ...project("zed"), id: "other" }, project("helix")];
    backend.send("snapshot", { seq: 9, projects: twins });
    await type(box, "project:");
    await waitFor(() => expect(offered()).toEqual(["helix", "zed"]));
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
