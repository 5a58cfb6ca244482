import { expect, test } from "vitest";
import { recorded } from "./hotkey-keys";

function press(code: string, held: string[] = [], key = code, byPlace = false) {
  const is = (name: string) => held.includes(name);
  const modifiers = {
    ctrlKey: is("ctrl"),
    altKey: is("alt"),
    shiftKey: is("shift"),
    metaKey: is("super"),
  };
  return recorded({ key, code, ...modifiers }, byPlace);
}

test("a letter is the one that the key types, but where the system goes by its place", () => {
  expect(press("KeyQ", ["ctrl", "alt"], "a")).toEqual({ kind: "hotkey", keys: "Ctrl+Alt+A" });
  expect(press("KeyQ", ["ctrl", "alt"], "a", true)).toMatchObject({ keys: "Ctrl+Alt+Q" });
});

test("a key with its modifiers is a hotkey, also where it types none of our letters", () => {
  expect(press("KeyK", ["alt", "ctrl"], "κ")).toEqual({ kind: "hotkey", keys: "Ctrl+Alt+K" });
  expect(press("Digit1", ["super"], "&")).toEqual({ kind: "hotkey", keys: "Super+1" });
  expect(press("Space", ["ctrl", "shift"], " ")).toEqual({
    kind: "hotkey",
    keys: "Ctrl+Shift+Space",
  });
  expect(press("F9")).toEqual({ kind: "hotkey", keys: "F9" });
});

test("modifiers alone are a beginning", () => {
  expect(press("ControlLeft", ["ctrl"], "Control")).toEqual({ kind: "partial", keys: "Ctrl+…" });
});

test("a key that people type is refused with the reason", () => {
  expect(press("KeyA", ["shift"], "A")).toMatchObject({ kind: "refused" });
  expect(press("AudioVolumeUp", ["ctrl"])).toMatchObject({ kind: "refused" });
});

test("Escape ends it", () => {
  expect(press("Escape")).toEqual({ kind: "cancel" });
});
