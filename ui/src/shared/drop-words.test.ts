import { expect, test } from "vitest";
import { dropWords } from "./drop-words";

test("a drag says what would be registered, and a file is not called a folder", () => {
  const words = (count: number, folders: number | null) =>
    dropWords({ phase: "Enter", count, folders });
  expect(words(1, null)).toBe("Drop to register 1 item");
  expect(words(2, 2)).toBe("Drop to register 2 folders");
  expect(words(1, 0)).toBe("This is a file: drop a folder to register it");
  expect(words(3, 0)).toBe("These are files: drop folders to register them");
  expect(words(3, 1)).toBe("Drop to register 1 folder; 2 files will be left out");
});
