import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import { backend, eachOnAPageOfItsOwn, key, open, paths, type } from "./page";

eachOnAPageOfItsOwn();

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

  /** As somebody leaves it who took one of the suggestions. */
  async function taken(): Promise<HTMLInputElement> {
    const box = await open("empty");
    await fireEvent.click(screen.getByRole("button", { name: /^Look for repositories/ }));
    await fireEvent.click(await screen.findByRole("button", { name: "Add /home/ada/src" }));
    await screen.findByText("1 project is registered.");
    return box;
  }

  test("takes several of the suggestions, marks them and ends when that is said", async () => {
    await taken();
    const added = await screen.findByRole("button", { name: "/home/ada/src is added" });
    await fireEvent.click(added);
    await fireEvent.click(screen.getByRole("button", { name: "Add /home/ada/notes" }));
    await screen.findByText("2 projects are registered.");
    expect(backend.calls.map(([, paths]) => paths)).toEqual([
      ["/home/ada/src"],
      ["/home/ada/notes"],
    ]);
    await fireEvent.click(screen.getByRole("button", { name: "Done" }));
    expect(screen.queryByTestId("first-start")).toBeNull();
    expect(screen.getAllByTestId("project")).toHaveLength(2);
  });

  test("ends with the first letter, and when the popup hides", async () => {
    const box = await taken();
    await type(box, "x");
    await type(box, "");
    expect(screen.queryByTestId("first-start")).toBeNull();
    cleanup();
    await taken();
    backend.send("popup_hidden", null);
    await waitFor(() => expect(screen.queryByTestId("first-start")).toBeNull());
  });

  test("stays while there is no project, whatever is typed", async () => {
    const box = await open("empty");
    await type(box, "x");
    expect(screen.getByTestId("first-start").textContent).toContain("No project is registered");
    expect(screen.queryByRole("button", { name: "Done" })).toBeNull();
  });
});

describe("where the desktop gives no hotkey", () => {
  test("the first start says what to bind to a key, and copies it", async () => {
    await open("empty-wayland");
    const ways = await screen.findByTestId("bind-key");
    for (const words of [
      "GNOME",
      "KDE Plasma",
      "bindsym Ctrl+Shift+space exec /usr/bin/quarry toggle",
    ]) {
      expect(ways.textContent).toContain(words);
    }
    await fireEvent.click(within(ways).getByRole("button", { name: "Copy" }));
    expect(backend.calls).toEqual([["copyText", "/usr/bin/quarry toggle"]]);
    expect(screen.queryByText(/opens this window from anywhere/)).toBeNull();
  });

  test("the footer does not complain of it for ever", async () => {
    await open("wayland");
    expect(screen.getByTestId("footer").textContent).not.toContain("Wayland");
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

  test("the arrow goes on to those before it, until one is typed or a hit below is chosen", async () => {
    const box = await open();
    await screen.findAllByTestId("recent");
    const pressed = async () => {
      await key(box, "ArrowUp");
      await Promise.resolve();
      return box.value;
    };
    const recent = ["@Debounce", "project:linux gpiod_set_debounce", "/fn \\w+_actions/"];
    for (const query of recent) expect(await pressed()).toBe(query);
    expect(await pressed()).toBe(recent[2]);
    await type(box, "debounce");
    await waitFor(() => expect(paths()).toHaveLength(11));
    expect(await pressed()).toBe("debounce");
  });

  test("one that found something is remembered when the popup hides", async () => {
    const box = await open();
    await type(box, "quux");
    backend.send("popup_hidden", null);
    await waitFor(() => expect(box.value).toBe(""));
    await type(box, "debounce");
    await waitFor(() => expect(paths()).toHaveLength(11));
    backend.send("popup_hidden", null);
    expect(backend.calls.filter(([name]) => name === "rememberQuery")).toEqual([
      ["rememberQuery", "debounce"],
    ]);
  });

  test("can be forgotten with the opened files, but not with the pinned ones", async () => {
    await open();
    await screen.findAllByTestId("recent");
    await fireEvent.click(screen.getByRole("button", { name: "Forget" }));
    await waitFor(() => expect(screen.queryAllByTestId("recent")).toEqual([]));
    const left = screen.getAllByTestId("offered").map(({ dataset }) => dataset.pinned);
    expect(left).toEqual(["true", "true"]);
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

describe("pinned and opened files", () => {
  function offered(): HTMLElement[] {
    return screen.queryAllByTestId("offered");
  }

  test("stand on an empty box, the pinned ones first, and open at their line again", async () => {
    await open();
    await waitFor(() => expect(offered()).toHaveLength(5));
    expect(offered().map(({ dataset, textContent }) => [dataset.pinned, textContent])).toEqual([
      ["true", "default.rshelix"],
      ["true", "release-checklist.mdzednot there"],
      ["false", "debounce.rsquarry"],
      ["false", "gpiolib-cdev.clinux"],
      ["false", "editor.rszed"],
    ]);
    const opened = offered()[3];
    if (opened) await fireEvent.click(opened);
    await waitFor(() => expect(backend.calls).toContainEqual(["hidePopup"]));
    expect(backend.calls).toContainEqual([
      "openHit",
      "id-linux",
      "drivers/gpio/gpiolib-cdev.c",
      512,
    ]);
  });

  test("a pinned file that is gone is said, opens nothing and can be unpinned", async () => {
    await open();
    await waitFor(() => expect(offered()).toHaveLength(5));
    expect(offered()[1]?.hasAttribute("disabled")).toBe(true);
    await fireEvent.click(screen.getByRole("button", { name: "Unpin release-checklist.md" }));
    const path = "docs/release-checklist.md";
    expect(backend.calls).toEqual([["pinFile", "id-zed", path, 1, false]]);
  });

  test("an action pins a hit's file, and another one unpins it", async () => {
    const box = await open();
    const choose = async (words: string): Promise<void> => {
      await type(box, "debounce");
      await key(box, "k", { ctrlKey: true });
      await fireEvent.click(await screen.findByText(words));
    };
    await choose("Pin file");
    const toast = await screen.findByTestId("toast");
    expect(toast.textContent).toContain("debounce.rs is pinned");
    const path = "src-tauri/engine/src/watch/debounce.rs";
    expect(backend.calls).toContainEqual(["pinFile", "id-quarry", path, 41, true]);
    await key(box, "Escape");
    await waitFor(() => expect(offered()[0]?.textContent).toBe("debounce.rsquarry"));
    await choose("Unpin file");
    expect(backend.calls.at(-1)).toEqual(["pinFile", "id-quarry", path, 41, false]);
  });
});
