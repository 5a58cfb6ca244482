import { expect, test } from "vitest";
import type { Preview } from "../backend/generated/Preview";
import { hit } from "../backend/scenes";
import { previewLines } from "./preview-lines";

const PREVIEW: Preview = {
  first_line: 4,
  lines: [
    { text: "\tlet a;", spans: [[1, 4, "keyword"]] },
    { text: "b", spans: [] },
    { text: "let c;", spans: [[0, 3, "keyword"]] },
  ],
  more: true,
  stale: false,
  enclosing: null,
};

test("the lines that were found are marked, the selected one apart", () => {
  const selected = hit("zed", "a.rs", 4, "\tlet a;", {
    snippet: { line: 4, text: "\tlet a;", highlights: [[1, 4]] },
  });
  const other = hit("zed", "a.rs", 6, "let c, as it was;", {
    snippet: { line: 6, text: "let c, as it was;", highlights: [[0, 3]] },
  });
  const elsewhere = hit("zed", "b.rs", 5, "b");
  const lines = previewLines(PREVIEW, selected, [selected, other, elsewhere]);
  expect(lines.map(({ number, found, selected }) => [number, found, selected])).toEqual([
    [4, true, true],
    [5, false, false],
    [6, true, false],
  ]);
  expect(lines[0]?.pieces).toEqual([
    { text: "  ", hit: false },
    { text: "let", hit: true, syntax: "keyword" },
    { text: " a;", hit: false },
  ]);
  // Its text is another one by now: no mark at places that mean nothing any more.
  expect(lines[2]?.pieces.some((piece) => piece.hit)).toBe(false);
});
