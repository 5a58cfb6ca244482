// The popup over the fake program, and what a test does in it.

import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, beforeEach, vi } from "vitest";
import { FakeBackend } from "../../backend/fake";
import { answer } from "../../backend/fake-answer";
import type { Hit } from "../../backend/generated/Hit";
import type { SearchUpdate } from "../../backend/generated/SearchUpdate";
import { hit, scene } from "../../backend/scenes";
import Popup from "../Popup.svelte";

/** Of the popup that was opened last. */
export let backend: FakeBackend;

export async function open(name: string | null = null): Promise<HTMLInputElement> {
  backend = new FakeBackend(scene(name));
  render(Popup, { backend });
  const settled = name?.startsWith("empty") ? "first-start" : "project";
  await screen.findAllByTestId(settled);
  return screen.getByRole("combobox");
}

export async function type(box: HTMLInputElement, query: string): Promise<void> {
  await fireEvent.input(box, { target: { value: query } });
}

/** The updates of each search, sent by the test. */
export function hold(): ((update: SearchUpdate) => void)[] {
  backend.held = [];
  return backend.held;
}

export async function send(
  updates: ((update: SearchUpdate) => void)[],
  request: number,
  hits: Hit[],
  change: Partial<SearchUpdate> = {},
): Promise<void> {
  const found = answer("", hits, scene(null).projects);
  updates[request]?.({ seq: request + 1, done: true, answer: found, ...change });
  await Promise.resolve();
}

export function paths(): (string | undefined)[] {
  return screen.queryAllByTestId("hit").map((row) => row.dataset.path);
}

export function selectedPath(): string | undefined {
  return screen.getByRole("option", { selected: true }).dataset.path;
}

export function key(
  box: HTMLElement,
  name: string,
  change: KeyboardEventInit = {},
): Promise<boolean> {
  return fireEvent.keyDown(box, { key: name, ...change });
}

/** Made as a mouse event: jsdom leaves the place out of those of a pointer. */
export function pointerMove(screenX: number, screenY: number): MouseEvent {
  return new MouseEvent("pointermove", { screenX, screenY, bubbles: true });
}

export const A = hit("zed", "src/a.rs", 1, "let a;");
export const B = hit("zed", "src/b.rs", 2, "let b;");
export const C = hit("helix", "src/c.rs", 3, "let c;");

/** For every test of the file that calls this: a clock that can be moved, and a page of its own. */
export function eachOnAPageOfItsOwn(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
  });
  afterEach(() => {
    cleanup();
    vi.useRealTimers();
  });
}
