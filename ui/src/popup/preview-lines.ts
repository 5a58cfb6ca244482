// The lines of a preview as they are drawn, with what was found in them.

import type { Hit } from "../backend/generated/Hit";
import type { Preview } from "../backend/generated/Preview";
import { type Piece, colouredPieces } from "../shared/highlight";
import { hitLine } from "./results";

export type PreviewLine = {
  number: number;
  pieces: Piece[];
  /** Something was found in it. */
  found: boolean;
  /** The selected hit's own. */
  selected: boolean;
};

/** `hits`: all that are listed, of which those in the same file are marked too. */
export function previewLines(preview: Preview, hit: Hit, hits: readonly Hit[]): PreviewLine[] {
  const here = hits.filter(
    (other) => other.project === hit.project && other.path === hit.path && other.kind !== "file",
  );
  const highlights = new Map(here.map((other) => [hitLine(other), other.snippet]));
  return preview.lines.map(({ text, spans }, index) => {
    const number = preview.first_line + index;
    const snippet = highlights.get(number);
    // The file may be another by now, and a long line is cut around its match.
    const ranges = snippet?.text === text ? snippet.highlights : [];
    return {
      number,
      pieces: colouredPieces(text, ranges, spans),
      found: highlights.has(number),
      selected: number === hitLine(hit),
    };
  });
}
