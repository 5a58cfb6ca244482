// What the page asks of the program around it. Everything else in `src` sees only this interface;
// `tauri.ts` fulfils it in a window of the program, `fake.ts` in a browser and in the tests.

import type { AddOutcome } from "./generated/AddOutcome";
import type { CommandError } from "./generated/CommandError";
import type { DragPhase } from "./generated/DragPhase";
import type { LogLine } from "./generated/LogLine";
import type { MeaningStatus } from "./generated/MeaningStatus";
import type { ModelFetch } from "./generated/ModelFetch";
import type { OfferedFile } from "./generated/OfferedFile";
import type { Preview } from "./generated/Preview";
import type { ProjectAction } from "./generated/ProjectAction";
import type { PublishedModel } from "./generated/PublishedModel";
import type { SearchAnswer } from "./generated/SearchAnswer";
import type { SearchUpdate } from "./generated/SearchUpdate";
import type { SettingChange } from "./generated/SettingChange";
import type { SettingsView } from "./generated/SettingsView";
import type { ShellState } from "./generated/ShellState";
import type { SkippedView } from "./generated/SkippedView";
import type { Snapshot } from "./generated/Snapshot";
import type { Suggestion } from "./generated/Suggestion";
import type { View } from "./generated/View";

export type SearchRequest = { query: string; seq: number; limit: number };

export type BackendEvents = {
  snapshot: Snapshot;
  shell_state: ShellState;
  meaning: MeaningStatus;
  model_fetch: ModelFetch;
  drag: DragPhase;
  /** The result of a drop on any window, or of "Add folder…" in the tray. */
  added: AddOutcome[];
  popup_shown: null;
  popup_hidden: null;
  /** Another view is to be shown: see `takeViewWish`. */
  view_wanted: null;
};

export type StopListening = () => void;

/** Every promise rejects with a `CommandError`. */
export interface Backend {
  /** Calls `onUpdate` any number of times; the last update of a request has `done`. */
  search(request: SearchRequest, onUpdate: (update: SearchUpdate) => void): Promise<void>;
  /** What is nearest in meaning to a place, best first. */
  moreLike(project: string, path: string, line: number, limit: number): Promise<SearchAnswer>;
  /** The file's lines around `line`: as many as `context` before it and after it. */
  preview(project: string, path: string, line: number, context: number): Promise<Preview>;
  /** What may follow `lang:`. */
  languages(): Promise<string[]>;
  snapshot(): Promise<Snapshot>;
  shellState(): Promise<ShellState>;
  openHit(project: string, path: string, line: number): Promise<void>;
  /** Shows the file in the system's file manager. */
  revealHit(project: string, path: string): Promise<void>;
  /** Opens the project's folder in the editor. */
  openProject(project: string): Promise<void>;
  copyText(text: string): Promise<void>;
  addFolders(paths: string[]): Promise<AddOutcome[]>;
  /** Empty when the person cancels the dialog. */
  pickFolders(): Promise<AddOutcome[]>;
  projectAction(project: string, action: ProjectAction): Promise<void>;
  /** Forgets a project; for a while it can be restored. */
  removeProject(project: string): Promise<void>;
  restoreProject(project: string): Promise<void>;
  /** The files of the project that are not searched. */
  skippedFiles(project: string): Promise<SkippedView>;
  /** Leaves out of the index what the pattern matches: as it is kept, or null where it is there. */
  exclude(project: string, pattern: string): Promise<string | null>;
  /** As `exclude`, for one folder of the project. */
  excludeFolder(project: string, path: string): Promise<string | null>;
  stopExcluding(project: string, pattern: string): Promise<void>;
  /** What happened to the project's state since the program was started, the oldest first. */
  projectLog(project: string): Promise<LogLine[]>;
  /** The folders below the home folder that hold the most repositories. */
  suggestFolders(): Promise<Suggestion[]>;
  /** Asks where the project's folder is now; a sentence, or null when the person cancels. */
  locateProject(project: string): Promise<string | null>;
  /** The queries that led somewhere, the last one first. */
  recentQueries(): Promise<string[]>;
  /** Writes the list of projects to a file that the person names; a sentence, or null. */
  exportProjects(): Promise<string | null>;
  importProjects(): Promise<AddOutcome[]>;
  /** The pinned files, then those that were opened from a hit, the last one first. */
  offeredFiles(): Promise<OfferedFile[]>;
  /** Pins a file at this line, or unpins it. */
  pinFile(project: string, path: string, line: number, pinned: boolean): Promise<void>;
  rememberQuery(query: string): Promise<void>;
  /** The opened files too, but for pinned ones. */
  clearRecentQueries(): Promise<void>;
  /** What search by meaning is doing. */
  meaning(): Promise<MeaningStatus>;
  /** Looks for the model again; what comes of it is an event. */
  retryMeaning(): Promise<void>;
  /** The models that have a name, by which they can be fetched. */
  publishedModels(): Promise<PublishedModel[]>;
  /** Asks for the folder of a model; null when the person cancels. */
  pickModelFolder(): Promise<string | null>;
  /** Begins to download a model; how it goes on is an event. */
  fetchModel(name: string): Promise<ModelFetch>;
  cancelFetch(): Promise<void>;
  /** The last model that was fetched or is being fetched; null where there was none. */
  modelFetch(): Promise<ModelFetch | null>;
  settings(): Promise<SettingsView>;
  /** Written and put into effect at once; rejects with a sentence where that cannot be. */
  changeSetting(change: SettingChange): Promise<SettingsView>;
  /** While the page hears the keys of a new hotkey, the present one must not show the popup. */
  suspendHotkey(suspended: boolean): Promise<void>;
  /** Opens the settings in the editor that they choose. */
  openSettingsFile(): Promise<void>;
  /** Says that the popup's page is there and hears keys. */
  popupReady(): Promise<void>;
  hidePopup(): Promise<void>;
  showProjects(): Promise<void>;
  showSettings(): Promise<void>;
  /** Whether the window is to show its Settings, said once for each wish. */
  takeViewWish(): Promise<View | null>;
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
