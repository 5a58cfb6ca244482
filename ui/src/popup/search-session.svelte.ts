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

  readonly #backend: Backend;
  #seq = 0;
  /** The request whose list is on screen, so that a merge is told from a new list. */
  #listed = "";
  #refreshing: ReturnType<typeof setTimeout> | undefined;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  type(query: string): void {
    this.query = query;
    this.alikeTo = null;
    this.limit = FIRST_PAGE;
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

  /** Lists what is like a hit, until something is typed. */
  alike(hit: Hit): void {
    const line = hitLine(hit);
    this.#seq += 1;
    const seq = this.#seq;
    this.running = true;
    this.#backend.moreLike(hit.project, hit.path, line, WHOLE_LIST / 4).then(
      (answer) => {
        if (seq !== this.#seq) return;
        this.alikeTo = `${fileName(hit.path)}:${line}`;
        this.#listed = "";
        this.#receive({ seq, done: true, answer, error: null });
        this.full = false;
      },
      (thrown: unknown) =>
        this.#receive({ seq, done: true, answer: null, error: commandError(thrown) }),
    );
  }

  clear(): void {
    this.query = "";
    this.#forget();
  }

  move(move: Move): void {
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
    this.answer = null;
    this.hits = [];
    this.full = false;
    this.selected = 0;
    this.error = null;
    this.running = false;
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
    this.#backend
      .search({ query: this.query, seq, limit: this.limit }, (update) => this.#receive(update))
      .catch((thrown: unknown) =>
        this.#receive({ seq, done: true, answer: null, error: commandError(thrown) }),
      );
  }

  #receive(update: SearchUpdate): void {
    if (update.seq !== this.#seq) return;
    if (update.done) this.running = false;
    if (update.error) {
      this.error = update.error;
      return;
    }
    if (!update.answer || !replacesList(update)) return;
    const hits = distinct(update.answer.results);
    const merges = this.#listed === this.query;
    this.selected = merges ? keepSelection(this.hits, this.selected, hits) : 0;
    this.#listed = this.query;
    this.hits = hits;
    this.full = update.answer.results.length >= this.limit;
    this.answer = update.answer;
    this.error = null;
  }
}
