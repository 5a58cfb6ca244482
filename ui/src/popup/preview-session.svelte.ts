// What stands beside the list: the file around the selected hit. The last one stays until the new
// one is there.

import { type Backend, commandError } from "../backend/backend";
import type { Hit } from "../backend/generated/Hit";
import type { Preview } from "../backend/generated/Preview";
import { hitKey, hitLine } from "./results";

/** Lines before and after the hit: an answer this small crosses to the page the short way. */
const CONTEXT = 60;

export type Shown = { hit: Hit; preview: Preview | null; problem: string | null };

export class PreviewSession {
  shown = $state.raw<Shown | null>(null);

  readonly #backend: Backend;
  #wanted = "";
  #frame = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Whoever holds down an arrow passes many hits: at most one a frame is asked for. */
  select(hit: Hit | null): void {
    const wanted = hit ? JSON.stringify([hitKey(hit), hit.stale]) : "";
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    cancelAnimationFrame(this.#frame);
    if (hit) this.#frame = requestAnimationFrame(() => void this.#load(hit, wanted));
    else this.shown = null;
  }

  async #load(hit: Hit, wanted: string): Promise<void> {
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
