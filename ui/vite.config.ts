import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  // The page is served from the program's own scheme, where assets sit beside the two pages.
  base: "./",
  clearScreen: false,
  server: { port: 1420, strictPort: true },
  build: {
    // WebKitGTK, WKWebView and WebView2 of the last three years.
    target: ["safari16", "chrome110"],
    // The content security policy allows no inline script and no data: font or script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { popup: "index.html", projects: "projects.html" } },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    setupFiles: ["src/test-setup.ts"],
    restoreMocks: true,
  },
});
