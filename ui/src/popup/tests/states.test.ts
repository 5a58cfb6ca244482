import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
import { answer } from "../../backend/fake-answer";
import { project, scene } from "../../backend/scenes";
import { A, backend, eachOnAPageOfItsOwn, hold, open, paths, type } from "./page";

eachOnAPageOfItsOwn();

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
});

describe("errors and states", () => {
  test("an error stands under the box, and the old list stays", async () => {
    const box = await open();
    await type(box, "debounce");
    await type(box, "/[a/");
    expect(screen.getByRole("alert").textContent).toContain("cannot be read: [a");
    await waitFor(() => expect(paths()).toHaveLength(11));
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

test("a lane's note is said in the footer, in words", async () => {
  const box = await open();
  const updates = hold();
  await type(box, "/x/");
  const found = answer("/x/", [A], scene(null).projects);
  const note = "Stopped after 2 s: 512 of 3,000 files were read.";
  found.lanes = [{ lane: "regex", took_ms: 2000, note }];
  updates[0]?.({ seq: 1, done: true, answer: found });
  const footer = screen.getByTestId("footer");
  await waitFor(() => expect(footer.textContent).toContain(`Patterns: ${note}`));
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
