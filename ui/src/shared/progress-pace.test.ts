import { expect, test } from "vitest";
import type { Progress } from "../backend/generated/Progress";
import { ProgressPace } from "./progress-pace";

function at(done: number, total = 10_000, lane: Progress["lane"] = "text"): Progress {
  return { lane, done, total };
}

test("rate and time left are told once there is enough to go by", () => {
  const pace = new ProgressPace();
  expect(pace.words(at(0), 0)).toBe("");
  expect(pace.words(at(500), 1_000)).toBe("");
  expect(pace.words(at(1_000), 2_000)).toBe("500 files/s, 18 s left");
  expect(pace.words(at(9_999), 20_000)).toMatch(/almost done$/);
});

test("only the last seconds count, so that a pause is seen", () => {
  const pace = new ProgressPace();
  for (let second = 0; second <= 10; second += 1) pace.words(at(second * 500), second * 1_000);
  for (let second = 11; second <= 60; second += 1) {
    pace.words(at(5_000 + (second - 10) * 10), second * 1_000);
  }
  expect(pace.words(at(5_510), 61_000)).toMatch(/^10 files\/s, 8 min left$/);
});

test("another lane, or the same one begun again, begins anew", () => {
  const pace = new ProgressPace();
  pace.words(at(0), 0);
  expect(pace.words(at(4_000), 4_000)).not.toBe("");
  expect(pace.words(at(4_100, 10_000, "symbols"), 5_000)).toBe("");
  expect(pace.words(at(8_100, 10_000, "symbols"), 9_000)).toBe("1,000 files/s, 2 s left");
  expect(pace.words(at(3, 10_000, "symbols"), 10_000)).toBe("");
});
