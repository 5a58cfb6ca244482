// A program that is not there: the same answers to the same questions, without Tauri. Runs the
// page in a browser and in the tests.

import type { Backend, BackendEvents, SearchRequest, StopListening } from "./backend";
import { afterAction } from "./fake-actions";
import { answer, matched } from "./fake-answer";
import { previewOf } from "./fake-preview";
import type { AddOutcome } from "./generated/AddOutcome";
import type { Hit } from "./generated/Hit";
import type { LogLine } from "./generated/LogLine";
import type { MeaningStatus } from "./generated/MeaningStatus";
import type { ModelFetch } from "./generated/ModelFetch";
import type { OfferedFile } from "./generated/OfferedFile";
import type { Preview } from "./generated/Preview";
import type { ProjectAction } from "./generated/ProjectAction";
import type { ProjectStatus } from "./generated/ProjectStatus";
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
import { FETCH, project } from "./samples";

export type Scene = {
  projects: ProjectStatus[];
  shell: ShellState;
  hits: Hit[];
  recent: string[];
  files: OfferedFile[];
  meaning: MeaningStatus;
  models: PublishedModel[];
  fetch: ModelFetch | null;
  suggestions: Suggestion[];
  settings: SettingsView;
  /** Events sent once the page listens to them. */
  events: Partial<BackendEvents>;
};

/** The hotkey that another program has. */
export const TAKEN_HOTKEY = "Ctrl+Alt+T";

/** The largest file size that may be set. */
const MOST_MEGABYTES = 200;

type Handlers = { [Name in keyof BackendEvents]: Set<(payload: BackendEvents[Name]) => void> };

export class FakeBackend implements Backend {
  /** Every command but the reads, in order, for a test to look at. */
  readonly calls: unknown[][] = [];
  /** Set by a test that sends the updates of each search itself. */
  held: ((update: SearchUpdate) => void)[] | null = null;

  readonly #scene: Scene;
  #seq = 1;
  #removed: ProjectStatus[] = [];
  readonly #handlers: Handlers = {
    snapshot: new Set(),
    shell_state: new Set(),
    meaning: new Set(),
    model_fetch: new Set(),
    drag: new Set(),
    added: new Set(),
    popup_shown: new Set(),
    popup_hidden: new Set(),
    view_wanted: new Set(),
  };

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  search(request: SearchRequest, onUpdate: (update: SearchUpdate) => void): Promise<void> {
    this.calls.push(["search", request.query, request.seq, request.limit]);
    const regex = /^\/(.*)\/$/.exec(request.query)?.[1];
    if (regex !== undefined && !isRegex(regex)) {
      return refuse("BadQuery", `The regular expression cannot be read: ${regex}`);
    }
    if (this.held) this.held.push(onUpdate);
    else onUpdate(this.#answer(request));
    return Promise.resolve();
  }

  moreLike(project: string, path: string, line: number, limit: number): Promise<SearchAnswer> {
    this.calls.push(["moreLike", project, path, line]);
    const others = this.#scene.hits.filter((hit) => hit.project !== project || hit.path !== path);
    const alike = others.map((hit) => ({ ...hit, lanes: ["meaning" as const] }));
    return Promise.resolve(answer(`${path}:${line}`, alike.slice(0, limit), this.#scene.projects));
  }

  preview(project: string, path: string, line: number, context: number): Promise<Preview> {
    const shown = this.#scene.hits.filter((hit) => hit.project === project && hit.path === path);
    return Promise.resolve(previewOf(shown, line, context));
  }

  languages(): Promise<string[]> {
    return Promise.resolve(["c", "cpp", "css", "go", "javascript", "python", "rust", "yaml"]);
  }

  snapshot(): Promise<Snapshot> {
    return Promise.resolve({ seq: this.#seq, projects: this.#scene.projects });
  }

  shellState(): Promise<ShellState> {
    return Promise.resolve(this.#scene.shell);
  }

  openHit(project: string, path: string, line: number): Promise<void> {
    this.calls.push(["openHit", project, path, line]);
    return Promise.resolve();
  }

  revealHit(project: string, path: string): Promise<void> {
    this.calls.push(["revealHit", project, path]);
    return Promise.resolve();
  }

  openProject(project: string): Promise<void> {
    this.calls.push(["openProject", project]);
    return Promise.resolve();
  }

  copyText(text: string): Promise<void> {
    this.calls.push(["copyText", text]);
    return Promise.resolve();
  }

  addFolders(paths: string[]): Promise<AddOutcome[]> {
    this.calls.push(["addFolders", paths]);
    return Promise.resolve(paths.map((path) => this.#add(path)));
  }

  pickFolders(): Promise<AddOutcome[]> {
    this.calls.push(["pickFolders"]);
    return Promise.resolve([this.#add("/home/ada/src/ripgrep")]);
  }

  projectAction(project: string, action: ProjectAction): Promise<void> {
    this.calls.push(["projectAction", project, action]);
    const changed = this.#scene.projects.flatMap((status) =>
      status.id === project ? afterAction(status, action) : [status],
    );
    this.#show(changed);
    return Promise.resolve();
  }

  removeProject(project: string): Promise<void> {
    this.calls.push(["removeProject", project]);
    this.#removed.push(...this.#scene.projects.filter(({ id }) => id === project));
    this.#show(this.#scene.projects.filter(({ id }) => id !== project));
    return Promise.resolve();
  }

  restoreProject(project: string): Promise<void> {
    this.calls.push(["restoreProject", project]);
    const restored = this.#removed.filter(({ id }) => id === project);
    this.#show([...this.#scene.projects, ...restored]);
    return Promise.resolve();
  }

  skippedFiles(): Promise<SkippedView> {
    const files = [
      { path: "assets/logo.png", reason: "no text" },
      { path: "config/.env", reason: "may hold passwords or keys" },
      { path: "data/dump.sql", reason: "too large" },
      { path: "private/notes.txt", reason: "cannot be read: permission denied" },
    ];
    return Promise.resolve({ total: 17, files });
  }

  exclude(project: string, pattern: string): Promise<string | null> {
    this.calls.push(["exclude", project, pattern]);
    if (pattern.includes("[") && !pattern.includes("]")) {
      return refuse("BadPattern", `Nothing was changed: the pattern "${pattern}" is broken.`);
    }
    return this.#exclude(project, pattern.trim());
  }

  excludeFolder(project: string, path: string): Promise<string | null> {
    this.calls.push(["excludeFolder", project, path]);
    return this.#exclude(project, `/${path}/`);
  }

  stopExcluding(project: string, pattern: string): Promise<void> {
    this.calls.push(["stopExcluding", project, pattern]);
    this.#change(project, ({ excludes }) => ({
      excludes: excludes.filter((one) => one !== pattern),
    }));
    return Promise.resolve();
  }

  projectLog(project: string): Promise<LogLine[]> {
    const error = this.#scene.projects.find(({ id }) => id === project)?.error;
    const line = (minutes: number, text: string) => {
      return { at: new Date(Date.now() - minutes * 60_000).toISOString(), text };
    };
    const lines = [line(190, "Opened."), line(52, "Paused."), line(47, "Resumed.")];
    if (error) lines.push(line(18, error.message));
    return Promise.resolve(lines);
  }

  suggestFolders(): Promise<Suggestion[]> {
    return Promise.resolve(this.#scene.suggestions);
  }

  locateProject(project: string): Promise<string | null> {
    this.calls.push(["locateProject", project]);
    return Promise.resolve("archive goes on in /media/ada/new/archive.");
  }

  recentQueries(): Promise<string[]> {
    return Promise.resolve(this.#scene.recent);
  }

  exportProjects(): Promise<string | null> {
    this.calls.push(["exportProjects"]);
    return Promise.resolve("5 projects are listed in /home/ada/quarry-projects.json.");
  }

  importProjects(): Promise<AddOutcome[]> {
    this.calls.push(["importProjects"]);
    return Promise.resolve([this.#add("/home/ada/src/ripgrep")]);
  }

  offeredFiles(): Promise<OfferedFile[]> {
    return Promise.resolve(this.#scene.files);
  }

  pinFile(project: string, path: string, line: number, pinned: boolean): Promise<void> {
    this.calls.push(["pinFile", project, path, line, pinned]);
    const others = this.#scene.files.filter((one) => one.project !== project || one.path !== path);
    const file = { project, path, line, pinned, gone: false };
    this.#scene.files = [file, ...others].toSorted((a, b) => Number(b.pinned) - Number(a.pinned));
    return Promise.resolve();
  }

  rememberQuery(query: string): Promise<void> {
    this.calls.push(["rememberQuery", query]);
    this.#scene.recent = [query, ...this.#scene.recent.filter((earlier) => earlier !== query)];
    return Promise.resolve();
  }

  clearRecentQueries(): Promise<void> {
    this.calls.push(["clearRecentQueries"]);
    this.#scene.recent = [];
    this.#scene.files = this.#scene.files.filter(({ pinned }) => pinned);
    return Promise.resolve();
  }

  meaning(): Promise<MeaningStatus> {
    return Promise.resolve(this.#scene.meaning);
  }

  retryMeaning(): Promise<void> {
    this.calls.push(["retryMeaning"]);
    return Promise.resolve();
  }

  publishedModels(): Promise<PublishedModel[]> {
    return Promise.resolve(this.#scene.models);
  }

  pickModelFolder(): Promise<string | null> {
    this.calls.push(["pickModelFolder"]);
    return Promise.resolve("/home/ada/models/code-search");
  }

  fetchModel(name: string): Promise<ModelFetch> {
    this.calls.push(["fetchModel", name]);
    return Promise.resolve(
      this.sendFetch({ ...FETCH, name, file: "", came: 0, all: null, rate: null }),
    );
  }

  cancelFetch(): Promise<void> {
    this.calls.push(["cancelFetch"]);
    if (this.#scene.fetch) this.sendFetch({ ...this.#scene.fetch, phase: "Cancelled" });
    return Promise.resolve();
  }

  modelFetch(): Promise<ModelFetch | null> {
    return Promise.resolve(this.#scene.fetch);
  }

  /** Lets the fetch come to this state. */
  sendFetch(fetch: ModelFetch): ModelFetch {
    this.#scene.fetch = fetch;
    if (fetch.phase === "Fetched") {
      this.#scene.models = this.#scene.models.map((model) =>
        model.name === fetch.name ? { ...model, fetched: true } : model,
      );
    }
    this.send("model_fetch", fetch);
    return fetch;
  }

  settings(): Promise<SettingsView> {
    return Promise.resolve(this.#scene.settings);
  }

  changeSetting(change: SettingChange): Promise<SettingsView> {
    this.calls.push(["changeSetting", change]);
    if (change.setting === "hotkey" && change.value === TAKEN_HOTKEY) {
      return refuse("Hotkey", `${change.value} is taken by another program.`);
    }
    if (change.setting === "file_size_limit" && change.value > MOST_MEGABYTES) {
      return refuse(
        "Settings",
        "The setting `file_size_limit` has to be a number of megabytes from 1 to 200.",
      );
    }
    this.#scene.settings = { ...this.#scene.settings, [change.setting]: change.value };
    return Promise.resolve(this.#scene.settings);
  }

  suspendHotkey(suspended: boolean): Promise<void> {
    this.calls.push(["suspendHotkey", suspended]);
    return Promise.resolve();
  }

  openSettingsFile(): Promise<void> {
    this.calls.push(["openSettingsFile"]);
    return Promise.resolve();
  }

  popupReady(): Promise<void> {
    return Promise.resolve();
  }

  hidePopup(): Promise<void> {
    this.calls.push(["hidePopup"]);
    return Promise.resolve();
  }

  showProjects(): Promise<void> {
    this.calls.push(["showProjects"]);
    return Promise.resolve();
  }

  showSettings(): Promise<void> {
    this.calls.push(["showSettings"]);
    return Promise.resolve();
  }

  takeViewWish(): Promise<View | null> {
    return Promise.resolve(null);
  }

  on<Name extends keyof BackendEvents>(
    name: Name,
    handler: (payload: BackendEvents[Name]) => void,
  ): Promise<StopListening> {
    const handlers: Set<(payload: BackendEvents[Name]) => void> = this.#handlers[name];
    handlers.add(handler);
    const due = this.#scene.events[name];
    if (due !== undefined) setTimeout(() => handler(due));
    return Promise.resolve(() => handlers.delete(handler));
  }

  send<Name extends keyof BackendEvents>(name: Name, payload: BackendEvents[Name]): void {
    const handlers: Set<(payload: BackendEvents[Name]) => void> = this.#handlers[name];
    for (const handler of handlers) handler(payload);
  }

  #add(path: string): AddOutcome {
    const name = path.split("/").at(-1) ?? path;
    const there = this.#scene.projects.find(({ root }) => root === path);
    if (there) {
      const message = `${path} is registered already, as ${there.name}.`;
      return { path, outcome: "Already", project: there.id, message, repositories: [] };
    }
    const begun = { freshness: "Indexing", files: 0, last_indexed: null } as const;
    const status = project(name, { root: path, ...begun });
    this.#show([...this.#scene.projects, status]);
    const message = `${name} is registered and being indexed.`;
    return { path, outcome: "Added", project: status.id, message, repositories: [] };
  }

  #exclude(project: string, pattern: string): Promise<string | null> {
    const excludes = this.#scene.projects.find(({ id }) => id === project)?.excludes ?? [];
    if (excludes.includes(pattern)) return Promise.resolve(null);
    this.#change(project, () => ({ excludes: [...excludes, pattern] }));
    return Promise.resolve(pattern);
  }

  #change(project: string, change: (status: ProjectStatus) => Partial<ProjectStatus>): void {
    this.#show(
      this.#scene.projects.map((status) =>
        status.id === project ? { ...status, ...change(status) } : status,
      ),
    );
  }

  #show(projects: ProjectStatus[]): void {
    this.#seq += 1;
    this.#scene.projects = projects;
    this.send("snapshot", { seq: this.#seq, projects });
  }

  #answer({ query, seq, limit }: SearchRequest): SearchUpdate {
    const hits = this.#scene.hits.flatMap((hit) => matched(hit, query)).slice(0, limit);
    return { seq, done: true, answer: answer(query, hits, this.#scene.projects) };
  }
}

function isRegex(pattern: string): boolean {
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}

function refuse(code: string, message: string): Promise<never> {
  const error = { code, message, retryable: true, project_id: null };
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  return Promise.reject(error);
}
