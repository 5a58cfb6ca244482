// One search box and the list below it: requests out, updates in, stale ones dropped.

import { type Backend, commandError } from "../backend/backend";
import type { CommandError } from "../backend/generated/CommandError";
import type { Hit } from "../backend/generated/Hit";
import type { SearchAnswer } from "../backend/generated/SearchAnswer";
import type { SearchUpdate } from "../backend/generated/SearchUpdate";
import {
  type Move,
  distinct,
  fileName,
  hitLine,
  keepSelection,
  moveSelection,
  replacesList,
} from "./results";

/** A first page stays below the size up to which an answer crosses to the page the short way. */
const FIRST_PAGE = 20;
const WHOLE_LIST = 200;
/** Projects are indexed again all the time; a list on screen is asked for again no faster. */
const REFRESH_MS = 1000;
/** Answers faster than this take the place of the list before anybody has seen that it was old. */
const LATE_MS = 250;

export class SearchSession {
  query = $state("");
  /** What is on screen, which is the last query's until the new one has something to show. */
  answer = $state.raw<SearchAnswer | null>(null);
  hits = $state.raw<Hit[]>([]);
  selected = $state(0);
  error = $state.raw<CommandError | null>(null);
  /** The search for what is in the box goes on. */
  running = $state(false);
  limit = $state(FIRST_PAGE);
  /** What the list is like, by meaning; null where it answers the query in the box. */
  alikeTo = $state<string | null>(null);
  /** There may be more than the rows on screen. */
  full = $state(false);
  /** The list on screen is another query's, and has been for a while. */
  late = $state(false);
  /** All that there was to find for the query in the box has been found, at least once. */
  settled = $state(false);

  readonly #backend: Backend;
  #seq = 0;
  /** The request whose list is on screen, so that a merge is told from a new list. */
  #listed = "";
  #refreshing: ReturnType<typeof setTimeout> | undefined;
  #lateness: ReturnType<typeof setTimeout> | undefined;
  /** What is to be done with the list that is on its way. */
  #awaiting: (() => void) | null = null;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  type(query: string): void {
    this.query = query;
    this.alikeTo = null;
    this.limit = FIRST_PAGE;
    this.#awaiting = null;
    if (query.trim() === "") this.#forget();
    else this.#request();
  }

  /** There may be more to find: asks the same query again before long, however often it is said. */
  outdated(): void {
    if (this.#refreshing !== undefined) return;
    this.#refreshing = setTimeout(() => {
      this.#refreshing = undefined;
      if (this.#isUnderWay()) this.outdated();
      else this.#refresh();
    }, REFRESH_MS);
  }

  /**
   * Does it with the list that answers the query in the box: at once, or when that list comes, if
   * nothing else is asked for until then. Who types fast and presses Enter means what was typed.
   */
  onceListed(act: () => void): void {
    if (this.alikeTo !== null || this.#listed === this.query) act();
    else if (this.running) this.#awaiting = act;
  }

  /** Lists what is like a hit, until something is typed. Rejects where nothing can be. */
  async alike(hit: Hit): Promise<void> {
    const line = hitLine(hit);
    this.#seq += 1;
    const seq = this.#seq;
    this.running = true;
    try {
      const answer = await this.#backend.moreLike(hit.project, hit.path, line, WHOLE_LIST / 4);
      if (seq !== this.#seq) return;
      this.alikeTo = `${fileName(hit.path)}:${line}`;
      this.#listed = "";
      this.#receive({ seq, done: true, answer });
      this.full = false;
    } catch (thrown) {
      if (seq !== this.#seq) return;
      this.running = false;
      throw thrown;
    }
  }

  clear(): void {
    this.query = "";
    this.#forget();
  }

  move(move: Move): void {
    this.#awaiting = null;
    this.selected = moveSelection(this.selected, move, this.hits.length);
    if (this.selected === this.hits.length - 1) this.more();
  }

  select(row: number): void {
    this.selected = row;
  }

  /** Asks for the rows behind the first page, once. */
  more(): void {
    if (this.running || this.limit === WHOLE_LIST || !this.full) return;
    this.limit = WHOLE_LIST;
    this.#request();
  }

  /** Drops the list, and with the number of the request every update that is still to come. */
  #forget(): void {
    this.alikeTo = null;
    this.#seq += 1;
    this.#listed = "";
    this.#awaiting = null;
    this.#isInTime();
    this.answer = null;
    this.hits = [];
    this.full = false;
    this.selected = 0;
    this.error = null;
    this.running = false;
    this.settled = false;
  }

  /** The selection stays on its hit. */
  #refresh(): void {
    if (this.query.trim() !== "" && this.alikeTo === null) this.#request();
  }

  /** A search that only waits for projects to be opened has said what the others hold. */
  #isUnderWay(): boolean {
    const waits = this.#listed === this.query && (this.answer?.searched.loading ?? 0) > 0;
    return this.running && !waits;
  }

  #request(): void {
    this.#seq += 1;
    const seq = this.#seq;
    this.running = true;
    if (this.#listed === this.query) {
      this.#isInTime();
    } else {
      this.settled = false;
      this.#mayBeLate();
    }
    this.#backend
      .search({ query: this.query, seq, limit: this.limit }, (update) => this.#receive(update))
      .catch((thrown: unknown) => this.#fail(seq, thrown));
  }

  #receive(update: SearchUpdate): void {
    if (update.seq !== this.#seq) return;
    if (update.done) {
      this.running = false;
      this.settled = true;
    }
    if (!replacesList(update)) return;
    const hits = distinct(update.answer.results);
    const merges = this.#listed === this.query;
    this.selected = merges ? keepSelection(this.hits, this.selected, hits) : 0;
    this.#listed = this.query;
    this.hits = hits;
    this.full = update.answer.results.length >= this.limit;
    this.answer = update.answer;
    this.error = null;
    this.#isInTime();
    const awaiting = this.#awaiting;
    this.#awaiting = null;
    awaiting?.();
  }

  #mayBeLate(): void {
    if (this.#lateness !== undefined) return;
    this.#lateness = setTimeout(() => (this.late = true), LATE_MS);
  }

  #isInTime(): void {
    clearTimeout(this.#lateness);
    this.#lateness = undefined;
    this.late = false;
  }

  #fail(seq: number, thrown: unknown): void {
    if (seq !== this.#seq) return;
    this.running = false;
    this.error = commandError(thrown);
    this.#awaiting = null;
    this.#isInTime();
  }
}
