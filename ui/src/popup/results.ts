// Which row is which, which one is selected, and when a list is replaced.

import type { Hit } from "../backend/generated/Hit";
import type { SearchUpdate } from "../backend/generated/SearchUpdate";

export type Move = "up" | "down" | "pageUp" | "pageDown" | "first" | "last";

/** Rows that fit between two presses of Page Down, one of them kept for orientation. */
const PAGE_ROWS = 7;

/** The line a person means by this hit, and the one the editor opens at. */
export function hitLine(hit: Hit): number {
  return hit.snippet?.line ?? hit.line_start;
}

/** The last part of a path that is written with `/`. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The same for the same project, path and line, whatever update the hit came with. */
export function hitKey(hit: Hit): string {
  return JSON.stringify([hit.project, hit.path, hitLine(hit)]);
}

/** Hits without repetitions, the better-placed one kept, so that every row has a key of its own. */
export function distinct(hits: readonly Hit[]): Hit[] {
  const seen = new Set<string>();
  return hits.filter((hit) => {
    const key = hitKey(hit);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Where the selection goes when a list takes the place of another one for the same query. */
export function keepSelection(before: readonly Hit[], selected: number, after: readonly Hit[]) {
  const hit = before[selected];
  const key = hit && hitKey(hit);
  const found = after.findIndex((candidate) => hitKey(candidate) === key);
  return found >= 0 ? found : clamp(selected, after.length);
}

export function moveSelection(selected: number, move: Move, length: number): number {
  switch (move) {
    case "up":
      return clamp(selected - 1, length);
    case "down":
      return clamp(selected + 1, length);
    case "pageUp":
      return clamp(selected - PAGE_ROWS, length);
    case "pageDown":
      return clamp(selected + PAGE_ROWS, length);
    case "first":
      return 0;
    case "last":
      return clamp(length - 1, length);
  }
}

/**
 * Whether an update may take the place of the list on screen. An empty list of a search that goes
 * on may not, or the rows would vanish and come back; unless a project is still being loaded,
 * which can take long and has to be said.
 */
export function replacesList(update: SearchUpdate): boolean {
  return update.done || update.answer.results.length > 0 || update.answer.searched.loading > 0;
}

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(index, length - 1));
}

/** The element of a row, named for its place so that the box can point to it. */
export function rowId(row: number): string {
  return `hit-${row}`;
}
