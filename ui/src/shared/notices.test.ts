import { afterEach, expect, test, vi } from "vitest";
import { FakeBackend } from "../backend/fake";
import { project, scene } from "../backend/scenes";
import { WindowState } from "./window-state.svelte";

function window(): { around: WindowState; backend: FakeBackend } {
  const backend = new FakeBackend(scene(null));
  return { around: new WindowState(backend), backend };
}

function shown(around: WindowState): string[] {
  return around.shownNotices.map(({ lines }) => lines.join());
}

async function fail(around: WindowState, message: string): Promise<void> {
  await around.attempt(() => Promise.reject(new Error(message)));
}

afterEach(() => vi.restoreAllMocks());

test("what is said again is said once, as the newest", async () => {
  const { around } = window();
  await fail(around, "One.");
  around.tell("Two.");
  await fail(around, "One.");
  expect(shown(around)).toEqual(["Two.", "One."]);
});

test("four are shown, and the oldest problem makes room first", async () => {
  const { around } = window();
  around.tell("Copied a.");
  await fail(around, "One.");
  await fail(around, "Two.");
  around.tell("Copied b.");
  around.tell("Copied c.");
  expect(shown(around)).toEqual(["Copied a.", "Two.", "Copied b.", "Copied c."]);
  around.tell("Copied d.");
  around.tell("Copied e.");
  expect(shown(around)).toEqual(["Copied b.", "Copied c.", "Copied d.", "Copied e."]);
});

test("what can be taken back waits for its place, and is taken back in turn", async () => {
  const { around, backend } = window();
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) await around.remove(project(name));
  const words = names.map((name) => `${name} is removed. Its folder was not touched.`);
  expect(shown(around)).toEqual(words.slice(1));
  for (let times = 0; times < names.length; times += 1) await around.undo();
  expect(shown(around)).toEqual([]);
  const restored = backend.calls.filter(([name]) => name === "restoreProject");
  expect(restored.map(([, id]) => id)).toEqual(names.map((name) => `id-${name}`).toReversed());
});
