// How fast a progress goes on and how long it still takes, from what was seen of it.

import type { Progress } from "../backend/generated/Progress";
import { count } from "./figures";

/** What is older says nothing of the present speed. */
const LOOKED_BACK_MS = 15_000;
/** Nothing is foretold from less. */
const ENOUGH_MS = 1_500;

type Sample = { done: number; at: number };

export class ProgressPace {
  #lane: Progress["lane"] | null = null;
  #samples: Sample[] = [];

  /** "2,100 files/s, 21 s left"; empty while there is too little to go by. `now` in milliseconds. */
  words(progress: Progress, now: number): string {
    const last = this.#samples.at(-1);
    if (progress.lane !== this.#lane || (last && progress.done < last.done)) {
      this.#lane = progress.lane;
      this.#samples = [];
    }
    if (!last || now > last.at || this.#samples.length === 0) {
      this.#samples.push({ done: progress.done, at: now });
    }
    while ((this.#samples[1]?.at ?? now) < now - LOOKED_BACK_MS) this.#samples.shift();
    const first = this.#samples[0];
    if (!first || now - first.at < ENOUGH_MS || progress.done <= first.done) return "";
    const rate = ((progress.done - first.done) * 1000) / (now - first.at);
    return `${rateWords(rate)}, ${leftWords((progress.total - progress.done) / rate)}`;
  }
}

function rateWords(rate: number): string {
  return rate < 1 ? "less than 1 file/s" : `${count(Math.round(rate))} files/s`;
}

/** Rounded as coarsely as it is known. */
function leftWords(seconds: number): string {
  if (seconds < 1) return "almost done";
  if (seconds < 90) return `${count(Math.ceil(seconds))} s left`;
  if (seconds < 5_400) return `${count(Math.ceil(seconds / 60))} min left`;
  return `${count(Math.ceil(seconds / 3_600))} h left`;
}
