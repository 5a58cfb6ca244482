import { describe, expect, test } from "vitest";
import { type SyntaxSpan, colouredPieces, pieces, toStringRanges, visible } from "./highlight";

const WIDE = 110;

function marked(text: string, highlights: [number, number][], columns = WIDE): string {
  return pieces(text, highlights, columns)
    .map(({ text: piece, hit }) => (hit ? `[${piece}]` : piece))
    .join("");
}

describe("byte ranges become string ranges", () => {
  test("in ASCII they are the same", () => {
    expect(toStringRanges("let cat = 1;", [[4, 7]])).toEqual([[4, 7]]);
  });

  test("characters of two, three and four bytes are counted as bytes", () => {
    // é: 2 bytes, →: 3, 🐢: 4 bytes and two UTF-16 units.
    expect(toStringRanges("é→🐢cat", [[9, 12]])).toEqual([[4, 7]]);
    expect(toStringRanges("é→🐢cat", [[5, 9]])).toEqual([[2, 4]]);
  });

  test("a range that cuts a character takes in the whole of it", () => {
    expect(toStringRanges("a🐢b", [[2, 3]])).toEqual([[1, 3]]);
  });

  test("unsorted, touching, overlapping and empty ranges are put in order", () => {
    const ranges: [number, number][] = [
      [6, 8],
      [3, 3],
      [0, 2],
      [1, 4],
    ];
    expect(toStringRanges("abcdefgh", ranges)).toEqual([
      [0, 4],
      [6, 8],
    ]);
  });

  test("two ranges inside one character mark it once", () => {
    const ranges: [number, number][] = [
      [0, 1],
      [2, 3],
    ];
    expect(toStringRanges("🐢a", ranges)).toEqual([[0, 2]]);
  });

  test("a range beyond the end stops at the end", () => {
    expect(toStringRanges("abc", [[1, 99]])).toEqual([[1, 3]]);
    expect(toStringRanges("abc", [[50, 99]])).toEqual([]);
  });
});

describe("a line becomes pieces", () => {
  test("white space around the line goes, the highlight stays in place", () => {
    expect(marked("\t\t  fn cat() {  \n", [[7, 10]])).toBe("fn [cat]() {");
  });

  test("white space that was searched for stays", () => {
    expect(marked("    x", [[2, 4]])).toBe("[  ]x");
  });

  test("a tab inside the line is shown as spaces", () => {
    expect(marked("a\tb", [[2, 3]])).toBe("a  [b]");
  });

  test("a long line is cut around its first match", () => {
    const line = `${"x".repeat(500)}cat${"y".repeat(500)}`;
    const shown = marked(line, [[500, 503]], 80);
    expect(shown).toBe(`…${"x".repeat(24)}[cat]${"y".repeat(53)}…`);
  });

  test("a long line whose match is near its start is cut at its end only", () => {
    expect(marked(`cat${"y".repeat(500)}`, [[0, 3]], 80)).toBe(`[cat]${"y".repeat(77)}…`);
  });

  test("a match at the end of a long line is shown with what is before it", () => {
    expect(marked(`${"x".repeat(500)}cat`, [[500, 503]], 80)).toBe(`…${"x".repeat(77)}[cat]`);
  });

  test("a cut never halves a surrogate pair", () => {
    const text = pieces("🐢".repeat(300), [[801, 804]], 81)
      .map((piece) => piece.text)
      .join("");
    expect(text).toMatch(/^…(?:🐢)+…$/u);
  });

  test("a line without a match is shown from its first letter", () => {
    expect(marked("   plain", [])).toBe("plain");
  });

  test("an empty line has no pieces", () => {
    expect(pieces("", [[0, 1]], WIDE)).toEqual([]);
  });
});

describe("nothing stays invisible", () => {
  test("control characters are drawn", () => {
    expect(visible("a\0b\x1b[31m\x7f")).toBe("a␀b␛[31m␡");
  });

  test("characters that reorder or hide text are spelled out", () => {
    expect(visible("exe\u202Etxt")).toBe("exe⟨202E⟩txt");
    expect(visible("a\u200Bb")).toBe("a⟨200B⟩b");
  });

  test("the parts of one emoji stay together", () => {
    expect(visible("👩‍💻")).toBe("👩‍💻");
  });
});

describe("a coloured line", () => {
  const SPANS: SyntaxSpan[] = [
    [0, 3, "keyword"],
    [6, 10, "string"],
  ];

  test("is cut where a colour or a match begins or ends", () => {
    const line = colouredPieces('let a="🐢";', [[2, 7]], SPANS);
    expect(line).toEqual([
      { text: "le", hit: false, syntax: "keyword" },
      { text: "t", hit: true, syntax: "keyword" },
      { text: " a=", hit: true },
      { text: '"', hit: true, syntax: "string" },
      { text: '🐢"', hit: false, syntax: "string" },
      { text: ";", hit: false },
    ]);
  });

  test("shows what would hide or reorder its neighbours", () => {
    const text = 'let\u202ea="bc";';
    const shown = colouredPieces(text, [], SPANS).map((piece) => piece.text);
    expect(shown.join("")).toBe('let⟨202E⟩a="bc";');
  });
});
