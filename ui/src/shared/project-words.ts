// A project's state in words. One place, so that both windows say the same thing.

import type { Freshness } from "../backend/generated/Freshness";
import type { LaneName } from "../backend/generated/LaneName";
import type { Progress } from "../backend/generated/Progress";
import type { ProjectStatus } from "../backend/generated/ProjectStatus";
import type { Residency } from "../backend/generated/Residency";
import type { WatchMode } from "../backend/generated/WatchMode";
import { clockTime, counted, percent } from "./figures";

/** `rest`: nothing to do; `busy`: becomes searchable or fresh by itself; `trouble`: a person may act. */
export type Condition = "good" | "rest" | "busy" | "trouble";

const CAUSES: Record<string, string> = {
  RootMissing: "its folder is missing",
  VolumeUnavailable: "its volume is not available",
  PermissionDenied: "Quarry may not read its folder",
  Locked: "another program holds its index",
  SchemaTooNew: "its index was written by a newer Quarry",
  Corrupt: "its index is damaged",
  OutOfMemory: "memory ran out",
  Panicked: "Quarry made an internal error",
  TimedOut: "it took too long",
  DiskFull: "the disk is full",
  Shrunk: "most of its files are gone",
  Io: "reading or writing it failed",
};

const RESIDENCIES: Record<Residency, string> = {
  Cold: "On disk only; opened when it is searched",
  Loading: "Its index is being opened",
  Hot: "Open for search and watched",
  Unloading: "Its index is being closed",
  Failed: "Its index could not be opened",
};

const SEARCHED_WITHOUT_FOLDER = "Its folder is missing; what was indexed stays searchable";

const FRESHNESSES: Record<Freshness, string> = {
  Fresh: "Fresh",
  Pending: "Pending",
  Indexing: "Indexing",
  Reconciling: "Reconciling",
  Retrying: "Retrying",
  Failing: "Failing",
  RootMissing: "Folder missing",
  Stuck: "Stuck",
};

const WATCH_MODES: Record<WatchMode, string> = {
  Native: "Watched",
  Polling: "Polled",
  Paused: "Paused",
  Off: "Not watched",
};

const LANES: Record<LaneName, string> = {
  names: "names",
  text: "text",
  regex: "patterns",
  symbols: "symbols",
  meaning: "meaning",
};

/** Why, as the second half of a sentence: "linux failed: its folder is missing". */
export function causeWords(cause: string): string {
  return CAUSES[cause] ?? cause;
}

export function residencyWords({ residency, freshness }: ProjectStatus): string {
  if (residency === "Failed" && freshness === "RootMissing") return SEARCHED_WITHOUT_FOLDER;
  return RESIDENCIES[residency];
}

export function freshnessWords(project: ProjectStatus): string {
  if (isAtRest(project)) return "Not compared yet";
  if (project.freshness === "Pending" && project.pending > 0) {
    return `${counted(project.pending, "file")} pending`;
  }
  return FRESHNESSES[project.freshness];
}

export function watchWords(mode: WatchMode): string {
  return WATCH_MODES[mode];
}

export function laneWords(lane: LaneName): string {
  return LANES[lane];
}

export function condition(project: ProjectStatus): Condition {
  if (project.residency === "Failed") return "trouble";
  switch (project.freshness) {
    case "Failing":
    case "RootMissing":
    case "Stuck":
      return "trouble";
    case "Pending":
      return isAtRest(project) ? "rest" : "busy";
    case "Indexing":
    case "Reconciling":
    case "Retrying":
      return "busy";
    case "Fresh":
      if (project.residency === "Loading" || project.progress) return "busy";
      return project.residency === "Hot" ? "good" : "rest";
  }
}

/** What has changed shows when it is opened again, or watched again. */
function isAtRest(project: ProjectStatus): boolean {
  const { residency, freshness } = project;
  if (freshness !== "Pending") return false;
  return residency === "Cold" || residency === "Unloading" || isOpenAndPaused(project);
}

function isOpenAndPaused({ residency, watch_mode }: ProjectStatus): boolean {
  return residency === "Hot" && watch_mode === "Paused";
}

/** "43 % indexed", "being indexed", "43 % indexed for meaning". */
export function progressWords(progress: Progress): string {
  const share = percent(progress.done, progress.total);
  // Text is what people mean by "indexed"; any other lane is named.
  const purpose = progress.lane === "text" ? "" : ` for ${laneWords(progress.lane)}`;
  return share === null ? `being indexed${purpose}` : `${share} % indexed${purpose}`;
}

/** The state as the end of a sentence that begins with the project's name: "linux is …". */
export function busyWords(project: ProjectStatus): string {
  if (project.residency === "Loading") return "loading";
  if (project.progress) return progressWords(project.progress);
  switch (project.freshness) {
    case "Indexing":
      return "being indexed";
    case "Reconciling":
      return "being compared with its folder";
    case "Retrying":
      return "about to be tried again";
    default:
      return "catching up";
  }
}

/** How much of the project can be found by meaning: "37 % embedded". */
export function meaningWords({ meaning, vectors, vectors_wanted }: ProjectStatus): string {
  if (!meaning) return "Off";
  const share = vectors_wanted === null ? null : percent(vectors, vectors_wanted);
  if (share === null) return vectors > 0 ? counted(vectors, "text") : "Not yet";
  return `${share} %`;
}

/** Why a project in trouble is in it. */
export function troubleWords(project: ProjectStatus): string {
  if (project.freshness === "RootMissing") return causeWords("RootMissing");
  if (project.error) return causeWords(project.error.cause);
  if (project.freshness === "Stuck") return "indexing makes no progress";
  return "it could not be opened";
}

/** One short line for a list: what the project is doing, or why it is not. */
export function stateLine(project: ProjectStatus): string {
  switch (condition(project)) {
    case "trouble":
      if (project.freshness === "RootMissing") return FRESHNESSES.RootMissing;
      return project.residency === "Failed"
        ? `Failed: ${troubleWords(project)}`
        : `${FRESHNESSES[project.freshness]}: ${troubleWords(project)}`;
    case "busy":
      return capitalised(busyWords(project));
    case "rest":
      if (isOpenAndPaused(project)) return "Paused";
      return project.residency === "Unloading" ? "Unloading" : "Cold";
    case "good":
      return project.watch_mode === "Paused" ? "Fresh when paused" : "Fresh";
  }
}

/** How often an error came and what happens next. */
export function attemptsWords(attempts: number, nextRetry: string | null): string {
  const next = nextRetry
    ? `next attempt at ${clockTime(nextRetry)}`
    : "waits for you or for a change";
  return `${counted(attempts, "attempt")}, ${next}`;
}

export function byName(a: ProjectStatus, b: ProjectStatus): number {
  return a.name.localeCompare(b.name, "en", { numeric: true }) || a.id.localeCompare(b.id);
}

export function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
