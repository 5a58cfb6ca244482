// What both windows show besides their own content: the projects, the shell, a drag, the notices.

import { type Backend, type StopListening, commandError } from "../backend/backend";
import type { AddOutcome } from "../backend/generated/AddOutcome";
import type { DragPhase } from "../backend/generated/DragPhase";
import type { ProjectAction } from "../backend/generated/ProjectAction";
import type { ProjectStatus } from "../backend/generated/ProjectStatus";
import type { ShellState } from "../backend/generated/ShellState";
import type { Snapshot } from "../backend/generated/Snapshot";
import { counted } from "./figures";
import { byName } from "./project-words";

const UNDO = "Undo";
/** More than these would cover what they speak of. */
const MOST_NOTICES = 4;

/** What can be done about a notice, for as long as it is shown. */
export type NoticeAction = { label: string; run: () => Promise<void> };

export type Notice = {
  id: number;
  tone: "plain" | "problem";
  lines: string[];
  action: NoticeAction | null;
};

export class WindowState {
  /** Null until the first snapshot: "no project" is only said when it is known. */
  projects = $state.raw<ProjectStatus[] | null>(null);
  shell = $state.raw<ShellState | null>(null);
  /** What is being dragged over the window; null when there is no drag. */
  dragged = $state.raw<DragPhase | null>(null);
  notices = $state.raw<Notice[]>([]);
  /** The newest ones; an offer that is older comes back when there is room. */
  shownNotices = $derived(this.notices.slice(-MOST_NOTICES));

  readonly #backend: Backend;
  #seq = -1;
  #lastNotice = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Listens first and reads after that, so that no change falls between the two. */
  async start(): Promise<StopListening> {
    const stops = await Promise.all([
      this.#backend.on("snapshot", (snapshot) => this.#takeSnapshot(snapshot)),
      this.#backend.on("shell_state", (shell) => (this.shell = shell)),
      this.#backend.on("added", (outcomes) => this.tellOutcomes(outcomes)),
      this.#backend.on("drag", (drag) => {
        this.dragged = drag.phase === "Enter" ? drag : null;
      }),
    ]);
    await Promise.all([
      this.attempt(async () => this.#takeSnapshot(await this.#backend.snapshot())),
      this.attempt(async () => {
        const shell = await this.#backend.shellState();
        // An event that came meanwhile is newer.
        this.shell ??= shell;
      }),
    ]);
    return () => stops.forEach((stop) => stop());
  }

  async pickFolders(): Promise<void> {
    await this.attempt(async () => this.tellOutcomes(await this.#backend.pickFolders()));
  }

  /** True where each of them is a project now. */
  async addFolders(paths: string[]): Promise<boolean> {
    let outcomes: AddOutcome[] = [];
    const done = await this.attempt(async () => {
      outcomes = await this.#backend.addFolders(paths);
      this.tellOutcomes(outcomes);
    });
    return done && !outcomes.some(isRefused);
  }

  async exportProjects(): Promise<void> {
    await this.attempt(async () => {
      const exported = await this.#backend.exportProjects();
      if (exported !== null) this.#notify("plain", [exported]);
    });
  }

  async importProjects(): Promise<void> {
    await this.attempt(async () => this.tellOutcomes(await this.#backend.importProjects()));
  }

  act(project: string, action: ProjectAction): Promise<boolean> {
    return this.attempt(() => this.#backend.projectAction(project, action));
  }

  /** Forgets a project, and offers to have it back. */
  async remove(project: Pick<ProjectStatus, "id" | "name">): Promise<void> {
    const done = await this.attempt(() => this.#backend.removeProject(project.id));
    if (!done) return;
    this.#notify("plain", [`${project.name} is removed. Its folder was not touched.`], {
      label: UNDO,
      run: async () => {
        await this.attempt(() => this.#backend.restoreProject(project.id));
      },
    });
  }

  /** Leaves a folder out of its project's index, and offers to take that back. */
  async excludeFolder({ id, name }: ProjectStatus, folder: string): Promise<void> {
    await this.attempt(async () => {
      const pattern = await this.#backend.excludeFolder(id, folder);
      if (pattern === null) {
        this.tell(`${name} leaves out ${folder} already.`);
        return;
      }
      this.#notify("plain", [`${name} leaves out ${folder} from now on.`], {
        label: UNDO,
        run: () => this.stopExcluding(id, pattern),
      });
    });
  }

  async stopExcluding(project: string, pattern: string): Promise<void> {
    await this.attempt(() => this.#backend.stopExcluding(project, pattern));
  }

  /** Takes back the last removal that is still offered. */
  async undo(): Promise<void> {
    const last = this.notices.findLast(({ action }) => action?.label === UNDO);
    if (!last) return;
    this.dismiss(last.id);
    await last.action?.run();
  }

  async locate(project: string): Promise<void> {
    await this.attempt(async () => {
      const located = await this.#backend.locateProject(project);
      if (located !== null) this.#notify("plain", [located]);
    });
  }

  /** Runs a command; its error becomes a notice. True when it went well. */
  async attempt(command: () => Promise<void>): Promise<boolean> {
    try {
      await command();
      return true;
    } catch (thrown) {
      this.#notify("problem", [commandError(thrown).message]);
      return false;
    }
  }

  tellOutcomes(outcomes: AddOutcome[]): void {
    if (outcomes.length === 0) return;
    this.#notify(
      outcomes.some(isRefused) ? "problem" : "plain",
      outcomes.map(({ message }) => message),
    );
    for (const outcome of outcomes) this.#offerRepositories(outcome);
  }

  /** A folder of repositories may be meant as one project or as many. */
  #offerRepositories({ path, project, repositories }: AddOutcome): void {
    if (project === null || repositories.length === 0) return;
    const sentence = `${path} holds ${counted(repositories.length, "repository", "repositories")}. They are searched as one project.`;
    this.#notify("plain", [sentence], {
      label: "Register each by itself",
      run: async () => {
        // What could not be registered by itself is still found as a part of the folder.
        if (!(await this.addFolders(repositories))) return;
        const status = this.projects?.find(({ id }) => id === project);
        await this.remove(status ?? { id: project, name: path });
      },
    });
  }

  async copy(text: string): Promise<void> {
    const done = await this.attempt(() => this.#backend.copyText(text));
    if (done) this.tell(`Copied ${text.trim()}`);
  }

  /** A sentence for a moment. */
  tell(sentence: string): void {
    this.#notify("plain", [sentence]);
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  }

  /** What was said for a moment, and was read or is not needed any more; offers last longer. */
  dismissPlain(): void {
    this.notices = this.notices.filter(({ tone, action }) => tone === "problem" || action);
  }

  /** Takes away what went wrong; whether there was anything. */
  dismissProblems(): boolean {
    const others = this.notices.filter(({ tone }) => tone !== "problem");
    const any = others.length < this.notices.length;
    this.notices = others;
    return any;
  }

  /**
   * What is said already is not said twice. The oldest problems make room for what is new, and after
   * them what was said for a moment.
   */
  #notify(tone: Notice["tone"], lines: string[], action: NoticeAction | null = null): void {
    this.#lastNotice += 1;
    const words = lines.join("\n");
    const others = this.notices.filter((notice) => notice.lines.join("\n") !== words);
    const problems = others.filter((notice) => notice.tone === "problem");
    const moments = others.filter((notice) => notice.tone === "plain" && !notice.action);
    const tooMany = Math.max(0, others.length + 1 - MOST_NOTICES);
    const leaving = [...problems, ...moments].slice(0, tooMany);
    const kept = others.filter((notice) => !leaving.includes(notice));
    this.notices = [...kept, { id: this.#lastNotice, tone, lines, action }];
  }

  #takeSnapshot(snapshot: Snapshot): void {
    if (snapshot.seq < this.#seq) return;
    this.#seq = snapshot.seq;
    this.projects = snapshot.projects.toSorted(byName);
  }
}

function isRefused({ outcome }: AddOutcome): boolean {
  return outcome === "Refused";
}
