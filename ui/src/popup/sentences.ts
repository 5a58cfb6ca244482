// What the popup says about a search: in the footer, to a screen reader, and where the rows would be.

import type { ProjectStatus } from "../backend/generated/ProjectStatus";
import type { SearchAnswer } from "../backend/generated/SearchAnswer";
import type { Searched } from "../backend/generated/Searched";
import { count, counted } from "../shared/figures";
import { visible } from "../shared/highlight";
import {
  busyWords,
  capitalised,
  causeWords,
  condition,
  laneWords,
  troubleWords,
} from "../shared/project-words";

const LIST = new Intl.ListFormat("en");

/** Projects named in one sentence before the rest is only counted. */
const NAMED = 2;

export type Trouble = { project: string; name: string; words: string };

/** "Searched 4 of 5 projects, 2 not compared yet"; before a search, how many there are, if any. */
export function coverage(searched: Searched | null, projects: readonly ProjectStatus[]): string {
  if (!searched) return projects.length === 0 ? "" : counted(projects.length, "project");
  const reached = `Searched ${reachedOf(searched)}`;
  return searched.stale > 0 ? `${reached}, ${count(searched.stale)} not compared yet` : reached;
}

/** "linux is 43 % indexed, zed is loading"; empty when every project is at rest. */
export function busySentence(projects: readonly ProjectStatus[]): string {
  const busy = projects.filter((project) => condition(project) === "busy");
  return listed(busy.map((project) => `${visible(project.name)} is ${busyWords(project)}`));
}

/** Projects that cannot be searched or kept fresh, from their states and from the answer itself. */
export function troubles(searched: Searched | null, projects: readonly ProjectStatus[]): Trouble[] {
  const found: Trouble[] = projects
    .filter((project) => condition(project) === "trouble")
    .map((project) => ({
      project: project.id,
      name: visible(project.name),
      words: troubleWords(project),
    }));
  for (const failed of searched?.failed ?? []) {
    if (found.some((trouble) => trouble.project === failed.project)) continue;
    const status = projects.find((project) => project.id === failed.project);
    // Being tried again: said as busy, by its state.
    if (status && condition(status) === "busy") continue;
    const name = visible(status?.name ?? failed.project);
    found.push({ project: failed.project, name, words: causeWords(failed.cause) });
  }
  return found;
}

/** What stands where the rows would be. It always says why there are none. */
export function nothingFound(answer: SearchAnswer, projects: readonly ProjectStatus[]): string {
  const { searched } = answer;
  if (projects.length === 0) return "No project is registered yet.";
  if (searched.total === 0) {
    return `The filters in this query leave out all of ${counted(projects.length, "project")}.`;
  }
  const busy = busySentence(projects);
  if (busy) return `Nothing found yet: ${busy}.`;
  if (searched.loading > 0) {
    return `Nothing found yet: ${counted(searched.loading, "project")} still loading.`;
  }
  const failed = troubles(searched, projects).map(({ name, words }) => `${name}: ${words}`);
  if (failed.length > 0) {
    return `Nothing found in ${reachedOf(searched)}. Not everything could be searched – ${listed(failed)}.`;
  }
  return `Nothing found in ${reachedOf(searched)}.`;
}

/** What the lanes have to say: "Patterns: Stopped after 2 s: 512 of 3,000 files were read." */
export function laneNotes(answer: SearchAnswer): string[] {
  return answer.lanes.flatMap(({ lane, note }) =>
    note ? [`${capitalised(laneWords(lane))}: ${note}`] : [],
  );
}

/** "Names, text and symbols were searched."; empty where no lane ran. */
export function searchedLanes(answer: SearchAnswer): string {
  const names = [...new Set(answer.lanes.map(({ lane }) => laneWords(lane)))];
  return names.length > 0 ? `${capitalised(LIST.format(names))} were searched.` : "";
}

/** How many rows there are; `full`: there may be more to find. */
export function resultCount(rows: number, full: boolean): string {
  return full ? `First ${counted(rows, "result")}` : counted(rows, "result");
}

/** One sentence of a message in several lines, as parsers of patterns write them. */
export function querySentence(message: string): string {
  const reason = message.replace(/regex parse error:\s[\s\S]*\serror: /, "");
  return capitalised(reason.replace(/\s+/g, " ").trim());
}

function reachedProjects(searched: Searched): number {
  return Math.min(searched.hot, searched.total);
}

function reachedOf(searched: Searched): string {
  const reached = reachedProjects(searched);
  const total = counted(searched.total, "project");
  return reached === searched.total ? total : `${count(reached)} of ${total}`;
}

function listed(parts: readonly string[]): string {
  const rest = parts.length - NAMED;
  const named = parts.slice(0, NAMED).join(", ");
  return rest > 0 ? `${named} and ${count(rest)} more` : named;
}
