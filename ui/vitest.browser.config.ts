import { defineConfig } from "vitest/config";

/** The built page in a real browser: `npm run test:browser`. */
export default defineConfig({
  base: "./",
  test: {
    include: ["browser/**/*.test.ts"],
    // One browser at a time, on machines that have little.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
