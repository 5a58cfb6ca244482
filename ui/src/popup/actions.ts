// What can be done with the selected hit.

import type { Hit } from "../backend/generated/Hit";
import type { ProjectStatus } from "../backend/generated/ProjectStatus";
import { narrowed, withoutFolder } from "./query-words";
import { hitLine } from "./results";

export type ActionName =
  | "open"
  | "reveal"
  | "openProject"
  | "pin"
  | "unpin"
  | "copyPath"
  | "copyPlace"
  | "copyRelative"
  | "copyText"
  | "callers"
  | "callees"
  | "refs"
  | "alike"
  | "narrow"
  | "leaveOut"
  | "exclude";

/** Those of a group stand together. */
export type Group = "open" | "copy" | "explore" | "refine" | "keep" | "discard";

export type Action = { name: ActionName; label: string; keys: string; group: Group };

const ACTIONS: readonly Action[] = [
  { name: "open", label: "Open in the editor", keys: "Enter", group: "open" },
  { name: "reveal", label: "Show in the file manager", keys: "Ctrl+Enter", group: "open" },
  { name: "copyPath", label: "Copy path", keys: "Ctrl+C", group: "copy" },
  { name: "copyPlace", label: "Copy path:line", keys: "Ctrl+Shift+C", group: "copy" },
  { name: "copyRelative", label: "Copy path within the project", keys: "", group: "copy" },
  { name: "copyText", label: "Copy the line", keys: "", group: "copy" },
  { name: "callers", label: "Who calls it", keys: "", group: "explore" },
  { name: "callees", label: "What it calls", keys: "", group: "explore" },
  { name: "refs", label: "Where it is used", keys: "", group: "explore" },
  { name: "alike", label: "More like this", keys: "", group: "explore" },
  { name: "narrow", label: "Search in this project only", keys: "", group: "refine" },
  { name: "leaveOut", label: "Leave this path out, in all projects", keys: "", group: "refine" },
  { name: "pin", label: "Pin file", keys: "", group: "keep" },
  { name: "unpin", label: "Unpin file", keys: "", group: "keep" },
  { name: "openProject", label: "Open the project in the editor", keys: "", group: "keep" },
  { name: "exclude", label: "Exclude this folder from the index", keys: "", group: "discard" },
];

/** A name that the query language takes as one word. */
const NAME = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/** What makes sense for this hit. */
export function actionsFor(hit: Hit, pinned: boolean): readonly Action[] {
  const named = hit.symbol !== null && NAME.test(hit.symbol);
  return ACTIONS.filter(({ name }) => {
    switch (name) {
      case "callers":
      case "callees":
      case "refs":
        return named;
      case "copyText":
        return hit.snippet !== null;
      case "pin":
        return !pinned;
      case "unpin":
        return pinned;
      case "leaveOut":
        return hit.path.includes("/") && withoutFolder("", folderOf(hit)) !== null;
      case "exclude":
        return hit.path.includes("/");
      default:
        return true;
    }
  });
}

/** The text that a copy of this hit is; null for what copies nothing. */
export function copied(name: ActionName, hit: Hit, project: ProjectStatus | undefined) {
  const path = project ? `${project.root.replace(/\/$/, "")}/${hit.path}` : hit.path;
  switch (name) {
    case "copyPath":
      return path;
    case "copyPlace":
      return `${path}:${hitLine(hit)}`;
    case "copyRelative":
      return hit.path;
    case "copyText":
      return hit.snippet?.text ?? null;
    default:
      return null;
  }
}

/** The folder that holds the hit's file, within its project. */
export function folderOf(hit: Hit): string {
  return hit.path.slice(0, hit.path.lastIndexOf("/"));
}

/** The query whose answer is what the action asks for; null for what asks nothing. */
export function asked(
  name: ActionName,
  hit: Hit,
  project: ProjectStatus,
  { query, projects }: { query: string; projects: readonly ProjectStatus[] },
) {
  switch (name) {
    case "callers":
    case "callees":
    case "refs":
      return `${narrowed(project, projects)}${name}:${hit.symbol ?? ""}`;
    case "narrow":
      return narrowed(project, projects) + query;
    case "leaveOut":
      return withoutFolder(query.trimEnd(), folderOf(hit));
    default:
      return null;
  }
}
