// What a search can reach, as far as the projects' states tell.

import type { ProjectStatus } from "../backend/generated/ProjectStatus";

/** Differs from an earlier one where the same query may find something else, or say it of more. */
export function searchableStamp(projects: readonly ProjectStatus[]): string {
  return JSON.stringify(
    projects.map((project) => [
      project.id,
      access(project),
      project.error?.cause,
      project.files,
      project.last_indexed,
    ]),
  );
}

type Access = "failed" | "closed" | "open" | "compared";

/** A closed project is read as well, but has yet to be compared with its folder. */
function access({ residency, freshness }: ProjectStatus): Access {
  if (residency === "Failed") return "failed";
  if (residency !== "Hot") return "closed";
  return freshness === "Fresh" ? "compared" : "open";
}
