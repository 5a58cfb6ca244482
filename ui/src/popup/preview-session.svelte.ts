// What stands beside the list: the file around the selected hit. The last one stays until the new
// one is there.

import { type Backend, commandError } from "../backend/backend";
import type { Hit } from "../backend/generated/Hit";
import type { Preview } from "../backend/generated/Preview";
import { afterPaint } from "../shared/after-paint";
import { hitKey, hitLine } from "./results";

/** Lines before and after the hit: an answer this small crosses to the page the short way. */
const CONTEXT = 60;

export type Shown = { hit: Hit; preview: Preview | null; problem: string | null };

export class PreviewSession {
  shown = $state.raw<Shown | null>(null);
  /** The list whose other hits are marked in it. */
  hits = $state.raw<Hit[]>([]);

  readonly #backend: Backend;
  #wanted = "";
  #callOff = () => {};
  /** What is on screen or on its way there. */
  #loading = "";

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** The list comes first; and whoever holds down an arrow passes many hits. */
  select(hit: Hit | null, hits: Hit[]): void {
    const wanted = hit ? JSON.stringify([hitKey(hit), hit.stale]) : "";
    this.#wanted = wanted;
    this.#callOff();
    if (!hit) {
      this.shown = null;
      this.#loading = "";
    }
    this.#callOff = afterPaint(() => {
      this.hits = hits;
      if (hit && this.#loading !== wanted) void this.#load(hit, wanted);
    });
  }

  async #load(hit: Hit, wanted: string): Promise<void> {
    this.#loading = wanted;
    let shown: Shown;
    try {
      const preview = await this.#backend.preview(hit.project, hit.path, hitLine(hit), CONTEXT);
      shown = { hit, preview, problem: null };
    } catch (thrown) {
      shown = { hit, preview: null, problem: commandError(thrown).message };
    }
    if (wanted === this.#wanted) this.shown = shown;
  }
}
