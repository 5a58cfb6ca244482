// What can be done with the selected hit.

import type { Hit } from "../backend/generated/Hit";
import type { ProjectStatus } from "../backend/generated/ProjectStatus";
import { hitLine } from "./results";

export type ActionName = "open" | "reveal" | "copyPath" | "copyPlace" | "copyRelative" | "narrow";

export type Action = { name: ActionName; label: string; keys: string };

export const ACTIONS: readonly Action[] = [
  { name: "open", label: "Open in the editor", keys: "Enter" },
  { name: "reveal", label: "Show in the file manager", keys: "Ctrl+Enter" },
  { name: "copyPath", label: "Copy path", keys: "Ctrl+C" },
  { name: "copyPlace", label: "Copy path:line", keys: "Ctrl+Shift+C" },
  { name: "copyRelative", label: "Copy path within the project", keys: "" },
  { name: "narrow", label: "Search in this project only", keys: "" },
];

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
    default:
      return null;
  }
}
