import { describe, expect, test } from "vitest";
import { accept, filtersAt, valuesAt } from "./completion";

const KNOWN = {
  languages: ["c", "cpp", "javascript", "rust", "typescript"],
  projects: ["linux", "my app", "quarry"],
};

function values(query: string, caret = query.length): string[] {
  return valuesAt(query, caret, KNOWN)?.options.map(({ label }) => label) ?? [];
}

describe("values", () => {
  test("come behind a filter, not while its name is typed", () => {
    expect(values("la")).toEqual([]);
    expect(values("lang")).toEqual([]);
    expect(values("lang:")).toEqual(KNOWN.languages);
    expect(values("x -LANG:")).toEqual(KNOWN.languages);
    expect(values("project:")).toEqual(KNOWN.projects);
    expect(values("case:")).toEqual(["yes"]);
    expect(values("path:")).toEqual([]);
    expect(values("slang:")).toEqual([]);
  });

  test("those that begin with what was typed come first", () => {
    expect(values("lang:s")).toEqual(["javascript", "rust", "typescript"]);
    expect(values("lang:t")).toEqual(["typescript", "javascript", "rust"]);
  });

  test("one that is typed to its end is not offered any more", () => {
    expect(values("lang:rust")).toEqual([]);
    expect(values("lang:c")).toEqual(["c", "cpp", "javascript", "typescript"]);
  });

  test("belong to the word at the caret", () => {
    expect(values("lang: foo", 5)).toEqual(KNOWN.languages);
    expect(values("lang: foo")).toEqual([]);
    expect(values('"lang:')).toEqual([]);
  });
});

describe("filters", () => {
  const filters = (query: string) => filtersAt(query, query.length)?.options.map((o) => o.label);

  test("are those that the word may become", () => {
    expect(filters("la")).toEqual(["lang:"]);
    expect(filters("foo p")).toEqual(["path:", "project:"]);
    expect(filters("foo ")).toHaveLength(9);
    expect(filters("call")).toEqual(["callers:", "callees:"]);
    expect(filters("needle")).toBeUndefined();
    expect(filters("lang:")).toBeUndefined();
  });
});

describe("accepting", () => {
  test("replaces what was typed and leaves the caret behind it", () => {
    const query = "lang:ru foo";
    const completion = valuesAt(query, 7, KNOWN);
    const option = completion?.options[0];
    if (!completion || !option) throw new Error("nothing offered");
    expect(accept(query, completion, option)).toEqual({ query: "lang:rust foo", caret: 9 });
  });

  test("a name with a blank is quoted", () => {
    const completion = valuesAt('project:"my', 11, KNOWN);
    const option = completion?.options[0];
    if (!completion || !option) throw new Error("nothing offered");
    expect(accept('project:"my', completion, option).query).toBe('project:"my app" ');
  });
});
