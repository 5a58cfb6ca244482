import { expect, test } from "vitest";
import { type KeyPress, keyCommand } from "./keys";

function press(key: string, change: Partial<KeyPress> = {}): KeyPress {
  const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  return { key, code: "", isComposing: false, keyCode: 0, ...plain, ...change };
}

test("the keys of the list work in the box only", () => {
  expect(keyCommand(press("ArrowDown"), true)).toEqual({ kind: "move", move: "down" });
  expect(keyCommand(press("PageUp"), true)).toEqual({ kind: "move", move: "pageUp" });
  expect(keyCommand(press("Enter"), true)).toEqual({ kind: "open" });
  expect(keyCommand(press("Enter"), false)).toBeNull();
  expect(keyCommand(press("ArrowDown"), false)).toBeNull();
});

test("Home and End edit the text; with Ctrl they move in the list", () => {
  expect(keyCommand(press("Home"), true)).toBeNull();
  expect(keyCommand(press("Home", { ctrlKey: true }), true)).toEqual({
    kind: "move",
    move: "first",
  });
  expect(keyCommand(press("End", { ctrlKey: true }), true)).toEqual({ kind: "move", move: "last" });
});

test("Shift with an arrow selects text", () => {
  expect(keyCommand(press("ArrowUp", { shiftKey: true }), true)).toBeNull();
});

test("digits go by their place on the keyboard", () => {
  const french = press("&", { code: "Digit1", ctrlKey: true });
  expect(keyCommand(french, true)).toEqual({ kind: "openRow", row: 0 });
  expect(keyCommand(press("0", { code: "Digit0", ctrlKey: true }), true)).toBeNull();
});

test("no key is taken from an input method", () => {
  expect(keyCommand(press("Enter", { isComposing: true }), true)).toBeNull();
  expect(keyCommand(press("Enter", { keyCode: 229 }), true)).toBeNull();
  expect(keyCommand(press("Escape", { isComposing: true }), true)).toBeNull();
});

test("the keys of the selected hit", () => {
  const ctrl = (key: string, change: Partial<KeyPress> = {}) =>
    keyCommand(press(key, { ctrlKey: true, ...change }), true);
  expect(ctrl("Enter")).toEqual({ kind: "act", name: "reveal" });
  expect(ctrl("c")).toEqual({ kind: "act", name: "copyPath" });
  expect(ctrl("C", { shiftKey: true })).toEqual({ kind: "act", name: "copyPlace" });
  expect(ctrl("k")).toEqual({ kind: "actions" });
  expect(ctrl("v")).toBeNull();
  expect(keyCommand(press("c", { ctrlKey: true }), false)).toBeNull();
});

test("Tab completes in the box and goes on from a button; Shift and Tab always go back", () => {
  expect(keyCommand(press("Tab"), true)).toEqual({ kind: "complete" });
  expect(keyCommand(press("Tab"), false)).toBeNull();
  expect(keyCommand(press("Tab", { shiftKey: true }), true)).toBeNull();
});
