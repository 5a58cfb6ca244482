import { expect, test } from "vitest";
import { PointerTravel } from "./pointer";

test("a list that moves under a resting pointer is not a moved pointer", () => {
  const travel = new PointerTravel();
  expect(travel.moved({ screenX: 10, screenY: 10 })).toBe(false);
  expect(travel.moved({ screenX: 10, screenY: 10 })).toBe(false);
  expect(travel.moved({ screenX: 10, screenY: 11 })).toBe(true);
});

test("after the pointer left, its next place is only noted", () => {
  const travel = new PointerTravel();
  travel.moved({ screenX: 10, screenY: 10 });
  travel.reset();
  expect(travel.moved({ screenX: 50, screenY: 50 })).toBe(false);
});
