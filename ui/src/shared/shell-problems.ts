import type { ShellState } from "../backend/generated/ShellState";

/** What is wrong with the program itself, a sentence each. */
export function shellProblems(shell: ShellState | null): string[] {
  return [shell?.hotkey_error, shell?.problem].filter((problem) => typeof problem === "string");
}
