import { describe, expect, test } from "vitest";
import { answer } from "../backend/fake-answer";
import type { ProjectStatus } from "../backend/generated/ProjectStatus";
import { project, scene } from "../backend/scenes";
import {
  coverage,
  nothingFound,
  querySentence,
  resultCount,
  searchedLanes,
  troubles,
} from "./sentences";

const RESTING = ["a", "b", "c"].map((name) => project(name));

function nothing(projects: ProjectStatus[]): string {
  return nothingFound(answer("x", [], projects), projects);
}

describe("why there is nothing", () => {
  test("no project", () => {
    expect(nothing([])).toBe("No project is registered yet.");
  });

  test("everything was searched", () => {
    expect(nothing(RESTING)).toBe("Nothing found in 3 projects.");
    expect(nothing(RESTING.slice(0, 1))).toBe("Nothing found in 1 project.");
  });

  test("a project is being indexed, another one loaded", () => {
    expect(nothing(scene("indexing").projects)).toBe(
      "Nothing found yet: linux is 43 % indexed, zed is loading.",
    );
  });

  test("the answer says that something is loading before a snapshot does", () => {
    const late = answer("x", [], RESTING);
    late.searched.loading = 1;
    expect(nothingFound(late, RESTING)).toBe("Nothing found yet: 1 project still loading.");
  });

  test("a project failed", () => {
    const failed = project("d", { residency: "Failed" });
    expect(nothing([...RESTING, failed])).toBe(
      "Nothing found in 3 of 4 projects. Not everything could be searched – d: it could not be opened.",
    );
  });

  test("a filter left everything out", () => {
    const filtered = answer("x", [], []);
    expect(nothingFound(filtered, RESTING)).toBe(
      "The filters in this query leave out all of 3 projects.",
    );
  });

  test("many projects are counted, not listed", () => {
    const loading = ["a", "b", "c", "d"].map((name) => project(name, { residency: "Loading" }));
    expect(nothing(loading)).toBe("Nothing found yet: a is loading, b is loading and 2 more.");
  });
});

test("coverage says how many of how many", () => {
  const searched = { total: 5, hot: 4, loading: 1, stale: 0, failed: [] };
  expect(coverage(searched, RESTING)).toBe("Searched 4 of 5 projects");
  expect(coverage({ ...searched, hot: 5 }, RESTING)).toBe("Searched 5 projects");
  expect(coverage({ ...searched, stale: 2 }, RESTING)).toBe(
    "Searched 4 of 5 projects, 2 not compared yet",
  );
  expect(coverage(null, RESTING)).toBe("3 projects");
  expect(coverage(null, [])).toBe("");
});

test("a failure that only the answer knows is told with its cause", () => {
  const searched = {
    total: 3,
    hot: 2,
    loading: 0,
    stale: 0,
    failed: [{ project: "id-b", cause: "TimedOut" }],
  };
  expect(troubles(searched, RESTING)).toEqual([
    { project: "id-b", name: "b", words: "it took too long" },
  ]);
});

test("what was searched is named", () => {
  expect(searchedLanes(answer("x", [], RESTING))).toBe("Text and symbols were searched.");
  expect(searchedLanes({ ...answer("x", [], RESTING), lanes: [] })).toBe("");
});

test("a full page is not called the whole", () => {
  expect(resultCount(11, true)).toBe("First 11 results");
  expect(resultCount(1, false)).toBe("1 result");
});

test("what a parser says in several lines is one sentence", () => {
  const said =
    "the pattern fn (a cannot be read: regex parse error:\n    fn (a\n       ^\nerror: unclosed group.";
  expect(querySentence(said)).toBe("The pattern fn (a cannot be read: unclosed group.");
  expect(querySentence("No project is called x.")).toBe("No project is called x.");
});
