// From a key that is pressed to the hotkey as the settings spell it.

export type RecorderKey =
  | { kind: "hotkey"; keys: string }
  /** Only modifiers so far. */
  | { kind: "partial"; keys: string }
  | { kind: "cancel" }
  | { kind: "refused"; reason: string };

type Press = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

const MODIFIERS = new Set(["Control", "Shift", "Alt", "Meta", "AltGraph", "Super", "OS"]);
const FUNCTION_KEY = /^F(?:[1-9]|1\d|2[0-4])$/;

/** Systems that know a hotkey by the place of its key, and not by what the key types. */
const BY_PLACE = navigator.userAgent.includes("Mac");

export function recorded(press: Press, byPlace = BY_PLACE): RecorderKey {
  const modifiers = [
    press.ctrlKey ? "Ctrl" : "",
    press.altKey ? "Alt" : "",
    press.shiftKey ? "Shift" : "",
    press.metaKey ? "Super" : "",
  ].filter((name) => name !== "");
  if (MODIFIERS.has(press.key)) return { kind: "partial", keys: [...modifiers, "…"].join("+") };
  if (press.key === "Escape" && modifiers.length === 0) return { kind: "cancel" };
  const name = keyName(press, byPlace);
  if (name === null) return { kind: "refused", reason: "This key cannot be part of a hotkey." };
  const strong = press.ctrlKey || press.altKey || press.metaKey;
  if (!strong && !FUNCTION_KEY.test(name)) {
    return {
      kind: "refused",
      reason: `${name} alone would be taken from every program: hold Ctrl, Alt or Super with it.`,
    };
  }
  return { kind: "hotkey", keys: [...modifiers, name].join("+") };
}

function keyName({ key, code }: Press, byPlace: boolean): string | null {
  if (!byPlace && /^[a-z0-9]$/i.test(key)) return key.toUpperCase();
  const plain = /^(?:Key|Digit)(.)$/.exec(code)?.[1];
  if (plain) return plain;
  if (FUNCTION_KEY.test(code) || NAMED.has(code)) return code;
  return null;
}

/** The codes that are hotkeys under their own name. */
const NAMED = new Set([
  "Space",
  "Enter",
  "Tab",
  "Backspace",
  "Delete",
  "Insert",
  "Home",
  "End",
  "PageUp",
  "PageDown",
  "ArrowUp",
  "ArrowDown",
  "ArrowLeft",
  "ArrowRight",
  "Backquote",
  "Backslash",
  "BracketLeft",
  "BracketRight",
  "Comma",
  "Period",
  "Slash",
  "Semicolon",
  "Minus",
  "Equal",
]);
