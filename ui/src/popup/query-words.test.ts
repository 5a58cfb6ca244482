import { describe, expect, test } from "vitest";
import { project } from "../backend/scenes";
import { filterValue, narrowed, withoutFolder } from "./query-words";

describe("a value behind a filter", () => {
  test("is quoted where it is more than one word", () => {
    expect(filterValue("zed")).toBe("zed");
    expect(filterValue("my site")).toBe('"my site"');
    expect(filterValue("a\u0085b")).toBe('"a\u0085b"');
    expect(filterValue(":x")).toBe('":x"');
  });

  test("with a quotation mark stays bare, or cannot be said", () => {
    expect(filterValue('5"disk')).toBe('5"disk');
    expect(filterValue('"disk"')).toBeNull();
    expect(filterValue('a "b"')).toBeNull();
    expect(filterValue("")).toBeNull();
  });
});

describe("one project only", () => {
  const zed = project("zed");

  test("is meant by its name", () => {
    expect(narrowed(zed, [zed, project("zed two")])).toBe("project:zed ");
    expect(narrowed(project("my site"), [])).toBe('project:"my site" ');
  });

  test("is meant by its id where another one has its name, in whatever case", () => {
    expect(narrowed(zed, [zed, { ...zed, id: "other", name: "Zed" }])).toBe("project:id-zed ");
  });

  test("is meant by its id where its name cannot be said", () => {
    expect(narrowed({ id: "7", name: 'the "best" one' }, [])).toBe("project:7 ");
  });
});

test("a folder is left out from the root on", () => {
  expect(withoutFolder("due", "src/watch")).toBe("due -path:/src/watch/");
  expect(withoutFolder("", "a b")).toBe('-path:"/a b/"');
  expect(withoutFolder("due", 'a "b"')).toBeNull();
});
