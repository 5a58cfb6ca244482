import { expect, test } from "vitest";
import type { MeaningState } from "../backend/generated/MeaningState";
import type { MeaningStatus } from "../backend/generated/MeaningStatus";
import { project } from "../backend/scenes";
import { clockTime } from "./figures";
import {
  embeddedOf,
  embeddedWords,
  isRetriable,
  meaningCondition,
  meaningReason,
  meaningTitle,
  startedWithout,
} from "./meaning-words";

const of = (state: MeaningState, change: Partial<MeaningStatus> = {}): MeaningStatus => ({
  state,
  model: null,
  sentence: null,
  next_retry: null,
  ...change,
});
const HALF = { done: 50, total: 100 };
const ALL = { done: 100, total: 100 };

test("the projects are counted that are found by meaning and were listed", () => {
  const counted = embeddedOf([
    project("a", { vectors: 30, vectors_wanted: 40 }),
    project("b", { vectors: 7, vectors_wanted: 10, meaning: false }),
    project("c", { vectors: 9, vectors_wanted: null }),
    project("d", { vectors: 10, vectors_wanted: 60 }),
  ]);
  expect(counted).toEqual({ done: 40, total: 100 });
  expect(embeddedWords(counted)).toBe(
    "40 % of the code can be found by meaning: 40 of 100 pieces.",
  );
  expect(embeddedWords(ALL)).toBe("All of the code can be found by meaning: 100 pieces.");
  expect(embeddedWords({ done: 0, total: 0 })).toBeNull();
});

test("only what waits for a person is trouble", () => {
  const next_retry = "2026-03-01T12:00:00Z";
  expect(meaningCondition(of("ModelMissing"), HALF)).toBe("trouble");
  expect(meaningCondition(of("Failed"), HALF)).toBe("trouble");
  expect(meaningCondition(of("Failed", { next_retry }), HALF)).toBe("busy");
  expect(meaningCondition(of("Working"), HALF)).toBe("busy");
  expect(meaningCondition(of("Working"), ALL)).toBe("good");
  expect(meaningCondition(of("Paused"), HALF)).toBe("rest");
});

test("a state has its words, and what failed says when it is tried again", () => {
  expect(meaningTitle(of("Working"), HALF)).not.toBe(meaningTitle(of("Working"), ALL));
  const next_retry = "2026-03-01T12:00:00Z";
  const failed = of("Failed", { sentence: "The process ended.", next_retry });
  expect(meaningReason(failed)).toBe(
    `The process ended. Next attempt at ${clockTime(next_retry)}.`,
  );
  expect(meaningReason(of("Working"))).toBeNull();
  expect(startedWithout({ kind: "own" })).toContain("--no-meaning");
  expect(startedWithout({ kind: "off" })).toBeNull();
});

test("an attempt is offered only for what failed or is missing", () => {
  const states: MeaningState[] = ["Failed", "ModelMissing", "Off", "Paused", "Working"];
  expect(states.filter((state) => isRetriable(of(state)))).toEqual(["Failed", "ModelMissing"]);
});
