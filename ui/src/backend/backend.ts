// What the page asks of the program around it. Everything else in `src` sees only this interface;
// `tauri.ts` fulfils it in a window of the program, `fake.ts` in a browser and in the tests.

import type { AddOutcome } from "./generated/AddOutcome";
import type { CommandError } from "./generated/CommandError";
import type { DragPhase } from "./generated/DragPhase";
import type { ProjectAction } from "./generated/ProjectAction";
import type { SearchUpdate } from "./generated/SearchUpdate";
import type { ShellState } from "./generated/ShellState";
import type { Snapshot } from "./generated/Snapshot";

export type SearchRequest = { query: string; seq: number; limit: number };

export type BackendEvents = {
  snapshot: Snapshot;
  shell_state: ShellState;
  drag: DragPhase;
  /** The result of a drop on any window, or of "Add folder…" in the tray. */
  added: AddOutcome[];
  popup_shown: null;
  popup_hidden: null;
};

export type StopListening = () => void;

/** Every promise rejects with a `CommandError`. */
export interface Backend {
  /** Calls `onUpdate` any number of times; the last update of a request has `done`. */
  search(request: SearchRequest, onUpdate: (update: SearchUpdate) => void): Promise<void>;
  snapshot(): Promise<Snapshot>;
  shellState(): Promise<ShellState>;
  openHit(project: string, path: string, line: number): Promise<void>;
  addFolders(paths: string[]): Promise<AddOutcome[]>;
  /** Empty when the person cancels the dialog. */
  pickFolders(): Promise<AddOutcome[]>;
  projectAction(project: string, action: ProjectAction): Promise<void>;
  /** Asks where the project's folder is now; a sentence, or null when the person cancels. */
  locateProject(project: string): Promise<string | null>;
  hidePopup(): Promise<void>;
  showProjects(): Promise<void>;
  /** Resolves once the listener is in place: read the current state after that, not before. */
  on<Name extends keyof BackendEvents>(
    name: Name,
    handler: (payload: BackendEvents[Name]) => void,
  ): Promise<StopListening>;
}

/** What a rejected promise holds, whatever threw it. */
export function commandError(thrown: unknown): CommandError {
  if (isCommandError(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "Unexpected", message, retryable: false, project_id: null };
}

function isCommandError(thrown: unknown): thrown is CommandError {
  return (
    typeof thrown === "object" &&
    thrown !== null &&
    "code" in thrown &&
    "message" in thrown &&
    typeof thrown.message === "string"
  );
}
