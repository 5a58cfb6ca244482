// What both windows show besides their own content: the projects, the shell, a drag, the notices.

import { type Backend, type StopListening, commandError } from "../backend/backend";
import type { AddOutcome } from "../backend/generated/AddOutcome";
import type { ProjectAction } from "../backend/generated/ProjectAction";
import type { ProjectStatus } from "../backend/generated/ProjectStatus";
import type { ShellState } from "../backend/generated/ShellState";
import type { Snapshot } from "../backend/generated/Snapshot";
import { byName } from "./project-words";

export type Notice = { id: number; tone: "plain" | "problem"; lines: string[] };

export class WindowState {
  /** Null until the first snapshot: "no project" is only said when it is known. */
  projects = $state.raw<ProjectStatus[] | null>(null);
  shell = $state.raw<ShellState | null>(null);
  /** Folders being dragged over the window; null when there is no drag. */
  dragged = $state<number | null>(null);
  notices = $state.raw<Notice[]>([]);

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
      this.#backend.on("drag", ({ phase, count }) => {
        this.dragged = phase === "Enter" ? count : null;
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

  async addFolders(paths: string[]): Promise<void> {
    await this.attempt(async () => this.tellOutcomes(await this.#backend.addFolders(paths)));
  }

  async act(project: string, action: ProjectAction): Promise<void> {
    await this.attempt(() => this.#backend.projectAction(project, action));
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
    const refused = outcomes.some(({ outcome }) => outcome === "Refused");
    this.#notify(
      refused ? "problem" : "plain",
      outcomes.map(({ message }) => message),
    );
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  }

  #notify(tone: Notice["tone"], lines: string[]): void {
    this.#lastNotice += 1;
    this.notices = [...this.notices, { id: this.#lastNotice, tone, lines }];
  }

  #takeSnapshot(snapshot: Snapshot): void {
    if (snapshot.seq < this.#seq) return;
    this.#seq = snapshot.seq;
    this.projects = snapshot.projects.toSorted(byName);
  }
}
