// What stands beside the list: the file around the selected hit. The last one stays until the new
// one is there.

import { untrack } from "svelte";
import { type Backend, commandError } from "../backend/backend";
import type { Hit } from "../backend/generated/Hit";
import type { Preview } from "../backend/generated/Preview";
import { afterPaint } from "../shared/after-paint";
import { hitKey, hitLine } from "./results";

/** Lines before and after the hit: an answer this small crosses to the page the short way. */
const CONTEXT = 60;
/** Previews faster than this take the place of the old one before anybody has wondered at it. */
const LATE_MS = 150;

export type Shown = { hit: Hit; preview: Preview | null; problem: string | null };

export class PreviewSession {
  shown = $state.raw<Shown | null>(null);
  /** The list whose other hits are marked in it. */
  hits = $state.raw<Hit[]>([]);
  /** What is shown is another row's, and has been for a while. */
  late = $state(false);

  readonly #backend: Backend;
  #wanted = "";
  #callOff = () => {};
  /** What is on screen or on its way there. */
  #loading = "";
  #loads = 0;
  /** The list that it was loaded for. */
  #listed: Hit[] = [];
  #lateness: ReturnType<typeof setTimeout> | undefined;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /**
   * The list comes first; and whoever holds down an arrow passes many hits. `indexed`: when the
   * hit's project was, as its file may be another one since.
   */
  select(hit: Hit | null, hits: Hit[], indexed: string | null): void {
    const known = hit && [hitKey(hit), hit.stale, hit.snippet?.text, indexed];
    const wanted = known ? JSON.stringify(known) : "";
    this.#wanted = wanted;
    this.#callOff();
    untrack(() => this.#mayBeLate(hit));
    if (!hit) {
      this.shown = null;
      this.#loading = "";
    }
    this.#callOff = afterPaint(() => {
      this.hits = hits;
      const isAnew = this.#listed !== hits;
      this.#listed = hits;
      if (!hit) return;
      if (this.#loading !== wanted || (isAnew && this.#mayBeOld(hit))) void this.#load(hit, wanted);
    });
  }

  /** It failed, or is not known to be what is indexed. */
  #mayBeOld(hit: Hit): boolean {
    return this.#isOf(hit) && this.shown?.preview?.stale !== false;
  }

  #isOf(hit: Hit): boolean {
    return this.shown !== null && hitKey(this.shown.hit) === hitKey(hit);
  }

  #mayBeLate(hit: Hit | null): void {
    if (hit === null || this.shown === null || this.#isOf(hit)) this.#isInTime();
    else this.#lateness ??= setTimeout(() => (this.late = true), LATE_MS);
  }

  #isInTime(): void {
    clearTimeout(this.#lateness);
    this.#lateness = undefined;
    this.late = false;
  }

  async #load(hit: Hit, wanted: string): Promise<void> {
    this.#loading = wanted;
    this.#loads += 1;
    const load = this.#loads;
    let shown: Shown;
    try {
      const preview = await this.#backend.preview(hit.project, hit.path, hitLine(hit), CONTEXT);
      shown = { hit, preview, problem: null };
    } catch (thrown) {
      shown = { hit, preview: null, problem: commandError(thrown).message };
    }
    if (wanted !== this.#wanted || load !== this.#loads) return;
    this.shown = shown;
    this.#isInTime();
  }
}
