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
  await backend.preview("id", "a.rs", 1, 50);
  await backend.languages();
  await backend.snapshot();
  await backend.shellState();
  await backend.openHit("id", "a.rs", 1);
  await backend.revealHit("id", "a.rs");
  await backend.addFolders(["/a"]);
  await backend.pickFolders();
  await backend.projectAction("id", "Retry");
  await backend.recentQueries();
  await backend.rememberQuery("x");
  await backend.clearRecentQueries();
  await backend.settings();
  await backend.changeSetting({ setting: "theme", value: "dark" });
  await backend.suspendHotkey(true);
  await backend.openSettingsFile();
  await backend.popupReady();
  await backend.hidePopup();
  await backend.showProjects();
  await backend.showSettings();
  await backend.takeSettingsWish();
  await backend.offeredFiles();
  await backend.pinFile("id", "a.rs", 1, true);
  await backend.meaning();
  await backend.retryMeaning();
  expect(calls).toEqual([
    ["search", ["query", "seq", "limit", "updates"]],
    ["preview", ["project", "path", "line", "context"]],
    ["languages", []],
    ["snapshot", []],
    ["shell_state", []],
    ["open_hit", ["project", "path", "line"]],
    ["reveal_hit", ["project", "path"]],
    ["add_folders", ["paths"]],
    ["pick_folders", []],
    ["project_action", ["project", "action"]],
    ["recent_queries", []],
    ["remember_query", ["query"]],
    ["clear_recent_queries", []],
    ["settings", []],
    ["change_setting", ["change"]],
    ["suspend_hotkey", ["suspended"]],
    ["open_settings_file", []],
    ["popup_ready", []],
    ["hide_popup", []],
    ["show_projects", []],
    ["show_settings", []],
    ["take_settings_wish", []],
    ["offered_files", []],
    ["pin_file", ["project", "path", "line", "pinned"]],
    ["meaning", []],
    ["retry_meaning", []],
  ]);
});
