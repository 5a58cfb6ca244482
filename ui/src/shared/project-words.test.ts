import { expect, test } from "vitest";
import { project } from "../backend/scenes";
import {
  meaningWords,
  busyWords,
  byName,
  condition,
  freshnessWords,
  progressWords,
  residencyWords,
  stateLine,
} from "./project-words";

const ERROR = {
  cause: "Locked",
  message: "",
  first_at: "2026-03-01T12:00:00Z",
  attempts: 1,
  next_retry: null,
};

test("a paused project with changes waits for nothing but to be watched again", () => {
  const paused = project("a", { freshness: "Pending", watch_mode: "Paused" });
  expect(condition(paused)).toBe("rest");
  expect([stateLine(paused), freshnessWords(paused)]).toEqual(["Paused", "Not compared yet"]);
  expect(condition({ ...paused, watch_mode: "Native" })).toBe("busy");
  expect(condition({ ...paused, residency: "Loading" })).toBe("busy");
});

test("an open and fresh project is good, a cold one at rest", () => {
  expect(condition(project("a"))).toBe("good");
  const cold = project("a", { residency: "Cold", freshness: "Pending" });
  expect(condition(cold)).toBe("rest");
  expect([stateLine(cold), freshnessWords(cold)]).toEqual(["Cold", "Not compared yet"]);
});

test("a failed, failing, stuck or vanished project is in trouble", () => {
  expect(condition(project("a", { residency: "Failed" }))).toBe("trouble");
  for (const freshness of ["Failing", "RootMissing", "Stuck"] as const) {
    expect(condition(project("a", { freshness }))).toBe("trouble");
  }
});

test("a fresh project whose vectors are still made is busy", () => {
  const progress = { lane: "meaning" as const, done: 1, total: 4 };
  expect(condition(project("a", { progress }))).toBe("busy");
  expect(progressWords(progress)).toBe("25 % indexed for meaning");
});

test("progress without a total has no percentage", () => {
  expect(progressWords({ lane: "text", done: 10, total: 0 })).toBe("being indexed");
});

test("loading is said before any other work", () => {
  expect(busyWords(project("a", { residency: "Loading", freshness: "Pending" }))).toBe("loading");
});

test("a failure is said with its cause", () => {
  expect(stateLine(project("a", { residency: "Failed", error: ERROR }))).toBe(
    "Failed: another program holds its index",
  );
  expect(stateLine(project("a", { freshness: "RootMissing" }))).toBe("Folder missing");
});

test("a disk that does not answer is said, whether the project is open or not", () => {
  const error = { ...ERROR, cause: "VolumeUnavailable" };
  for (const residency of ["Hot", "Loading"] as const) {
    const silent = project("a", { residency, freshness: "Failing", error });
    expect(condition(silent)).toBe("trouble");
    expect(stateLine(silent)).toBe("Failing: its volume is not available");
  }
});

test("a project that is searched without its folder is not called unopenable", () => {
  const missing = project("a", { residency: "Failed", freshness: "RootMissing", error: ERROR });
  expect(residencyWords(missing)).toContain("stays searchable");
  expect(residencyWords({ ...missing, freshness: "Failing" })).toContain("could not be opened");
});

test("projects are in the order of their names, with numbers as numbers", () => {
  const names = ["b10", "b9", "A"].map((name) => project(name)).toSorted(byName);
  expect(names.map(({ name }) => name)).toEqual(["A", "b9", "b10"]);
});

test("how much can be found by meaning is said, as far as it is known", () => {
  expect(meaningWords(project("a", { vectors: 37, vectors_wanted: 100 }))).toBe("37 %");
  expect(meaningWords(project("a", { vectors: 99_999, vectors_wanted: 100_000 }))).toBe("99 %");
  expect(meaningWords(project("a", { vectors: 5, vectors_wanted: null }))).toBe("5 texts");
  expect(meaningWords(project("a", { vectors: 0, vectors_wanted: null }))).toBe("Not yet");
  expect(meaningWords(project("a", { meaning: false }))).toBe("Off");
});
