import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, expect, test } from "vitest";
import { tauriBackend } from "./tauri";

afterEach(clearMocks);

test("every command goes out under its name, with the arguments the program takes", async () => {
  const calls: unknown[] = [];
  mockIPC((command, args) => {
    calls.push([command, Object.keys(args ?? {})]);
  });
  const backend = tauriBackend();
  await backend.search({ query: "x", seq: 1, limit: 20 }, () => undefined);
  await backend.snapshot();
  await backend.shellState();
  await backend.openHit("id", "a.rs", 1);
  await backend.addFolders(["/a"]);
  await backend.pickFolders();
  await backend.projectAction("id", "Retry");
  await backend.hidePopup();
  await backend.showProjects();
  expect(calls).toEqual([
    ["search", ["query", "seq", "limit", "updates"]],
    ["snapshot", []],
    ["shell_state", []],
    ["open_hit", ["project", "path", "line"]],
    ["add_folders", ["paths"]],
    ["pick_folders", []],
    ["project_action", ["project", "action"]],
    ["hide_popup", []],
    ["show_projects", []],
  ]);
});
