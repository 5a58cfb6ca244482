import { expect, test } from "vitest";
import { chordKey } from "./chord-key";

test("a chord is made with the letter that the key types, or with that of its place", () => {
  expect(chordKey({ key: "K", code: "KeyK" })).toBe("k");
  expect(chordKey({ key: "a", code: "KeyQ" })).toBe("a");
  expect(chordKey({ key: "з", code: "KeyP" })).toBe("p");
  expect(chordKey({ key: "Κ", code: "KeyK" })).toBe("k");
  expect(chordKey({ key: "б", code: "Comma" })).toBe(",");
  expect(chordKey({ key: "ö", code: "Semicolon" })).toBe("ö");
  expect(chordKey({ key: "Enter", code: "Enter" })).toBe("enter");
});
