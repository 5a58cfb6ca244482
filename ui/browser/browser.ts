// The built page in the system's Chromium, with the fake program behind it.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";
import { type PreviewServer, preview } from "vite";
import type { View } from "./views";

export type Theme = "light" | "dark";
export const THEMES: readonly Theme[] = ["light", "dark"];

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** One browser and one server for a file of tests. */
export class Stage {
  readonly #browser: Browser;
  readonly #server: PreviewServer;
  readonly #address: string;

  private constructor(browser: Browser, server: PreviewServer, address: string) {
    this.#browser = browser;
    this.#server = server;
    this.#address = address;
  }

  static async open(): Promise<Stage> {
    const server = await preview({ preview: { port: 0, host: "127.0.0.1" }, logLevel: "error" });
    const address = server.resolvedUrls?.local[0];
    if (address === undefined) throw new Error("The server of the page has no address.");
    // Root, as in containers, has no sandbox; the page is our own.
    const args = ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"];
    const browser = await chromium.launch({ executablePath: executable(), args });
    return new Stage(browser, server, address);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.close();
  }

  /** The view as it is once nothing moves any more; whatever the page complains of fails. */
  async show(view: View, theme: Theme): Promise<Shown> {
    const [width, height] = view.size;
    const context = await this.#browser.newContext({
      viewport: { width: width / view.zoom, height: height / view.zoom },
      deviceScaleFactor: view.zoom,
      colorScheme: theme,
      reducedMotion: "reduce",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("dialog", (dialog) => {
      complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    await page.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
    await page.goto(`${this.#address}${view.page}?scene=${view.scene}`);
    await page.locator("main").waitFor();
    await view.prepare(page);
    return { page, complaints, context };
  }
}

export type Shown = { page: Page; complaints: string[]; context: BrowserContext };

function executable(): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = [process.env["CHROMIUM"] ?? "", ...candidates].find((path) => existsSync(path));
  if (found === undefined) throw new Error(`None of ${NAMES.join(", ")} is installed.`);
  return found;
}
