// The state of search by meaning in words.

import type { MeaningState } from "../backend/generated/MeaningState";
import type { MeaningStatus } from "../backend/generated/MeaningStatus";
import type { ModelChoice } from "../backend/generated/ModelChoice";
import type { ProjectStatus } from "../backend/generated/ProjectStatus";
import { clockTime, count, counted, percent } from "./figures";
import type { Condition } from "./project-words";

/** What is found by meaning so far, of what is to be; both in pieces of code. */
export type Embedded = { done: number; total: number };

/** Of the projects that are found by meaning and were counted. */
export function embeddedOf(projects: readonly ProjectStatus[]): Embedded {
  const counts = projects.filter(
    ({ meaning, vectors_wanted }) => meaning && vectors_wanted !== null,
  );
  const sum = (of: (project: ProjectStatus) => number): number =>
    counts.reduce((total, project) => total + of(project), 0);
  const total = sum(({ vectors_wanted }) => vectors_wanted ?? 0);
  return {
    done: Math.min(
      sum(({ vectors }) => vectors),
      total,
    ),
    total,
  };
}

/** "74 % of your code: 18,300 of 24,700 pieces"; null before anything was counted. */
export function embeddedWords({ done, total }: Embedded): string | null {
  const share = percent(done, total);
  if (share === null) return null;
  if (done === total) return `All of the code can be found by meaning: ${counted(total, "piece")}.`;
  return `${share} % of the code can be found by meaning: ${count(done)} of ${count(total)} pieces.`;
}

export function meaningTitle({ state }: MeaningStatus, { done, total }: Embedded): string {
  const titles: Record<MeaningState, string> = {
    Off: "Off",
    ModelMissing: "No model",
    Failed: "Failed",
    Paused: "Paused",
    OnBattery: "Waiting for the mains",
    Working: done < total ? "Reading code" : "Ready",
  };
  return titles[state];
}

export function meaningCondition(meaning: MeaningStatus, { done, total }: Embedded): Condition {
  switch (meaning.state) {
    case "ModelMissing":
    case "Failed":
      return meaning.next_retry === null ? "trouble" : "busy";
    case "Working":
      return done < total ? "busy" : "good";
    case "Off":
    case "Paused":
    case "OnBattery":
      return "rest";
  }
}

/** What stands in its way and what happens next; null where nothing does. */
export function meaningReason({ sentence, next_retry }: MeaningStatus): string | null {
  if (next_retry === null) return sentence;
  return `${sentence ?? ""} Next attempt at ${clockTime(next_retry)}.`.trim();
}

/** Why it is off although a model is chosen; null where none is. */
export function startedWithout({ kind }: ModelChoice): string | null {
  if (kind === "off") return null;
  return "Quarry was started with `--no-meaning`: the model is used from the next start without it.";
}

/** Whether an attempt can be asked for. */
export function isRetriable({ state }: MeaningStatus): boolean {
  return state === "Failed" || state === "ModelMissing";
}
