import { screen } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
import type { ProjectStatus } from "../../backend/generated/ProjectStatus";
import { project } from "../../backend/scenes";
import { A, B, backend, eachOnAPageOfItsOwn, hold, open, paths, send, type } from "./page";

eachOnAPageOfItsOwn();

/** More than the time between two refreshes. */
const SETTLED = 2500;

let seq = 10;

function show(...projects: ProjectStatus[]): void {
  seq += 1;
  backend.send("snapshot", { seq, projects });
}

function searches(): number {
  return backend.calls.filter(([name]) => name === "search").length;
}

/** A list on screen that nothing was searched for again since. */
async function listed(...projects: ProjectStatus[]): Promise<void> {
  const box = await open();
  show(...projects);
  await vi.advanceTimersByTimeAsync(SETTLED);
  await type(box, "debounce");
  await vi.advanceTimersByTimeAsync(SETTLED);
  expect(searches()).toBe(1);
}

describe("what may be found meanwhile is asked for by itself", () => {
  const failed = project("zed", {
    residency: "Failed",
    error: {
      cause: "Locked",
      message: "It is locked.",
      first_at: "2026-03-01T12:00:00Z",
      attempts: 1,
      next_retry: null,
    },
  });
  const cold = { residency: "Cold", freshness: "Pending" } as const;
  const growing = { freshness: "Indexing", last_indexed: null } as const;

  test.each<[string, Partial<ProjectStatus>, Partial<ProjectStatus>]>([
    ["a project that could not be opened is open", failed, {}],
    ["a closed project was opened", cold, { freshness: "Reconciling" }],
    ["an open project was compared", { freshness: "Reconciling" }, {}],
    ["a first run has come further", { ...growing, files: 900 }, { ...growing, files: 2000 }],
    ["files were indexed again", {}, { last_indexed: "2026-03-01T12:00:00Z" }],
  ])("%s", async (_, before, after) => {
    const zed = project("zed");
    await listed({ ...zed, ...before });
    show({ ...zed, ...after });
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(searches()).toBe(2);
  });

  test("which a screen reader hears nothing of where nothing else is found", async () => {
    const zed = project("zed");
    await listed(zed);
    const spoken = screen.getByTestId("spoken");
    const before = spoken.textContent;
    expect(before).toMatch(/result/);
    hold();
    show({ ...zed, last_indexed: "2026-03-01T12:00:00Z" });
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(searches()).toBe(2);
    expect(spoken.textContent).toBe(before);
  });

  test("which a screen reader hears nothing of before it has ended", async () => {
    const zed = project("zed");
    const box = await open();
    const updates = hold();
    await type(box, "let");
    await send(updates, 0, [A, B]);
    const spoken = screen.getByTestId("spoken");
    await vi.waitFor(() => expect(spoken.textContent).toBe("2 results"));
    await vi.advanceTimersByTimeAsync(SETTLED);
    show({ ...zed, last_indexed: "2026-03-01T12:00:00Z" });
    await vi.advanceTimersByTimeAsync(SETTLED);
    const last = searches() - 1;
    await send(updates, last, [A], { done: false });
    await vi.waitFor(() => expect(paths()).toEqual(["src/a.rs"]));
    expect(spoken.textContent).toBe("2 results");
    await send(updates, last, [A]);
    await vi.waitFor(() => expect(spoken.textContent).toBe("1 result"));
    await type(box, "lets");
    expect(spoken.textContent).toBe("");
  });

  test("not where only figures on the way have changed", async () => {
    const zed = project("zed", { freshness: "Indexing" });
    await listed(zed);
    show({ ...zed, progress: { lane: "regex", done: 3, total: 9 }, index_bytes: 1 });
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(searches()).toBe(1);
  });
});

test("states that never come to rest neither put the refresh off nor hurry it", async () => {
  await listed(project("zed", { files: 0 }));
  for (let files = 1; files <= 20; files += 1) {
    show(project("zed", { files }));
    await vi.advanceTimersByTimeAsync(250);
  }
  expect(searches()).toBeGreaterThanOrEqual(4);
  expect(searches()).toBeLessThanOrEqual(6);
});

describe("while a search goes on", () => {
  test("it is not asked again before it has ended", async () => {
    const box = await open();
    const updates = hold();
    await type(box, "x");
    show(project("zed"));
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(searches()).toBe(1);
    await send(updates, 0, [A]);
    await vi.advanceTimersByTimeAsync(SETTLED);
    expect(searches()).toBe(2);
    await send(updates, 1, [A, B]);
    await vi.waitFor(() => expect(paths()).toEqual(["src/a.rs", "src/b.rs"]));
  });
});
