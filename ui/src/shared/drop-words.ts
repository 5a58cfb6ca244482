import type { DragPhase } from "../backend/generated/DragPhase";
import { counted } from "./figures";

/** What would become of the things that are dragged over the window. */
export function dropWords({ count, folders }: DragPhase): string {
  if (folders === null) return `Drop to register ${counted(count, "item")}`;
  if (folders === 0) {
    return count === 1
      ? "This is a file: drop a folder to register it"
      : "These are files: drop folders to register them";
  }
  const others = count - folders;
  const rest = others > 0 ? `; ${counted(others, "file")} will be left out` : "";
  return `Drop to register ${counted(folders, "folder")}${rest}`;
}
