import { expect, test } from "vitest";
import { bytes, counted, milliseconds, percent, relativeTime } from "./figures";

test("bytes are shown in the unit people would choose", () => {
  expect(bytes(0)).toBe("0 B");
  expect(bytes(999)).toBe("999 B");
  expect(bytes(4_321)).toBe("4.3 kB");
  expect(bytes(8_640_000)).toBe("8.6 MB");
  expect(bytes(999_999)).toBe("1 MB");
  expect(bytes(3.5e15)).toBe("3,500 TB");
});

test("one is not a plural", () => {
  expect([counted(0, "file"), counted(1, "file"), counted(1200, "file")]).toEqual([
    "0 files",
    "1 file",
    "1,200 files",
  ]);
});

test("short times keep a decimal", () => {
  expect(milliseconds(3.44)).toBe("3.4 ms");
  expect(milliseconds(1234.5)).toBe("1,235 ms");
});

test("only a finished run is at 100 percent", () => {
  expect(percent(999, 1000)).toBe(99);
  expect(percent(99_999, 100_000)).toBe(99);
  expect(percent(1000, 1000)).toBe(100);
  expect(percent(0, 0)).toBeNull();
});

test("a time is told from the moment that is handed in", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  expect(relativeTime("2026-03-01T11:59:30Z", now)).toBe("just now");
  expect(relativeTime("2026-03-01T11:56:00Z", now)).toBe("4 minutes ago");
  expect(relativeTime("2026-02-28T12:00:00Z", now)).toBe("yesterday");
  expect(relativeTime("2024-02-01T12:00:00Z", now)).toBe("2 years ago");
});
