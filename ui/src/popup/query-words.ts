// Parts of a query that are put together for the person.

import type { ProjectStatus } from "../backend/generated/ProjectStatus";

type Named = Pick<ProjectStatus, "id" | "name">;

/** The value as it stands behind a filter; null for what no query can say. */
export function filterValue(value: string): string | null {
  // NEL is a blank to the query language, though not to `\s`.
  if (/^[^\s\u0085":][^\s\u0085]*$/.test(value)) return value;
  return value === "" || value.includes('"') ? null : `"${value}"`;
}

/** The beginning of a query for one project only: by its id where its name means others too. */
export function narrowed(project: Named, projects: readonly Named[]): string {
  const name = project.name.toLowerCase();
  const shared = projects.some((other) => {
    return other.id !== project.id && other.name.toLowerCase() === name;
  });
  return `project:${(shared ? null : filterValue(project.name)) ?? project.id} `;
}

/** Leaves out what is below a folder, which begins at the root of any project; null as above. */
export function withoutFolder(query: string, folder: string): string | null {
  const value = filterValue(`/${folder}/`);
  return value === null ? null : `${query} -path:${value}`.trimStart();
}
