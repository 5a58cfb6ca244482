// Which key does what in the popup. Nothing here touches the page.

import type { Move } from "./results";

export type KeyCommand =
  | { kind: "move"; move: Move }
  | { kind: "open" }
  | { kind: "openRow"; row: number }
  | { kind: "escape" }
  | { kind: "projects" };

export type KeyPress = Pick<
  KeyboardEvent,
  "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing" | "keyCode"
>;

/** The key code WebKit and Chromium report for a key that an input method has taken. */
const TAKEN_BY_INPUT_METHOD = 229;

const MOVES: Record<string, Move> = {
  ArrowUp: "up",
  ArrowDown: "down",
  PageUp: "pageUp",
  PageDown: "pageDown",
};

/** `inBox`: no button has the focus, so that the keys of the list are not another control's. */
export function keyCommand(press: KeyPress, inBox: boolean): KeyCommand | null {
  // Some WebKit versions send the key that ends a composition with isComposing already false.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  if (press.isComposing || press.keyCode === TAKEN_BY_INPUT_METHOD || press.altKey) return null;
  if (press.ctrlKey || press.metaKey) return chord(press, inBox);
  if (press.key === "Escape") return { kind: "escape" };
  if (!inBox || press.shiftKey) return null;
  if (press.key === "Enter") return { kind: "open" };
  const move = MOVES[press.key];
  return move ? { kind: "move", move } : null;
}

function chord(press: KeyPress, inBox: boolean): KeyCommand | null {
  if (press.key === ",") return { kind: "projects" };
  // By position, as the digits need Shift on some keyboards.
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(press.code)?.[1];
  if (digit) return { kind: "openRow", row: Number(digit) - 1 };
  if (!inBox || press.shiftKey) return null;
  if (press.key === "Home") return { kind: "move", move: "first" };
  if (press.key === "End") return { kind: "move", move: "last" };
  return null;
}
