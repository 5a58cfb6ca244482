// From a line and its highlights in UTF-8 bytes to the pieces a row shows.

import type { SyntaxClass } from "../backend/generated/SyntaxClass";

export type Piece = { text: string; hit: boolean; syntax?: SyntaxClass };

type Range = [start: number, end: number];
/** In UTF-16 units; in order and apart from each other. */
export type SyntaxSpan = [start: number, end: number, syntax: SyntaxClass];

/** Columns kept before the first match when a line is too long to show from its start. */
const LEAD = 24;
const TAB_COLUMNS = 2;
/** Nearly all text, of which nothing has to be looked at by character: bytes are UTF-16 units. */
const PLAIN = /^[ -~]*$/;

/**
 * Highlights as ranges of UTF-16 indices of `text`: sorted, merged, inside the text. A byte range
 * that begins or ends inside a character takes in the whole character.
 */
export function toStringRanges(text: string, highlights: readonly [number, number][]): Range[] {
  const wanted = merge(highlights.filter(([start, end]) => end > start));
  if (wanted.length === 0) return [];
  if (PLAIN.test(text)) {
    const inside = wanted.map(([start, end]): Range => [start, Math.min(end, text.length)]);
    return inside.filter(([start, end]) => start < end);
  }
  const ranges: Range[] = [];
  let byte = 0;
  let index = 0;
  let next = wanted.shift();
  let open = -1;
  for (const character of text) {
    const endByte = byte + utf8Length(character.codePointAt(0) ?? 0);
    if (next && open < 0 && next[0] < endByte) open = index;
    index += character.length;
    byte = endByte;
    while (next && open >= 0 && next[1] <= byte) {
      ranges.push([open, index]);
      open = -1;
      next = wanted.shift();
      if (next && next[0] < byte) open = index - character.length;
    }
  }
  if (open >= 0) ranges.push([open, text.length]);
  return merge(ranges);
}

/**
 * The pieces of one line as a row shows it: without leading and trailing white space, at most
 * `columns` characters around the first match, nothing invisible left in it.
 */
export function pieces(
  text: string,
  highlights: readonly [number, number][],
  columns: number,
): Piece[] {
  const ranges = toStringRanges(text, highlights);
  const first = ranges[0]?.[0] ?? text.length;
  const indent = text.length - text.trimStart().length;
  const trimmedEnd = text.trimEnd().length;
  // White space that was searched for stays.
  const lineStart = Math.min(indent, first);
  const lineEnd = Math.max(trimmedEnd, ranges.at(-1)?.[1] ?? 0, lineStart);

  let start = lineStart;
  let end = lineEnd;
  if (lineEnd - lineStart > columns) {
    const beyond = first - lineStart > columns - LEAD && ranges.length > 0;
    if (beyond) start = Math.min(first - LEAD, lineEnd - columns);
    start = characterStart(text, start);
    end = characterStart(text, Math.min(start + columns, lineEnd));
  }

  const shown = cutPieces(text, ranges, start, end);
  if (start > lineStart) shown.unshift({ text: "…", hit: false });
  if (end < lineEnd) shown.push({ text: "…", hit: false });
  return shown;
}

/** The pieces between two UTF-16 indices of `text`, as they are, with nothing invisible in them. */
export function piecesBetween(
  text: string,
  highlights: readonly [number, number][],
  start: number,
  end: number,
): Piece[] {
  return cutPieces(text, toStringRanges(text, highlights), start, end);
}

/** A whole line with its matches (in bytes) and its colours. */
export function colouredPieces(
  text: string,
  highlights: readonly [number, number][],
  spans: readonly SyntaxSpan[],
): Piece[] {
  const ranges = toStringRanges(text, highlights);
  const coloured: Piece[] = [];
  let at = 0;
  for (const [start, end, syntax] of spans) {
    coloured.push(...cutPieces(text, ranges, at, start));
    for (const piece of cutPieces(text, ranges, start, end)) coloured.push({ ...piece, syntax });
    at = end;
  }
  coloured.push(...cutPieces(text, ranges, at, text.length));
  return coloured;
}

function cutPieces(text: string, ranges: readonly Range[], start: number, end: number): Piece[] {
  const shown: Piece[] = [];
  let at = start;
  for (const [from, to] of ranges) {
    const hitStart = Math.max(from, at);
    const hitEnd = Math.min(to, end);
    if (hitEnd <= hitStart) continue;
    if (hitStart > at) shown.push({ text: visible(text.slice(at, hitStart)), hit: false });
    shown.push({ text: visible(text.slice(hitStart, hitEnd)), hit: true });
    at = hitEnd;
  }
  if (end > at) shown.push({ text: visible(text.slice(at, end)), hit: false });
  return shown;
}

/**
 * Text with its invisible characters drawn: a control character as its picture, and one that
 * reorders or hides its neighbours as its code point, so that a name cannot look like another.
 */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === "\t") return " ".repeat(TAB_COLUMNS);
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return "␡";
    // Joins the parts of an emoji or of a word; alone it hides nothing.
    if (code === 0x200d) return character;
    return `⟨${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

function merge(ranges: readonly (readonly [number, number])[]): Range[] {
  const merged: Range[] = [];
  for (const [start, end] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** `index`, moved back where it would cut a surrogate pair in two. */
function characterStart(text: string, index: number): number {
  const code = text.charCodeAt(index);
  const before = text.charCodeAt(index - 1);
  const cuts = code >= 0xdc00 && code <= 0xdfff && before >= 0xd800 && before <= 0xdbff;
  return cuts ? index - 1 : index;
}
