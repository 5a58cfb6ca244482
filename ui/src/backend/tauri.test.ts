import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, expect, test } from "vitest";
import type { Backend } from "./backend";
import { tauriBackend } from "./tauri";

afterEach(clearMocks);

/** What is asked without a command: the clipboard is the page's own, events are listened to. */
type Direct = "copyText" | "on";
type Call = [ask: (backend: Backend) => Promise<unknown>, command: string, ...takes: string[]];

/** Every question of the page: complete, or it is no table of this type. */
const CALLS: Record<Exclude<keyof Backend, Direct>, Call> = {
  search: [
    (backend) => backend.search({ query: "x", seq: 1, limit: 20 }, () => undefined),
    "search",
    "query",
    "seq",
    "limit",
    "updates",
  ],
  moreLike: [
    (backend) => backend.moreLike("id", "a.rs", 1, 50),
    "more_like",
    "project",
    "path",
    "line",
    "limit",
  ],
  preview: [
    (backend) => backend.preview("id", "a.rs", 1, 50),
    "preview",
    "project",
    "path",
    "line",
    "context",
  ],
  languages: [(backend) => backend.languages(), "languages"],
  snapshot: [(backend) => backend.snapshot(), "snapshot"],
  shellState: [(backend) => backend.shellState(), "shell_state"],
  openHit: [(backend) => backend.openHit("id", "a.rs", 1), "open_hit", "project", "path", "line"],
  revealHit: [(backend) => backend.revealHit("id", "a.rs"), "reveal_hit", "project", "path"],
  openProject: [(backend) => backend.openProject("id"), "open_project", "project"],
  addFolders: [(backend) => backend.addFolders(["/a"]), "add_folders", "paths"],
  pickFolders: [(backend) => backend.pickFolders(), "pick_folders"],
  projectAction: [
    (backend) => backend.projectAction("id", "Retry"),
    "project_action",
    "project",
    "action",
  ],
  removeProject: [(backend) => backend.removeProject("id"), "remove_project", "project"],
  restoreProject: [(backend) => backend.restoreProject("id"), "restore_project", "project"],
  skippedFiles: [(backend) => backend.skippedFiles("id"), "skipped_files", "project"],
  exclude: [(backend) => backend.exclude("id", "*.js"), "exclude", "project", "pattern"],
  excludeFolder: [
    (backend) => backend.excludeFolder("id", "src"),
    "exclude_folder",
    "project",
    "path",
  ],
  stopExcluding: [
    (backend) => backend.stopExcluding("id", "*.js"),
    "stop_excluding",
    "project",
    "pattern",
  ],
  projectLog: [(backend) => backend.projectLog("id"), "project_log", "project"],
  suggestFolders: [(backend) => backend.suggestFolders(), "suggest_folders"],
  locateProject: [(backend) => backend.locateProject("id"), "locate_project", "project"],
  recentQueries: [(backend) => backend.recentQueries(), "recent_queries"],
  exportProjects: [(backend) => backend.exportProjects(), "export_projects"],
  importProjects: [(backend) => backend.importProjects(), "import_projects"],
  offeredFiles: [(backend) => backend.offeredFiles(), "offered_files"],
  pinFile: [
    (backend) => backend.pinFile("id", "a.rs", 1, true),
    "pin_file",
    "project",
    "path",
    "line",
    "pinned",
  ],
  rememberQuery: [(backend) => backend.rememberQuery("x"), "remember_query", "query"],
  clearRecentQueries: [(backend) => backend.clearRecentQueries(), "clear_recent_queries"],
  meaning: [(backend) => backend.meaning(), "meaning"],
  retryMeaning: [(backend) => backend.retryMeaning(), "retry_meaning"],
  publishedModels: [(backend) => backend.publishedModels(), "published_models"],
  pickModelFolder: [(backend) => backend.pickModelFolder(), "pick_model_folder"],
  fetchModel: [(backend) => backend.fetchModel("m"), "fetch_model", "name"],
  cancelFetch: [(backend) => backend.cancelFetch(), "cancel_fetch"],
  modelFetch: [(backend) => backend.modelFetch(), "model_fetch"],
  settings: [(backend) => backend.settings(), "settings"],
  changeSetting: [
    (backend) => backend.changeSetting({ setting: "theme", value: "dark" }),
    "change_setting",
    "change",
  ],
  suspendHotkey: [(backend) => backend.suspendHotkey(true), "suspend_hotkey", "suspended"],
  openSettingsFile: [(backend) => backend.openSettingsFile(), "open_settings_file"],
  popupReady: [(backend) => backend.popupReady(), "popup_ready"],
  hidePopup: [(backend) => backend.hidePopup(), "hide_popup"],
  showProjects: [(backend) => backend.showProjects(), "show_projects"],
  showSettings: [(backend) => backend.showSettings(), "show_settings"],
  takeViewWish: [(backend) => backend.takeViewWish(), "take_view_wish"],
};

test.each(Object.entries(CALLS))(
  "%s goes out under its command, with the arguments the program takes",
  async (_, [ask, command, ...takes]) => {
    const calls: unknown[] = [];
    mockIPC((name, args) => {
      calls.push([name, ...Object.keys(args ?? {})]);
    });
    await ask(tauriBackend());
    expect(calls).toEqual([[command, ...takes]]);
  },
);
