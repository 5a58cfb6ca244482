// What stands where in a real browser, and what it may cover.

import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FakeBackend } from "../src/backend/fake";
import { type Shown, Stage } from "./browser";
import { VIEWS } from "./views";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

function show(name: string): Promise<Shown> {
  const found = VIEWS.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no view ${name}`);
  return stage.show(found, "light");
}

type Box = { x: number; y: number; width: number; height: number };

async function boxOf(locator: Locator): Promise<Box> {
  const box = await locator.boundingBox();
  if (!box) throw new Error("It is not on the page.");
  return box;
}

function overlap(a: Box, b: Box): boolean {
  const across = a.x < b.x + b.width && b.x < a.x + a.width;
  return across && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Four problems, which have many lines each. */
async function complain(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { fake } = window as unknown as { fake: FakeBackend };
    for (const path of ["/a", "/b", "/c", "/d"]) {
      const message = `${path} is refused. `.repeat(60);
      const refused = { path, outcome: "Refused" as const, project: null, message };
      fake.send("added", [{ ...refused, repositories: [] }]);
    }
  });
}

test.each(["popup-results", "popup-results-failed"])(
  "notices stand above the footer, leave the larger part of %s free and show the newest",
  async (name) => {
    const { page, context } = await show(name);
    await complain(page);
    const newest = page.getByTestId("toast").nth(3);
    await newest.waitFor();
    const stack = await boxOf(page.locator("[aria-live=polite]"));
    const footer = await boxOf(page.getByTestId("footer"));
    expect(stack.y + stack.height).toBeLessThanOrEqual(footer.y);
    expect(footer.y - stack.y - stack.height).toBeLessThan(20);
    expect(stack.height).toBeLessThanOrEqual((page.viewportSize()?.height ?? 0) / 2);
    const { y, height } = await boxOf(newest);
    expect(y + height).toBeLessThanOrEqual(stack.y + stack.height + 1);
    await context.close();
  },
);

test("the actions leave what the preview shows in sight", async () => {
  const { page, context } = await show("popup-actions");
  const menu = await boxOf(page.getByTestId("actions"));
  expect(overlap(menu, await boxOf(page.getByTestId("preview")))).toBe(false);
  expect(overlap(menu, await boxOf(page.getByTestId("footer")))).toBe(false);
  expect(overlap(menu, await boxOf(page.locator("#query")))).toBe(false);
  await context.close();
});

test("the controls of the settings are as high as the buttons beside them", async () => {
  const { page, context } = await show("projects-settings");
  const { height } = await boxOf(page.getByRole("button", { name: /^Test/ }));
  const controls = page
    .getByTestId("settings")
    .locator("select, input:is([type=text], [type=number])");
  expect(await controls.count()).toBeGreaterThan(3);
  for (const control of await controls.all()) {
    expect((await boxOf(control)).height).toBeCloseTo(height, 0);
  }
  await context.close();
});

test("a preview that is late is dimmed where it stands", async () => {
  const { page, context } = await show("popup-results");
  const pane = page.getByTestId("preview");
  const code = pane.locator("code").first();
  const before = await boxOf(code);
  await page.evaluate(() => {
    const { fake } = window as unknown as { fake: FakeBackend };
    fake.preview = () => new Promise(() => undefined);
  });
  await page.keyboard.press("ArrowDown");
  const lines = pane.getByLabel("Lines");
  const opacity = () => lines.evaluate((shown) => getComputedStyle(shown).opacity);
  await expect.poll(async () => Number(await opacity())).toBeLessThan(1);
  expect(await boxOf(code)).toEqual(before);
  await context.close();
});
