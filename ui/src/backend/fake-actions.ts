// What the fake program makes of a project when something is done with it.

import type { ProjectAction } from "./generated/ProjectAction";
import type { ProjectStatus } from "./generated/ProjectStatus";

export function afterAction(status: ProjectStatus, action: ProjectAction): ProjectStatus[] {
  switch (action) {
    case "Remove":
      return [];
    case "Retry":
      return [{ ...status, residency: "Loading", freshness: "Fresh", error: null }];
    case "Reindex":
      return [
        {
          ...status,
          freshness: "Indexing",
          progress: { lane: "text", done: 0, total: status.files },
        },
      ];
    case "Pause":
      return [{ ...status, watch_mode: "Paused" }];
    case "Resume":
      return [{ ...status, watch_mode: "Native" }];
    case "Pin":
      return [{ ...status, pinned: true }];
    case "MeaningOn":
      return [{ ...status, meaning: true, vectors_wanted: null }];
    case "MeaningOff":
      return [{ ...status, meaning: false }];
    case "IgnoredOn":
      return [{ ...status, include_ignored: true }];
    case "IgnoredOff":
      return [{ ...status, include_ignored: false }];
    case "Unpin":
      return [{ ...status, pinned: false }];
  }
}
