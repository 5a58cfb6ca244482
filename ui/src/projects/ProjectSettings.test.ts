import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import { FakeBackend } from "../backend/fake";
import { scene } from "../backend/scenes";
import ProjectsWindow from "./ProjectsWindow.svelte";

let backend: FakeBackend;

async function open(name: string | null = null): Promise<void> {
  backend = new FakeBackend(scene(name));
  render(ProjectsWindow, { backend });
  await screen.findByText("Ctrl+Shift+Space");
}

async function settingsOf(name: string): Promise<HTMLElement> {
  await open();
  await fireEvent.click(screen.getByRole("button", { name: `Settings of ${name}` }));
  return screen.getByTestId("project-settings");
}

function patterns(): (string | null)[] {
  const removals = screen.queryAllByRole("button", { name: /^No longer exclude/ });
  return removals.map((button) => button.parentElement?.querySelector("code")?.textContent ?? null);
}

async function exclude(settings: HTMLElement, pattern: string): Promise<void> {
  const box = within(settings).getByRole("textbox");
  await fireEvent.input(box, { target: { value: pattern } });
  await fireEvent.click(within(settings).getByRole("button", { name: "Exclude" }));
}

afterEach(cleanup);

test("patterns are added and taken back one by one", async () => {
  const settings = await settingsOf("helix");
  expect(patterns()).toEqual(["/runtime/themes/", "*.min.js"]);
  await exclude(settings, "/vendor/");
  await waitFor(() => expect(patterns()).toEqual(["/runtime/themes/", "*.min.js", "/vendor/"]));
  expect(within(settings).getByRole<HTMLInputElement>("textbox").value).toBe("");
  await fireEvent.click(screen.getByRole("button", { name: "No longer exclude *.min.js" }));
  await waitFor(() => expect(patterns()).toEqual(["/runtime/themes/", "/vendor/"]));
  expect(backend.calls).toEqual([
    ["exclude", "id-helix", "/vendor/"],
    ["stopExcluding", "id-helix", "*.min.js"],
  ]);
});

test("a switch that is refused shows what holds", async () => {
  const settings = await settingsOf("helix");
  vi.spyOn(backend, "projectAction").mockRejectedValue(new Error("The list cannot be written."));
  const pinned = within(settings).getByRole<HTMLInputElement>("checkbox", { name: /Never close/ });
  await fireEvent.click(pinned);
  await screen.findByText("The list cannot be written.");
  await waitFor(() => expect(pinned.checked).toBe(false));
});

test("a pattern that is refused stays in the box, with the reason below it", async () => {
  const settings = await settingsOf("helix");
  await exclude(settings, "src/[a-");
  const said = await screen.findByRole("alert");
  expect(said.textContent).toContain('"src/[a-"');
  const box = within(settings).getByRole<HTMLInputElement>("textbox");
  expect(box.value).toBe("src/[a-");
  expect(box.getAttribute("aria-describedby")).toBe(said.id);
  expect(patterns()).toHaveLength(2);
  await fireEvent.input(box, { target: { value: "src/a" } });
  expect(screen.queryByRole("alert")).toBeNull();
});

test("the switches show what holds and change it", async () => {
  const settings = await settingsOf("helix");
  const on = () =>
    within(settings)
      .getAllByRole<HTMLInputElement>("checkbox")
      .map((one) => one.checked);
  expect(on()).toEqual([false, true, false]);
  for (const box of within(settings).getAllByRole("checkbox")) await fireEvent.click(box);
  await waitFor(() => expect(on()).toEqual([true, false, true]));
  expect(backend.calls).toEqual([
    ["projectAction", "id-helix", "IgnoredOn"],
    ["projectAction", "id-helix", "MeaningOff"],
    ["projectAction", "id-helix", "Pin"],
  ]);
});

test("a failed project shows what happened to it before, when asked to", async () => {
  await open("failed");
  expect(screen.queryByTestId("project-log")).toBeNull();
  await fireEvent.click(screen.getByRole("button", { name: "Show log lines of archive" }));
  const log = await screen.findByTestId("project-log");
  const lines = within(log).getAllByRole("listitem");
  expect(lines).toHaveLength(4);
  expect(lines[0]?.textContent).toContain("Opened.");
  expect(lines[3]?.textContent).toContain("is not mounted");
  await fireEvent.click(screen.getByRole("button", { name: "Hide log lines of archive" }));
  expect(screen.queryByTestId("project-log")).toBeNull();
});

test("what happened is read once for each failure, and a failed reading is made good", async () => {
  await open("failed");
  const read = vi.spyOn(backend, "projectLog").mockRejectedValueOnce(new Error("It is closing."));
  await fireEvent.click(screen.getByRole("button", { name: "Show log lines of archive" }));
  await screen.findByText("It is closing.");
  const { projects } = await backend.snapshot();
  const shown = (seq: number, attempts: number): void => {
    backend.send("snapshot", {
      seq,
      projects: projects.map((one) => ({ ...one, error: one.error && { ...one.error, attempts } })),
    });
  };
  for (let seq = 10; seq < 20; seq += 1) shown(seq, 6);
  await screen.findByText("It is closing.");
  expect(read).toHaveBeenCalledTimes(1);
  shown(20, 7);
  await screen.findByTestId("project-log");
  expect(screen.queryByText("It is closing.")).toBeNull();
  expect(read).toHaveBeenCalledTimes(2);
});
