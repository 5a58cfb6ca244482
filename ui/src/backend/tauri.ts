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
    snapshot: () => invoke("snapshot"),
    shellState: () => invoke("shell_state"),
    openHit: (project, path, line) => invoke("open_hit", { project, path, line }),
    addFolders: (paths) => invoke("add_folders", { paths }),
    pickFolders: () => invoke("pick_folders"),
    projectAction: (project, action) => invoke("project_action", { project, action }),
    locateProject: (project) => invoke("locate_project", { project }),
    hidePopup: () => invoke("hide_popup"),
    showProjects: () => invoke("show_projects"),
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
