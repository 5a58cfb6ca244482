// Does what is asked of a hit, and says what came of it.

import type { Backend } from "../backend/backend";
import type { Hit } from "../backend/generated/Hit";
import type { WindowState } from "../shared/window-state.svelte";
import { type ActionName, asked, copied, folderOf } from "./actions";
import type { History, Place } from "./history.svelte";
import { fileName, hitLine } from "./results";
import type { SearchSession } from "./search-session.svelte";

export class HitActions {
  readonly #backend: Backend;
  readonly #around: WindowState;
  readonly #session: SearchSession;
  readonly #history: History;
  /** Puts another query into the box. */
  readonly #ask: (query: string) => Promise<void>;
  /** What is being opened, and since which turn. */
  readonly #opening = new Map<string, number>();
  /** Goes up when the popup is not any more what it was. */
  #turn = 0;

  constructor(
    backend: Backend,
    around: WindowState,
    session: SearchSession,
    history: History,
    ask: (query: string) => Promise<void>,
  ) {
    this.#backend = backend;
    this.#around = around;
    this.#session = session;
    this.#history = history;
    this.#ask = ask;
  }

  /** The popup was shown, hidden or typed into, its box emptied: what was begun does not hide it. */
  movedOn(): void {
    this.#turn += 1;
  }

  async openRow(row: number): Promise<void> {
    const chosen = this.#session.hits[row];
    if (!chosen) return;
    this.#session.select(row);
    await this.open({ ...chosen, line: hitLine(chosen) });
  }

  async open({ project, path, line }: Place): Promise<void> {
    const opened = `open ${project} ${path}:${line}`;
    await this.#thenHide(opened, () => this.#backend.openHit(project, path, line));
  }

  async run(name: ActionName, hit: Hit): Promise<void> {
    const projects = this.#around.projects ?? [];
    const project = projects.find(({ id }) => id === hit.project);
    const text = copied(name, hit, project);
    if (text !== null) {
      await this.#around.copy(text);
      this.#history.remember(this.#session.query);
      return;
    }
    switch (name) {
      case "open":
        await this.open({ ...hit, line: hitLine(hit) });
        break;
      case "reveal":
        await this.#thenHide(`reveal ${hit.project} ${hit.path}`, () =>
          this.#backend.revealHit(hit.project, hit.path),
        );
        break;
      case "openProject":
        await this.#thenHide(`open ${hit.project}`, () => this.#backend.openProject(hit.project));
        break;
      case "pin":
      case "unpin":
        await this.#pin(hit, name === "pin");
        break;
      case "exclude":
        if (project) await this.#around.excludeFolder(project, folderOf(hit));
        break;
      case "alike":
        this.#history.remember(this.#session.query);
        await this.#around.attempt(() => this.#session.alike(hit));
        break;
      default: {
        const { query: before } = this.#session;
        const query = project ? asked(name, hit, project, { query: before, projects }) : null;
        if (query === null) return;
        this.#history.remember(before);
        await this.#ask(query);
      }
    }
  }

  async #pin(hit: Hit, pinned: boolean): Promise<void> {
    const done = await this.#history.pin({ ...hit, line: hitLine(hit) }, pinned);
    if (!done) return;
    const name = fileName(hit.path);
    this.#around.tell(
      pinned ? `${name} is pinned: it stands on the empty box.` : `${name} is not pinned any more.`,
    );
  }

  /**
   * A popup whose work is done goes away. Until then it opens nothing else, and what is being
   * opened not a second time; but an editor that never starts does not bar one in use again.
   */
  async #thenHide(opened: string, work: () => Promise<void>): Promise<void> {
    const turn = this.#turn;
    if (this.#opening.has(opened) || [...this.#opening.values()].includes(turn)) return;
    this.#opening.set(opened, turn);
    const done = await this.#around.attempt(work);
    this.#opening.delete(opened);
    if (done && turn === this.#turn) await this.#around.attempt(() => this.#backend.hidePopup());
  }
}
