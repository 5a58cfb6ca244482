// The program around the page, through Tauri's commands and events. No other file imports Tauri.

import { Channel, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWebviewWindow } from "@tauri-apps/api/webviewWindow";
import type { Backend } from "./backend";
import type { SearchUpdate } from "./generated/SearchUpdate";

export function tauriBackend(): Backend {
  return {
    search: ({ query, seq, limit }, onUpdate) =>
      invoke("search", { query, seq, limit, updates: new Channel<SearchUpdate>(onUpdate) }),
    moreLike: (project, path, line, limit) => invoke("more_like", { project, path, line, limit }),
    preview: (project, path, line, context) => invoke("preview", { project, path, line, context }),
    languages: () => invoke("languages"),
    snapshot: () => invoke("snapshot"),
    shellState: () => invoke("shell_state"),
    openHit: (project, path, line) => invoke("open_hit", { project, path, line }),
    revealHit: (project, path) => invoke("reveal_hit", { project, path }),
    openProject: (project) => invoke("open_project", { project }),
    copyText,
    addFolders: (paths) => invoke("add_folders", { paths }),
    pickFolders: () => invoke("pick_folders"),
    projectAction: (project, action) => invoke("project_action", { project, action }),
    removeProject: (project) => invoke("remove_project", { project }),
    restoreProject: (project) => invoke("restore_project", { project }),
    skippedFiles: (project) => invoke("skipped_files", { project }),
    exclude: (project, pattern) => invoke("exclude", { project, pattern }),
    excludeFolder: (project, path) => invoke("exclude_folder", { project, path }),
    stopExcluding: (project, pattern) => invoke("stop_excluding", { project, pattern }),
    projectLog: (project) => invoke("project_log", { project }),
    suggestFolders: () => invoke("suggest_folders"),
    locateProject: (project) => invoke("locate_project", { project }),
    recentQueries: () => invoke("recent_queries"),
    exportProjects: () => invoke("export_projects"),
    importProjects: () => invoke("import_projects"),
    offeredFiles: () => invoke("offered_files"),
    pinFile: (project, path, line, pinned) => invoke("pin_file", { project, path, line, pinned }),
    rememberQuery: (query) => invoke("remember_query", { query }),
    clearRecentQueries: () => invoke("clear_recent_queries"),
    meaning: () => invoke("meaning"),
    retryMeaning: () => invoke("retry_meaning"),
    publishedModels: () => invoke("published_models"),
    pickModelFolder: () => invoke("pick_model_folder"),
    fetchModel: (name) => invoke("fetch_model", { name }),
    cancelFetch: () => invoke("cancel_fetch"),
    modelFetch: () => invoke("model_fetch"),
    settings: () => invoke("settings"),
    changeSetting: (change) => invoke("change_setting", { change }),
    suspendHotkey: (suspended) => invoke("suspend_hotkey", { suspended }),
    openSettingsFile: () => invoke("open_settings_file"),
    popupReady: () => invoke("popup_ready"),
    hidePopup: () => invoke("hide_popup"),
    showProjects: () => invoke("show_projects"),
    showSettings: () => invoke("show_settings"),
    takeViewWish: () => invoke("take_view_wish"),
    // Of all windows' events, those for this one.
    on: (name, handler) =>
      listen(
        name,
        (event) => {
          handler(event.payload as Parameters<typeof handler>[0]);
        },
        { target: getCurrentWebviewWindow().label },
      ),
  };
}

/** The clipboard as every web view has it; some refuse the newer way to a page of their own. */
async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text);
  }
}

function copyBySelection(text: string): void {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "spoken-only";
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const copied = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!copied) throw new Error("The clipboard cannot be used.");
}
