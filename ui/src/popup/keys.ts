// Which key does what in the popup. Nothing here touches the page.

import { chordKey } from "../shared/chord-key";
import type { ActionName } from "./actions";
import type { Move } from "./results";

export type KeyCommand =
  | { kind: "move"; move: Move }
  | { kind: "open" }
  | { kind: "openRow"; row: number }
  | { kind: "act"; name: ActionName }
  | { kind: "complete" }
  | { kind: "scroll"; lines: number }
  | { kind: "actions" }
  | { kind: "help" }
  | { kind: "escape" }
  | { kind: "projects" }
  | { kind: "settings" };

export type KeyPress = Pick<
  KeyboardEvent,
  "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing" | "keyCode"
>;

export type KeysGroup = {
  title: string;
  keys: readonly (readonly [keys: string, words: string])[];
};

/** Every key that means something here, in words. */
export const KEYS_HELP: readonly KeysGroup[] = [
  {
    title: "Choose a hit",
    keys: [
      ["↑ ↓", "the one above, the one below"],
      ["Page Up, Page Down", "a page of them"],
      ["Ctrl+Home, Ctrl+End", "the first, the last"],
      ["Ctrl+↑, Ctrl+↓", "scroll the preview, by lines"],
      ["Ctrl+PgUp, Ctrl+PgDn", "scroll it by pages"],
    ],
  },
  {
    title: "Use it",
    keys: [
      ["Enter", "open it in the editor, at its line"],
      ["Ctrl+1 … Ctrl+9", "open the one with this number"],
      ["Ctrl+Enter", "show it in the file manager"],
      ["Ctrl+C", "copy its path, where no text is selected"],
      ["Ctrl+Shift+C", "copy path:line"],
      ["Ctrl+K", "everything else that can be done with it"],
    ],
  },
  {
    title: "Search",
    keys: [
      ["Tab", "complete a filter, such as lang: or path:"],
      ["↑ in an empty box", "the last query again; once more, the one before it"],
      ["Escape", "empty the box, then hide the popup"],
    ],
  },
  {
    title: "Windows",
    keys: [
      ["Ctrl+P", "the projects"],
      ["Ctrl+,", "the settings"],
      ["F1", "this page"],
      ["Ctrl+Q", "quit Quarry"],
    ],
  },
];

/** The key code WebKit and Chromium report for a key that an input method has taken. */
const TAKEN_BY_INPUT_METHOD = 229;

const MOVES: Record<string, Move> = {
  ArrowUp: "up",
  ArrowDown: "down",
  PageUp: "pageUp",
  PageDown: "pageDown",
};

/** Lines of the preview. */
const SCROLLS: Record<string, number> = { ArrowUp: -3, ArrowDown: 3, PageUp: -20, PageDown: 20 };

/** Where the focus is: a control has its own keys, and the preview scrolls with those of the list. */
export type KeyPlace = "box" | "preview" | "control";

export function keyCommand(press: KeyPress, place: KeyPlace): KeyCommand | null {
  // Some WebKit versions send the key that ends a composition with isComposing already false.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  if (press.isComposing || press.keyCode === TAKEN_BY_INPUT_METHOD || press.altKey) return null;
  if (press.ctrlKey || press.metaKey) return chord(press, place);
  if (press.key === "Escape") return { kind: "escape" };
  if (press.key === "F1") return { kind: "help" };
  if (place === "control" || press.shiftKey) return null;
  if (press.key === "Enter") return { kind: "open" };
  if (place === "preview") return null;
  if (press.key === "Tab") return { kind: "complete" };
  const move = MOVES[press.key];
  return move ? { kind: "move", move } : null;
}

/** The key is for the box, which is to have the focus: a blank scrolls the preview. */
export function wantsBox(press: KeyPress, place: KeyPlace): boolean {
  if (press.ctrlKey || press.metaKey || press.altKey) return false;
  if (place === "box") return press.key !== "Tab";
  return place === "preview" && press.key.length === 1 && press.key !== " ";
}

function chord(press: KeyPress, place: KeyPlace): KeyCommand | null {
  const letter = chordKey(press);
  if (letter === ",") return { kind: "settings" };
  // By position, as the digits need Shift on some keyboards.
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(press.code)?.[1];
  if (digit) return { kind: "openRow", row: Number(digit) - 1 };
  if (letter === "p" && !press.shiftKey) return { kind: "projects" };
  if (place === "control") return null;
  if (letter === "c") return { kind: "act", name: press.shiftKey ? "copyPlace" : "copyPath" };
  if (press.shiftKey) return null;
  if (letter === "k") return { kind: "actions" };
  if (press.key === "Enter") return { kind: "act", name: "reveal" };
  const lines = SCROLLS[press.key];
  if (lines !== undefined) return { kind: "scroll", lines };
  if (place === "preview") return null;
  if (press.key === "Home") return { kind: "move", move: "first" };
  if (press.key === "End") return { kind: "move", move: "last" };
  return null;
}
