import { describe, expect, test } from "vitest";
import { answer } from "../backend/fake-answer";
import { hit } from "../backend/scenes";
import { distinct, hitKey, keepSelection, moveSelection, replacesList } from "./results";

const a = hit("zed", "a.rs", 1, "");
const b = hit("zed", "b.rs", 1, "");
const c = hit("zed", "c.rs", 1, "");

test("project, path and line make a hit what it is", () => {
  expect(hitKey(a)).toBe(hitKey({ ...a, score: 9, lanes: ["names"], stale: true }));
  expect(hitKey(a)).not.toBe(hitKey(hit("helix", "a.rs", 1, "")));
  expect(hitKey(a)).not.toBe(hitKey(hit("zed", "a.rs", 2, "")));
});

test("a hit that comes twice is shown once, where it came first", () => {
  expect(distinct([a, b, { ...a, score: 0 }])).toEqual([a, b]);
});

describe("a merge", () => {
  test("leaves the selection on its hit", () => {
    expect(keepSelection([a, b], 1, [c, a, b])).toBe(2);
  });

  test("leaves it at its place when the hit is gone", () => {
    expect(keepSelection([a, b, c], 1, [a, c])).toBe(1);
    expect(keepSelection([a, b, c], 2, [a])).toBe(0);
    expect(keepSelection([a], 0, [])).toBe(0);
  });
});

test("the selection stops at both ends", () => {
  expect(moveSelection(0, "up", 20)).toBe(0);
  expect(moveSelection(19, "down", 20)).toBe(19);
  expect(moveSelection(0, "down", 20)).toBe(1);
  expect(moveSelection(15, "pageDown", 20)).toBe(19);
  expect(moveSelection(15, "pageUp", 20)).toBe(8);
  expect(moveSelection(3, "first", 20)).toBe(0);
  expect(moveSelection(3, "last", 20)).toBe(19);
  expect(moveSelection(0, "down", 0)).toBe(0);
});

describe("the list on screen", () => {
  const none = answer("x", [], []);
  const update = { seq: 1, done: false };

  test("stays while the search goes on and has found nothing", () => {
    expect(replacesList({ ...update, answer: none })).toBe(false);
  });

  test("goes when the search ends, finds something, or has to wait for a project", () => {
    const waiting = { ...none, searched: { ...none.searched, loading: 1 } };
    expect(replacesList({ ...update, answer: none, done: true })).toBe(true);
    expect(replacesList({ ...update, answer: { ...none, results: [a] } })).toBe(true);
    expect(replacesList({ ...update, answer: waiting })).toBe(true);
  });
});
