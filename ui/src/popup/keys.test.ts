import { expect, test } from "vitest";
import { type KeyPress, keyCommand, wantsBox } from "./keys";

function press(key: string, change: Partial<KeyPress> = {}): KeyPress {
  const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  return { key, code: "", isComposing: false, keyCode: 0, ...plain, ...change };
}

test("the keys of the list work in the box only", () => {
  expect(keyCommand(press("ArrowDown"), "box")).toEqual({ kind: "move", move: "down" });
  expect(keyCommand(press("PageUp"), "box")).toEqual({ kind: "move", move: "pageUp" });
  expect(keyCommand(press("Enter"), "box")).toEqual({ kind: "open" });
  expect(keyCommand(press("Enter"), "control")).toBeNull();
  expect(keyCommand(press("ArrowDown"), "control")).toBeNull();
});

test("Home and End edit the text; with Ctrl they move in the list", () => {
  expect(keyCommand(press("Home"), "box")).toBeNull();
  expect(keyCommand(press("Home", { ctrlKey: true }), "box")).toEqual({
    kind: "move",
    move: "first",
  });
  expect(keyCommand(press("End", { ctrlKey: true }), "box")).toEqual({
    kind: "move",
    move: "last",
  });
});

test("Shift with an arrow selects text", () => {
  expect(keyCommand(press("ArrowUp", { shiftKey: true }), "box")).toBeNull();
});

test("digits go by their place on the keyboard", () => {
  const french = press("&", { code: "Digit1", ctrlKey: true });
  expect(keyCommand(french, "box")).toEqual({ kind: "openRow", row: 0 });
  expect(keyCommand(press("0", { code: "Digit0", ctrlKey: true }), "box")).toBeNull();
});

test("no key is taken from an input method", () => {
  expect(keyCommand(press("Enter", { isComposing: true }), "box")).toBeNull();
  expect(keyCommand(press("Enter", { keyCode: 229 }), "box")).toBeNull();
  expect(keyCommand(press("Escape", { isComposing: true }), "box")).toBeNull();
});

test("the keys of the selected hit", () => {
  const ctrl = (key: string, change: Partial<KeyPress> = {}) =>
    keyCommand(press(key, { ctrlKey: true, ...change }), "box");
  expect(ctrl("Enter")).toEqual({ kind: "act", name: "reveal" });
  expect(ctrl("c")).toEqual({ kind: "act", name: "copyPath" });
  expect(ctrl("C", { shiftKey: true })).toEqual({ kind: "act", name: "copyPlace" });
  expect(ctrl("k")).toEqual({ kind: "actions" });
  expect(ctrl("v")).toBeNull();
  expect(keyCommand(press("c", { ctrlKey: true }), "control")).toBeNull();
});

test("letters of other alphabets go by their place on the keyboard", () => {
  const ctrl = (key: string, code: string, change: Partial<KeyPress> = {}) =>
    keyCommand(press(key, { code, ctrlKey: true, ...change }), "box");
  expect(ctrl("з", "KeyP")).toEqual({ kind: "projects" });
  expect(ctrl("л", "KeyK")).toEqual({ kind: "actions" });
  expect(ctrl("С", "KeyC", { shiftKey: true })).toEqual({ kind: "act", name: "copyPlace" });
  expect(ctrl("б", "Comma")).toEqual({ kind: "settings" });
});

test("Tab completes in the box and goes on from a button; Shift and Tab always go back", () => {
  expect(keyCommand(press("Tab"), "box")).toEqual({ kind: "complete" });
  expect(keyCommand(press("Tab"), "control")).toBeNull();
  expect(keyCommand(press("Tab", { shiftKey: true }), "box")).toBeNull();
});

test("in the preview the keys that scroll are left to it, and the others are the list's", () => {
  for (const key of ["ArrowDown", "PageUp", "Tab"]) {
    expect(keyCommand(press(key), "preview")).toBeNull();
  }
  expect(keyCommand(press("End", { ctrlKey: true }), "preview")).toBeNull();
  expect(keyCommand(press("Enter"), "preview")).toEqual({ kind: "open" });
  expect(keyCommand(press("k", { ctrlKey: true }), "preview")).toEqual({ kind: "actions" });
});

test("a key pressed beside the box goes to it, but for Tab and what another place needs", () => {
  expect(wantsBox(press("a"), "box") && wantsBox(press("ArrowDown"), "box")).toBe(true);
  expect(wantsBox(press("Tab"), "box") || wantsBox(press("c", { ctrlKey: true }), "box")).toBe(
    false,
  );
  expect(wantsBox(press("é"), "preview")).toBe(true);
  expect(wantsBox(press(" "), "preview") || wantsBox(press("ArrowDown"), "preview")).toBe(false);
  expect(wantsBox(press("a"), "control")).toBe(false);
});
