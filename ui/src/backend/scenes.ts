// Plausible states of the program for the fake, by name: `index.html?scene=indexing`.

import type { Scene } from "./fake";
import type { Hit } from "./generated/Hit";
import type { MeaningStatus } from "./generated/MeaningStatus";
import type { OfferedFile } from "./generated/OfferedFile";
import type { ProjectStatus } from "./generated/ProjectStatus";
import type { PublishedModel } from "./generated/PublishedModel";
import type { SettingsView } from "./generated/SettingsView";
import type { ShellState } from "./generated/ShellState";
import type { Suggestion } from "./generated/Suggestion";
import { HOSTILE, HOSTILE_HITS, LONG, LONG_HITS, LONG_PROJECTS, MARKUP } from "./odd-samples";
import { FETCH, MINUTE, NOT_FETCHED, hit, model, offered, project } from "./samples";

export { hit, project };

export const SHELL: ShellState = {
  version: "0.1.0",
  hotkey: "Ctrl+Shift+Space",
  hotkey_error: null,
  command_to_bind: null,
  data_dir: "/home/ada/.local/share/quarry",
  editor: "gvim",
};

export const SETTINGS: SettingsView = {
  hotkey: "Ctrl+Shift+Space",
  hotkey_error: null,
  editor: null,
  editors: [
    { name: "code", command: "code -g {file}:{line}" },
    { name: "zed", command: "zed {file}:{line}" },
  ],
  theme: "system",
  hide_on_blur: true,
  start_at_login: false,
  meaning: { kind: "own" },
  embed_on_battery: false,
  embedding_share: 50,
  embedding_paused: false,
  hot_limit: 4000,
  file_size_limit: 16,
  file: "/home/ada/.config/quarry/settings.toml",
};

const RECENT = ["@Debounce", "project:linux gpiod_set_debounce", "/fn \\w+_actions/"];

const FILES: OfferedFile[] = [
  offered("helix", "helix-term/src/keymap/default.rs", 12, { pinned: true }),
  offered("zed", "docs/release-checklist.md", 1, { pinned: true, gone: true }),
  offered("quarry", "src-tauri/engine/src/watch/debounce.rs", 41),
  offered("linux", "drivers/gpio/gpiolib-cdev.c", 512),
  offered("zed", "crates/editor/src/editor.rs", 2_204),
];

const MEANING: MeaningStatus = {
  state: "Working",
  model: "all-MiniLM-L6-v2",
  sentence: null,
  next_retry: null,
};

export const MODELS: PublishedModel[] = [
  model("AllMiniLML6V2", 384, "Sentence Transformer model, MiniLM-L6-v2", { fetched: true }),
  model("BGESmallENV15", 384, "v1.5 release of the fast and default English model"),
  model("JinaEmbeddingsV2BaseCode", 768, "Jina embeddings v2 base code"),
];

const UNFETCHED: Pick<Scene, "settings" | "meaning"> = {
  settings: { ...SETTINGS, meaning: { kind: "published", value: "BGESmallENV15" } },
  meaning: {
    state: "ModelMissing",
    model: null,
    sentence:
      "Search by meaning has no model: BGESmallENV15 is not fetched yet. Fetch it in the Settings, or with `quarry meaning fetch BGESmallENV15`.",
    next_retry: null,
  },
};

const SUGGESTIONS: Suggestion[] = [
  { path: "/home/ada/src", repositories: 23 },
  { path: "/home/ada/work/clients", repositories: 7 },
  { path: "/home/ada/notes", repositories: 1 },
];

const PROJECTS: ProjectStatus[] = [
  project("helix", { excludes: ["/runtime/themes/", "*.min.js"] }),
  project("linux", {
    files: 78_512,
    chunks: 690_200,
    symbols: 410_000,
    index_bytes: 372_400_000,
    watch_mode: "Polling",
    watch_reason: "The system allows no more file watches; compared every 120 s instead.",
    meaning: false,
    vectors: 0,
    pinned: true,
  }),
  project("quarry", { files: 214, index_bytes: 912_000, vectors: 1_260, vectors_wanted: 3_400 }),
  project("tantivy", { residency: "Cold", watch_mode: "Off" }),
  project("zed", { files: 5_310, index_bytes: 41_800_000 }),
];

const HITS: Hit[] = [
  hit("quarry", "src-tauri/engine/src/watch/debounce.rs", 41, "pub struct Debounce {", {
    kind: "struct",
    symbol: "Debounce",
    lanes: ["symbols", "text"],
  }),
  hit(
    "quarry",
    "src-tauri/engine/src/watch/step.rs",
    118,
    "\t\tlet quiet = self.debounce.due(now);",
  ),
  hit(
    "zed",
    "crates/editor/src/editor.rs",
    2_204,
    "    fn debounce_code_actions(&mut self, cx: &mut Context<Self>) {",
    { kind: "method", symbol: "debounce_code_actions", lanes: ["symbols", "text"] },
  ),
  hit("zed", "crates/project/src/debounced_delay.rs", 9, "pub struct DebouncedDelay<E: 'static> {"),
  hit(
    "linux",
    "drivers/gpio/gpiolib-cdev.c",
    512,
    "\tif (debounce_period_us && !READ_ONCE(line->sw_debounced)) return debounce_work_func(&line->work, debounce_period_us, GPIO_V2_LINE_ATTR_ID_DEBOUNCE);",
    { lang: "c", stale: true },
  ),
  hit(
    "linux",
    "include/linux/gpio/consumer.h",
    148,
    "int gpiod_set_debounce(struct gpio_desc *desc, unsigned int debounce);",
    { lang: "c" },
  ),
  hit(
    "linux",
    "drivers/input/keyboard/gpio_keys.c",
    58,
    "\tunsigned int software_debounce;\t/* in msecs, for GPIO-driven buttons */",
    { lang: "c" },
  ),
  hit(
    "linux",
    "Documentation/devicetree/bindings/input/gpio-keys-with-a-rather-long-name.yaml",
    73,
    "      Debouncing interval time in milliseconds – größer ist träger 🐢 debounce-interval",
    { lang: "yaml" },
  ),
  hit(
    "helix",
    "helix-event/src/debounce.rs",
    1,
    "//! Utilities for declaring an async (usually debounced) hook",
  ),
  hit(
    "helix",
    "helix-term/src/handlers/completion.rs",
    66,
    "    fn finish_debounce(&mut self) { <img src=x onerror=alert(1)> }",
  ),
  hit("helix", "helix-core/debounce.toml", 1, "", {
    snippet: null,
    kind: "file",
    path_highlights: [[11, 19]],
    line_start: 1,
    lang: "toml",
    lanes: ["names"],
  }),
];

const FAILED = project("archive", {
  root: "/media/ada/backup/archive",
  residency: "Failed",
  watch_mode: "Off",
  error: {
    cause: "VolumeUnavailable",
    message: "/media/ada/backup is not mounted.",
    first_at: new Date(Date.now() - 50 * MINUTE).toISOString(),
    attempts: 6,
    next_retry: new Date(Date.now() + 2 * MINUTE).toISOString(),
  },
});

const MISSING = project("archive", {
  root: "/media/ada/backup/archive",
  residency: "Failed",
  freshness: "RootMissing",
  watch_mode: "Off",
  notice: "Its index was damaged, so Quarry makes it anew from the folder.",
  error: {
    cause: "RootMissing",
    message: "The folder /media/ada/backup/archive is not there. Quarry goes on when it is back.",
    first_at: new Date(Date.now() - 3 * MINUTE).toISOString(),
    attempts: 1,
    next_retry: null,
  },
});

const FAILING = project("website", {
  freshness: "Failing",
  error: {
    cause: "PermissionDenied",
    message: "/home/ada/src/website/.cache cannot be read.",
    first_at: new Date(Date.now() - 9 * MINUTE).toISOString(),
    attempts: 5,
    next_retry: null,
  },
});

function indexing(): ProjectStatus[] {
  return PROJECTS.map((status) => {
    if (status.name === "linux") {
      const progress = { lane: "text" as const, done: 33_800, total: 78_512 };
      return { ...status, freshness: "Indexing", progress, last_indexed: null };
    }
    return status.name === "zed" ? { ...status, residency: "Loading" } : status;
  });
}

/** The scene of that name; the usual one for a name that is not known. */
export function scene(name: string | null): Scene {
  const usual: Scene = {
    projects: PROJECTS,
    shell: SHELL,
    hits: HITS,
    recent: RECENT,
    files: FILES,
    meaning: MEANING,
    models: MODELS,
    fetch: null,
    suggestions: SUGGESTIONS,
    settings: SETTINGS,
    events: {},
  };
  switch (name) {
    case "empty":
      return { ...usual, projects: [], hits: [] };
    case "indexing":
      return { ...usual, projects: indexing() };
    case "paused":
      return {
        ...usual,
        settings: { ...SETTINGS, embedding_paused: true },
        meaning: {
          ...MEANING,
          state: "Paused",
          sentence: "Embedding is paused: what is embedded already is found by meaning.",
        },
      };
    case "model-off":
      return {
        ...usual,
        settings: { ...SETTINGS, meaning: { kind: "off" } },
        meaning: { state: "Off", model: null, sentence: null, next_retry: null },
      };
    case "model-unfetched":
      return { ...usual, ...UNFETCHED };
    case "model-fetching":
      return { ...usual, ...UNFETCHED, fetch: FETCH };
    case "model-not-fetched":
      return { ...usual, ...UNFETCHED, fetch: { ...FETCH, ...NOT_FETCHED } };
    case "wayland":
    case "empty-wayland": {
      const shell = {
        ...SHELL,
        hotkey_error: "Wayland gives programs no hotkeys: bind a key to `quarry toggle`.",
        command_to_bind: "/usr/bin/quarry toggle",
      };
      return { ...usual, shell, projects: name === "wayland" ? PROJECTS : [] };
    }
    case "failed": {
      const hotkey_error =
        "Hotkey Ctrl+Shift+Space is taken by another program. Choose another one in Settings.";
      return {
        ...usual,
        projects: [...PROJECTS, FAILED, FAILING],
        shell: { ...SHELL, hotkey_error, problem: "The settings cannot be read: line 3." },
        settings: { ...SETTINGS, hotkey_error },
        meaning: {
          state: "Failed",
          model: null,
          sentence:
            "Search by meaning failed: /usr/lib/quarry/model/model.onnx is damaged: its content is not what model.json says. Mend it, then press Retry.",
          next_retry: null,
        },
      };
    }
    case "missing":
      return { ...usual, projects: [...PROJECTS, MISSING] };
    case "long":
      return {
        ...usual,
        projects: [...LONG_PROJECTS, ...PROJECTS],
        hits: [...LONG_HITS, ...HITS],
        recent: [`project:${LONG} lang:java "public abstract class" -path:generated`, ...RECENT],
        files: LONG_HITS.map(({ path }) => offered(LONG, path, 1, { pinned: true })),
      };
    case "hostile":
      return {
        ...usual,
        projects: HOSTILE,
        hits: HOSTILE_HITS,
        recent: [MARKUP, "\u202ecba"],
        settings: {
          ...SETTINGS,
          meaning: { kind: "folder", value: `/home/ada/\u202e${MARKUP}/${"deep/".repeat(60)}` },
        },
        meaning: { ...MEANING, model: `\u202e${MARKUP}` },
        models: [model(MARKUP, 384, `\u202e${MARKUP}`), ...MODELS],
        fetch: { ...FETCH, name: MARKUP, file: `\u202e${MARKUP}` },
      };
    case "drag":
      return { ...usual, events: { drag: { phase: "Enter", count: 2, folders: 2 } } };
    case "repositories":
      return {
        ...usual,
        projects: [...PROJECTS, project("clients", { root: "/home/ada/work/clients" })],
        events: {
          added: [
            {
              path: "/home/ada/work/clients",
              outcome: "Added",
              project: "id-clients",
              message: "clients is registered and being indexed.",
              repositories: ["acme", "globex", "initech"].map(
                (one) => `/home/ada/work/clients/${one}`,
              ),
            },
          ],
        },
      };
    case "added":
      return {
        ...usual,
        events: {
          added: [
            {
              path: "/home/ada/src/ripgrep",
              outcome: "Added",
              project: "id-ripgrep",
              message: "ripgrep is registered and being indexed.",
              repositories: [],
            },
            {
              path: "/home/ada",
              outcome: "Refused",
              project: null,
              message: "/home/ada is your home folder, which is too large to be one project.",
              repositories: [],
            },
          ],
        },
      };
    default:
      return usual;
  }
}
