// Every view and state is checked by axe, in both themes and enlarged.

import { source } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Stage } from "./browser";
import { VIEWS } from "./views";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

type Violation = { id: string; nodes: { target: unknown; failureSummary?: string }[] };

async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(async (values): Promise<Violation[]> => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const result = await axe.run({ runOnly: { type: "tag", values } });
    return result.violations.map(({ id, nodes }) => ({ id, nodes }));
  }, RULES);
  const told = found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${String(target)}: ${failureSummary ?? ""}`),
  );
  const wider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  return wider ? [...told, "the page is wider than its window"] : told;
}

// Every view is enlarged here anyway.
const ONCE = VIEWS.filter(({ zoom }) => zoom === 1);

test.each(ONCE)("$name is accessible in both themes and at 200 %", async (view) => {
  const { page, complaints, context } = await stage.show(view, "light");
  await page.evaluate(source);
  const light = await violations(page);
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await violations(page);
  const [width, height] = view.size;
  // As people have it who enlarge everything: half as many pixels of the page.
  await page.setViewportSize({ width: width / 2, height: height / 2 });
  const enlarged = await violations(page);
  await context.close();
  expect({ light, dark, enlarged, complaints }).toEqual({
    light: [],
    dark: [],
    enlarged: [],
    complaints: [],
  });
});
