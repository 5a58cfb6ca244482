// The text around a hit as the fake program has it: the lines of its hits, and others between them.

import type { Hit } from "./generated/Hit";
import type { Preview } from "./generated/Preview";
import type { SyntaxClass } from "./generated/SyntaxClass";

const WORDS = /(\/\/.*)|("[^"]*")|\b(let|return|if|pub|fn|struct|int|unsigned)\b|\b([A-Z]\w+)\b/g;
const CLASSES: SyntaxClass[] = ["comment", "string", "keyword", "type"];

/** Lines between those that are known. */
const FILLER = [
  "",
  "    /// What a quiet period collects.",
  "    let due = self.first.map(|first| first + self.max_wait);",
  "    if due.is_some_and(|due| now >= due) {",
  "        return Some(std::mem::take(&mut self.changes));",
  "    }",
];

/** Around `line` of the file in which these hits are. */
export function previewOf(hits: readonly Hit[], line: number, context: number): Preview {
  const first_line = Math.max(1, line - context);
  const lines = Array.from({ length: line + context - first_line + 1 }, (_, index) => {
    const snippet = hits.find((hit) => hit.snippet?.line === first_line + index)?.snippet;
    const text = snippet?.text ?? FILLER[(first_line + index) % FILLER.length] ?? "";
    return { text, spans: spans(text) };
  });
  const here = hits.find((hit) => hitLine(hit) === line);
  const enclosing = here?.symbol
    ? { kind: here.kind, name: here.symbol, line_start: line, line_end: line + 12 }
    : null;
  const stale = hits.some((hit) => hit.stale);
  return { first_line, lines, more: true, stale, enclosing };
}

function spans(text: string): [number, number, SyntaxClass][] {
  return [...text.matchAll(WORDS)].flatMap((match) => {
    const syntax = CLASSES[match.slice(1).findIndex(Boolean)];
    return syntax ? [[match.index, match.index + match[0].length, syntax]] : [];
  });
}

function hitLine(hit: Hit): number {
  return hit.snippet?.line ?? hit.line_start;
}
