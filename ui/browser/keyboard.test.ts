// Where the keys of a real browser lead.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
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

function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const active = document.activeElement;
    if (active === document.body) return "";
    return active?.getAttribute("aria-label") ?? active?.textContent.trim() ?? "";
  });
}

/** What has the focus after each of so many presses of Tab. */
async function tabbed(page: Page, times: number): Promise<string[]> {
  const order: string[] = [];
  for (let press = 0; press < times; press += 1) {
    await page.keyboard.press("Tab");
    order.push(await focused(page));
  }
  return order;
}

test("Tab goes from the box through the preview to every control of the footer", async () => {
  const { page, context } = await show("popup-results-failed");
  expect(await focused(page)).toBe("Search all projects");
  expect(await tabbed(page, 6)).toEqual([
    "Lines",
    "Retry archive",
    "Retry website",
    "Actions Ctrl+K",
    "Keys F1",
    "Projects Ctrl+P",
  ]);
  await context.close();
});

test("the preview that has the focus scrolls by its keys, and a letter goes to the box", async () => {
  const { page, context } = await show("popup-results");
  const selected = page.locator("[data-testid=hit][aria-selected=true]");
  const path = await selected.getAttribute("data-path");
  await page.keyboard.press("Tab");
  const top = () => page.getByLabel("Lines").evaluate((lines) => lines.scrollTop);
  const before = await top();
  await page.keyboard.press("PageDown");
  await expect.poll(top).toBeGreaterThan(before);
  expect(await focused(page)).toBe("Lines");
  expect(await selected.getAttribute("data-path")).toBe(path);
  await page.keyboard.press("d");
  expect(await focused(page)).toBe("Search all projects");
  expect(await page.locator("#query").inputValue()).toBe("debounced");
  await context.close();
});

test("while the keys are listed, nothing below them can be reached or typed into", async () => {
  const { page, context } = await show("popup-results");
  await page.keyboard.press("F1");
  await page.getByTestId("keys-help").waitFor();
  expect((await tabbed(page, 4)).filter((name) => name !== "" && name !== "Close")).toEqual([]);
  // As when the window is chosen again.
  await page.evaluate(() => window.dispatchEvent(new FocusEvent("focus")));
  await page.keyboard.press("x");
  await page.keyboard.press("Escape");
  await page.getByTestId("keys-help").waitFor({ state: "detached" });
  expect(await page.locator("#query").inputValue()).toBe("debounce");
  await expect.poll(() => focused(page)).toBe("Search all projects");
  const calls = await page.evaluate(
    () => (window as unknown as { fake: { calls: unknown[][] } }).fake.calls,
  );
  expect(calls.filter(([name]) => name !== "search")).toEqual([]);
  await context.close();
});
