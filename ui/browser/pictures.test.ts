// A picture of every view and state in both themes, for people to look at: `cargo xtask screenshots`.

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Stage, THEMES } from "./browser";
import { VIEWS } from "./views";

const folder = process.env["QUARRY_PICTURES"];

describe.skipIf(folder === undefined)("pictures", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(() => stage.close());

  describe.each(VIEWS)("$name", (view) => {
    test.each(THEMES)("%s", async (theme) => {
      const { page, complaints, context } = await stage.show(view, theme);
      await page.screenshot({ path: join(folder ?? "", `${view.name}-${theme}.png`) });
      await context.close();
      expect(complaints).toEqual([]);
    });
  });
});
