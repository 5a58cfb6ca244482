// What may follow in the box: filters at the beginning of a word, values behind a filter.

import { filterValue } from "./query-words";

export type Option = { label: string; insert: string; detail: string };

/** The part of the query between `start` and `end` is replaced by the option that is accepted. */
export type Completion = { start: number; end: number; options: Option[] };

export type Vocabulary = { languages: readonly string[]; projects: readonly string[] };

const FILTERS: Option[] = [
  { label: "lang:", insert: "lang:", detail: "files in this language" },
  { label: "path:", insert: "path:", detail: "words of the path, or a /folder/" },
  { label: "project:", insert: "project:", detail: "this project only" },
  { label: "sym:", insert: "sym:", detail: "definitions of this name" },
  { label: "refs:", insert: "refs:", detail: "uses of this name" },
  { label: "callers:", insert: "callers:", detail: "who calls it" },
  { label: "callees:", insert: "callees:", detail: "what it calls" },
  { label: "case:yes", insert: "case:yes ", detail: "upper and lower case differ" },
  { label: "-", insert: "-", detail: "leave out what follows" },
];

/** More would hide the results below. */
const MOST_OPTIONS = 8;

/** The values for the filter that is being typed at the caret; null where there are none. */
export function valuesAt(query: string, caret: number, known: Vocabulary): Completion | null {
  const word = wordAt(query, caret);
  const [, filter = "", typed = ""] = /^-?(lang|project|case):(.*)$/is.exec(word.text) ?? [];
  const values = valuesOf(filter.toLowerCase(), known);
  const start = word.end - typed.length;
  const wanted = typed.replace(/^"/, "").toLowerCase();
  const options = matching(values, wanted).flatMap((value) => {
    const inserted = filterValue(value);
    return inserted === null ? [] : [{ label: value, insert: `${inserted} `, detail: "" }];
  });
  const [only, ...others] = options;
  if (!only || (others.length === 0 && only.label.toLowerCase() === wanted)) return null;
  return { start, end: word.end, options: options.slice(0, MOST_OPTIONS) };
}

/** The filters that the word before the caret may become: asked for with a key, never by typing. */
export function filtersAt(query: string, caret: number): Completion | null {
  const word = wordAt(query, caret);
  const typed = word.text.toLowerCase();
  const options = FILTERS.filter(({ label }) => label.startsWith(typed) && label !== typed);
  return options.length > 0 ? { start: word.start, end: word.end, options } : null;
}

/** The query with the option in it, and where the caret is then. */
export function accept(query: string, { start, end }: Completion, option: Option) {
  const rest = query.slice(end);
  // What is typed next is another word, which one blank divides from this one.
  const insert = rest.startsWith(" ") ? option.insert.trimEnd() : option.insert;
  return { query: query.slice(0, start) + insert + rest, caret: start + insert.length };
}

function valuesOf(filter: string, known: Vocabulary): readonly string[] {
  switch (filter) {
    case "lang":
      return known.languages;
    case "project":
      return known.projects;
    case "case":
      return ["yes"];
    default:
      return [];
  }
}

/** Those that begin with what was typed, then those that hold it. */
function matching(values: readonly string[], typed: string): string[] {
  const begins = (value: string) => value.toLowerCase().startsWith(typed);
  const holds = (value: string) => !begins(value) && value.toLowerCase().includes(typed);
  return [...values.filter(begins), ...values.filter(holds)];
}

/** The word that ends at the caret. A blank between quotation marks is part of it. */
function wordAt(query: string, caret: number): { text: string; start: number; end: number } {
  let start = 0;
  let quoted = false;
  for (let at = 0; at < caret; at += 1) {
    if (query[at] === '"') quoted = !quoted;
    else if (!quoted && /\s/.test(query[at] ?? "")) start = at + 1;
  }
  return { text: query.slice(start, caret), start, end: caret };
}
