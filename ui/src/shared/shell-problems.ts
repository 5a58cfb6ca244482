import type { ShellState } from "../backend/generated/ShellState";

/** What is wrong with the program itself, a sentence each. */
export function shellProblems(shell: ShellState | null): string[] {
  // Where the desktop gives no hotkey, a key may be bound already: that is no trouble.
  const hotkey = shell?.command_to_bind == null ? shell?.hotkey_error : null;
  return [hotkey, shell?.problem].filter((problem) => typeof problem === "string");
}
