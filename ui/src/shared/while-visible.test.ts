import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { whileVisible } from "./while-visible";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function see(visible: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(!visible);
  document.dispatchEvent(new Event("visibilitychange"));
}

test("the time goes on while the page is seen, and catches up when it is seen again", () => {
  const tick = vi.fn();
  const stop = whileVisible(100, tick);
  vi.advanceTimersByTime(250);
  expect(tick).toHaveBeenCalledTimes(2);
  see(false);
  expect(vi.getTimerCount()).toBe(0);
  see(true);
  expect(tick).toHaveBeenCalledTimes(3);
  vi.advanceTimersByTime(100);
  expect(tick).toHaveBeenCalledTimes(4);
  stop();
  see(true);
  expect(vi.getTimerCount()).toBe(0);
});
