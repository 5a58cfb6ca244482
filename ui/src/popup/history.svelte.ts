// What a person did before: the queries that led somewhere, the files that were opened or pinned.

import type { Backend } from "../backend/backend";
import type { OfferedFile } from "../backend/generated/OfferedFile";
import type { WindowState } from "../shared/window-state.svelte";

export type Place = { project: string; path: string; line: number };

export class History {
  /** The last one first. */
  queries = $state.raw<string[]>([]);
  /** The pinned ones first. */
  files = $state.raw<OfferedFile[]>([]);

  readonly #backend: Backend;
  readonly #around: WindowState;

  constructor(backend: Backend, around: WindowState) {
    this.#backend = backend;
    this.#around = around;
  }

  async read(): Promise<void> {
    // A disk may be slow to say which files are there; the queries do not wait for it.
    await Promise.all([
      this.#around.attempt(async () => {
        this.queries = await this.#backend.recentQueries();
      }),
      this.#around.attempt(async () => {
        this.files = await this.#backend.offeredFiles();
      }),
    ]);
  }

  /** The query before this one of the box; the last one of all where it holds none of them. */
  before(query: string): string | null {
    return this.queries[this.queries.indexOf(query) + 1] ?? null;
  }

  remember(query: string): void {
    void this.#around.attempt(() => this.#backend.rememberQuery(query));
  }

  /** Pinned files are not forgotten. */
  async forget(): Promise<void> {
    await this.#around.attempt(() => this.#backend.clearRecentQueries());
    await this.read();
  }

  isPinned({ project, path }: Omit<Place, "line">): boolean {
    return this.files.some((file) => file.pinned && file.project === project && file.path === path);
  }

  /** True when it went well. */
  async pin({ project, path, line }: Place, pinned: boolean): Promise<boolean> {
    const done = await this.#around.attempt(() =>
      this.#backend.pinFile(project, path, line, pinned),
    );
    await this.read();
    return done;
  }
}
