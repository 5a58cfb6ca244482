import { expect, test } from "vitest";
import { pastedPaths } from "./pasted";

test("absolute paths and file addresses are folders, other text is not", () => {
  const text = "/home/ada/src\r\nfile:///home/ada/two%20words\nC:\\src\\zed\nhello\n../up\n\n";
  expect(pastedPaths(text)).toEqual(["/home/ada/src", "/home/ada/two words", "C:\\src\\zed"]);
});

test("a broken file address is left out", () => {
  expect(pastedPaths("file:///home/%E0%A4%A")).toEqual([]);
});
