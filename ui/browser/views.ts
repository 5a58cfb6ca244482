// Every view and state of both windows, and how to come to it.

import type { Page } from "playwright-core";
import program from "../../src-tauri/tauri.conf.json" with { type: "json" };

export type View = {
  name: string;
  page: "index.html" | "projects.html";
  scene: string;
  /** In pixels of the screen. */
  size: [width: number, height: number];
  /** 2 for a page that is enlarged to 200 %. */
  zoom: number;
  prepare: (page: Page) => Promise<void>;
};

/** As large as the program makes them. */
const POPUP_SIZE = sizeOf("popup");
const PROJECTS_SIZE = sizeOf("projects");

function sizeOf(label: string): [number, number] {
  const found = program.app.windows.find((window) => window.label === label);
  if (!found) throw new Error(`no window ${label}`);
  return [found.width, found.height];
}

function popup(name: string, scene: string, prepare: View["prepare"] = nothing): View {
  return { name: `popup-${name}`, page: "index.html", scene, size: POPUP_SIZE, zoom: 1, prepare };
}

function projects(name: string, scene: string, prepare: View["prepare"] = listed): View {
  const size = PROJECTS_SIZE;
  return { name: `projects-${name}`, page: "projects.html", scene, size, zoom: 1, prepare };
}

function enlarged(view: View): View {
  return { ...view, name: `${view.name}-enlarged`, zoom: 2 };
}

function settings(name: string, scene: string): View {
  return projects(name, scene, async (page) => {
    await page.getByRole("button", { name: "Settings", exact: true }).click();
    await page.getByText("Theme").first().waitFor();
  });
}

/** The settings with the choice of a model in sight. */
function model(name: string, scene: string): View {
  const view = settings(`settings-model-${name}`, scene);
  return {
    ...view,
    prepare: async (page) => {
      await view.prepare(page);
      await page.getByTestId("model").scrollIntoViewIfNeeded();
    },
  };
}

export async function type(page: Page, query: string): Promise<void> {
  await page.locator("#query").fill(query);
}

export async function search(page: Page, query: string): Promise<void> {
  await type(page, query);
  await page.getByTestId("hit").first().waitFor();
  await page.getByTestId("preview").locator("code").first().waitFor();
}

async function nothing(page: Page): Promise<void> {
  await page.locator("#query").waitFor();
  await page.getByTestId("footer").waitFor();
}

async function listed(page: Page): Promise<void> {
  await page.getByTestId("project").first().waitFor();
}

async function pressed(page: Page, query: string, ...keys: string[]): Promise<void> {
  await search(page, query);
  for (const key of keys) await page.keyboard.press(key);
}

async function broken(page: Page): Promise<void> {
  await search(page, "debounce");
  await type(page, "/(debounce/");
  await page.locator("#query-error").waitFor();
}

export const VIEWS: readonly View[] = [
  popup("first-start", "empty"),
  popup("first-start-wayland", "empty-wayland", async (page) => {
    await page.getByTestId("bind-key").waitFor();
  }),
  popup("suggestions", "empty", async (page) => {
    await page.getByRole("button", { name: "Look for repositories" }).click();
    await page.getByTestId("suggestions").waitFor();
  }),
  popup("suggestion-taken", "empty", async (page) => {
    await page.getByRole("button", { name: "Look for repositories" }).click();
    await page.getByRole("button", { name: "Add /home/ada/src" }).click();
    await page.getByText("1 project is registered").waitFor();
  }),
  popup("start", "usual"),
  popup("start-failed", "failed"),
  popup("start-hostile", "hostile"),
  popup("start-indexing", "indexing"),
  popup("results", "usual", (page) => search(page, "debounce")),
  popup("results-below", "usual", (page) => pressed(page, "debounce", "ArrowDown", "ArrowDown")),
  popup("results-indexing", "indexing", (page) => search(page, "debounce")),
  popup("results-failed", "failed", (page) => search(page, "debounce")),
  popup("results-hostile", "hostile", (page) => search(page, "e")),
  popup("actions", "usual", async (page) => {
    await pressed(page, "debounce", "Control+k");
    await page.getByTestId("actions").waitFor();
  }),
  popup("keys", "usual", async (page) => {
    await page.keyboard.press("F1");
    await page.getByTestId("keys-help").waitFor();
  }),
  popup("completion", "usual", async (page) => {
    await type(page, "debounce lang:");
    await page.getByTestId("completion").first().waitFor();
  }),
  popup("broken-pattern", "usual", broken),
  popup("nothing-found", "failed", async (page) => {
    await type(page, "no such thing anywhere");
    await page.getByTestId("nothing-found").waitFor();
  }),
  popup("drag", "drag", async (page) => page.getByTestId("drag-overlay").waitFor()),
  popup("added", "added", async (page) => page.getByTestId("toast").first().waitFor()),
  projects("list", "usual"),
  projects("unfolded", "usual", async (page) => {
    await page.getByRole("button", { name: "Details of helix" }).click();
    await page.getByText("Symbols").waitFor();
  }),
  projects("indexing", "indexing"),
  projects("failed", "failed"),
  projects("missing", "missing"),
  projects("hostile", "hostile"),
  projects("empty", "empty", async (page) => page.getByText("No project is").waitFor()),
  projects("drag", "drag", async (page) => page.getByTestId("drag-overlay").waitFor()),
  projects("added", "added", async (page) => page.getByTestId("toast").first().waitFor()),
  projects("removed", "usual", async (page) => {
    await page.getByRole("button", { name: "Remove helix" }).click();
    await page.getByRole("button", { name: "Undo" }).waitFor();
  }),
  projects("skipped", "usual", async (page) => {
    await page.getByRole("button", { name: "Skipped files of helix" }).click();
    await page.getByText("not searched").waitFor();
  }),
  projects("settings-of-one", "usual", async (page) => {
    await page.getByRole("button", { name: "Settings of helix" }).click();
    await page.getByRole("textbox").fill("src/[a-");
    await page.getByRole("button", { name: "Exclude", exact: true }).click();
    await page.getByRole("alert").waitFor();
  }),
  projects("log", "failed", async (page) => {
    await page.getByRole("button", { name: "Show log lines of archive" }).click();
    await page.getByTestId("project-log").waitFor();
  }),
  projects("repositories", "repositories", async (page) => {
    await page.getByRole("button", { name: "Register each" }).waitFor();
  }),
  settings("settings", "usual"),
  settings("settings-failed", "failed"),
  settings("settings-paused", "paused"),
  settings("settings-wayland", "wayland"),
  model("off", "model-off"),
  model("unfetched", "model-unfetched"),
  model("fetching", "model-fetching"),
  model("not-fetched", "model-not-fetched"),
  model("hostile", "hostile"),
  popup("start-long", "long"),
  popup("results-long", "long", (page) => search(page, "debounce")),
  projects("long", "long"),
  enlarged(popup("start", "usual")),
  enlarged(popup("first-start-wayland", "empty-wayland")),
  enlarged(popup("results", "usual", (page) => search(page, "debounce"))),
  enlarged(projects("list", "usual")),
  enlarged(settings("settings", "usual")),
];
