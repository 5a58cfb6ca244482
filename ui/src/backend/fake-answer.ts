// What the fake program finds.

import type { Hit } from "./generated/Hit";
import type { ProjectStatus } from "./generated/ProjectStatus";
import type { SearchAnswer } from "./generated/SearchAnswer";

/** An answer as the program would give it over these projects. */
export function answer(query: string, results: Hit[], projects: ProjectStatus[]): SearchAnswer {
  const failed = projects.filter(({ residency }) => residency === "Failed");
  const loading = projects.filter(({ residency }) => residency === "Loading");
  return {
    query,
    mode: "auto",
    took_ms: 3.4,
    searched: {
      total: projects.length,
      hot: projects.length - failed.length - loading.length,
      loading: loading.length,
      stale: 0,
      failed: failed.map(({ id, error }) => ({ project: id, cause: error?.cause ?? "Panicked" })),
    },
    lanes: [
      { lane: "text", took_ms: 1.2, note: null },
      { lane: "symbols", took_ms: 0.6, note: null },
    ],
    results,
  };
}

/** The hit with the query's occurrences highlighted, where its line or its path has the query. */
export function matched(hit: Hit, query: string): Hit[] {
  const word = query.trim().toLowerCase();
  const text = hit.snippet?.text ?? "";
  const highlights: [number, number][] = [];
  for (let at = text.toLowerCase().indexOf(word); at >= 0;) {
    highlights.push([utf8Length(text.slice(0, at)), utf8Length(text.slice(0, at + word.length))]);
    at = text.toLowerCase().indexOf(word, at + word.length);
  }
  if (highlights.length === 0 && !hit.path.toLowerCase().includes(word)) return [];
  return [{ ...hit, snippet: hit.snippet && { ...hit.snippet, highlights } }];
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
