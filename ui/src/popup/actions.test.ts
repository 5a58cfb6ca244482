import { expect, test } from "vitest";
import { hit, project } from "../backend/scenes";
import { actionsFor, asked, copied } from "./actions";

const METHOD = hit("zed", "crates/a b/editor.rs", 7, "fn due() {}", {
  kind: "method",
  symbol: "due",
});

test("a hit in nothing that has a name is not asked for its callers", () => {
  const names = (one: typeof METHOD) => actionsFor(one, false).map(({ name }) => name);
  expect(names(METHOD)).toEqual(expect.arrayContaining(["callers", "callees", "refs", "leaveOut"]));
  expect(names(METHOD)).toContain("exclude");
  const plain = hit("zed", "README.md", 1, "words", { snippet: null });
  expect(names(plain)).not.toContain("callers");
  expect(names(plain)).not.toContain("leaveOut");
  expect(names(plain)).not.toContain("exclude");
  expect(names(plain)).not.toContain("copyText");
  expect(names({ ...METHOD, path: 'a "b"/c.rs' })).not.toContain("leaveOut");
  expect(names({ ...METHOD, symbol: "Who are you?" })).not.toContain("refs");
});

test("what takes something out of the index comes last, by itself", () => {
  const actions = actionsFor(METHOD, false);
  const { group } = actions.at(-1) ?? {};
  expect(actions.filter((one) => one.group === group).map(({ name }) => name)).toEqual(["exclude"]);
});

test("what is asked for stays in the hit's project and keeps the query that it refines", () => {
  const zed = project("my zed");
  const from = (query: string) => ({ query, projects: [] });
  expect(asked("callers", METHOD, zed, from("due"))).toBe('project:"my zed" callers:due');
  expect(asked("callees", METHOD, project("zed"), from("due"))).toBe("project:zed callees:due");
  expect(asked("narrow", METHOD, project("zed"), from("due soon"))).toBe("project:zed due soon");
  expect(asked("leaveOut", METHOD, zed, from("due "))).toBe('due -path:"/crates/a b/"');
  expect(asked("open", METHOD, zed, from("due"))).toBeNull();
});

test("the line is copied as it stands", () => {
  expect(copied("copyText", METHOD, undefined)).toBe("fn due() {}");
  expect(copied("copyPlace", METHOD, project("zed"))).toBe(
    "/home/ada/src/zed/crates/a b/editor.rs:7",
  );
});
