import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, test, vi } from "vitest";
import { FakeBackend } from "../backend/fake";
import { project, scene } from "../backend/scenes";
import ProjectsWindow from "./ProjectsWindow.svelte";

let backend: FakeBackend;

async function open(name: string | null = null): Promise<void> {
  backend = new FakeBackend(scene(name));
  render(ProjectsWindow, { backend });
  await screen.findByText("Ctrl+Shift+Space");
}

function card(name: string): HTMLElement {
  const found = screen.getAllByTestId("project").find(({ dataset }) => dataset.name === name);
  if (!found) throw new Error(`no project ${name}`);
  return found;
}

function press(name: string): Promise<boolean> {
  return fireEvent.click(screen.getByRole("button", { name }));
}

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test("every project is there by name, whatever its state", async () => {
  await open("failed");
  const names = screen.getAllByTestId("project").map(({ dataset }) => dataset.name);
  expect(names.toSorted()).toEqual([
    "archive",
    "helix",
    "linux",
    "quarry",
    "tantivy",
    "website",
    "zed",
  ]);
});

test("those that need somebody come first, the others stay in their order", async () => {
  await open("failed");
  const names = () => screen.getAllByTestId("project").map(({ dataset }) => dataset.name);
  expect(names()).toEqual(["archive", "website", "helix", "linux", "quarry", "tantivy", "zed"]);
  const projects = ["helix", "linux", "zed"].map((name) => project(name));
  const stuck = project("tantivy", { freshness: "Stuck" });
  backend.send("snapshot", { seq: 9, projects: [...projects, stuck] });
  await waitFor(() => expect(names()).toEqual(["tantivy", "helix", "linux", "zed"]));
});

describe("a project that is well", () => {
  const details = (name: string) => screen.getByRole("button", { name: `Details of ${name}` });

  test("stands in one line that unfolds, and stays so while the window lives", async () => {
    await open();
    const helix = () => card("helix").textContent;
    expect(helix()).toMatch(/Fresh\s+1,842 files\s+17 skipped\s+8\.6 MB\s+indexed 4 minutes ago/);
    expect(helix()).not.toContain("Symbols");
    expect(details("helix").getAttribute("aria-expanded")).toBe("false");
    await fireEvent.click(details("helix"));
    expect(details("helix").getAttribute("aria-expanded")).toBe("true");
    within(card("helix")).getByText("9,410");
    expect(card("zed").textContent).not.toContain("Symbols");

    await press("Settings");
    await screen.findByTestId("settings");
    await press("Projects");
    expect(helix()).toContain("Symbols");
    await fireEvent.click(details("helix"));
    expect(helix()).not.toContain("Symbols");
  });

  test("is shown whole once it is in trouble, or at work for a while", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await open();
    const quiet = project("helix");
    const send = (seq: number, change: Partial<typeof quiet>) =>
      backend.send("snapshot", { seq, projects: [{ ...quiet, ...change }] });
    send(5, { freshness: "Pending", pending: 1 });
    await vi.waitFor(() => expect(screen.getAllByTestId("project")).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(500);
    expect(card("helix").textContent).not.toContain("Symbols");
    expect(card("helix").textContent).toContain("Catching up");
    await vi.advanceTimersByTimeAsync(1000);
    expect(card("helix").textContent).toContain("Symbols");
    expect(screen.queryByRole("button", { name: "Details of helix" })).toBeNull();
    send(6, {});
    await vi.waitFor(() => expect(card("helix").textContent).not.toContain("Symbols"));
    send(7, { freshness: "Failing" });
    await vi.waitFor(() => expect(card("helix").textContent).toContain("Symbols"));
  });

  test("that is at work when the window opens is shown whole at once", async () => {
    await open("indexing");
    expect(card("linux").textContent).toContain("Symbols");
    expect(card("helix").textContent).not.toContain("Symbols");
  });
});

test("a failed project says why, how often and when next, and Retry asks for it", async () => {
  await open("failed");
  const failed = card("archive");
  expect(failed.dataset).toMatchObject({ residency: "Failed", freshness: "Fresh" });
  expect(failed.textContent).toContain("its volume is not available");
  expect(failed.textContent).toContain("/media/ada/backup is not mounted.");
  expect(failed.textContent).toMatch(/6 attempts, next attempt at \d\d:\d\d:\d\d/);
  await press("Retry archive");
  expect(backend.calls).toEqual([["projectAction", "id-archive", "Retry"]]);
  await waitFor(() => expect(card("archive").dataset.residency).toBe("Loading"));
  expect(screen.queryByRole("button", { name: "Retry archive" })).toBeNull();
});

test("a project whose folder is missing can be located, and a notice is shown", async () => {
  await open("missing");
  const missing = card("archive");
  expect(missing.textContent).toContain("Its index was damaged");
  await press("Locate archive");
  expect(backend.calls).toEqual([["locateProject", "id-archive"]]);
  await screen.findByText("archive goes on in /media/ada/new/archive.");
  expect(screen.queryByRole("button", { name: "Locate helix" })).toBeNull();
});

test("a healthy project has no Retry", async () => {
  await open();
  expect(screen.queryByRole("button", { name: "Retry helix" })).toBeNull();
});

test("indexing shows how far it is", async () => {
  await open("indexing");
  const bar = within(card("linux")).getByRole("progressbar");
  expect([bar.getAttribute("value"), bar.getAttribute("max")]).toEqual(["33800", "78512"]);
  expect(card("linux").textContent).toContain("43 % indexed · 33,800 of 78,512");
});

test("why a project is polled can be read on its card", async () => {
  await open();
  await press("Details of linux");
  within(card("linux")).getByText("Polled");
  within(card("linux")).getByText(/The system allows no more file watches/);
  within(card("linux")).getByText("410,000");
});

test("what is removed can be had back, by a button or by Ctrl+Z", async () => {
  await open();
  await press("Remove helix");
  await waitFor(() => expect(screen.getAllByTestId("project")).toHaveLength(4));
  const undo = await screen.findByRole("button", { name: "Undo" });
  await waitFor(() => expect(document.activeElement).toBe(undo));
  expect(screen.getByTestId("toast").textContent).toContain("Its folder was not touched.");
  await fireEvent.click(undo);
  await waitFor(() => expect(card("helix")).toBeDefined());
  expect(screen.queryByTestId("toast")).toBeNull();

  await press("Remove zed");
  await screen.findByRole("button", { name: "Undo" });
  await fireEvent.keyDown(window, { key: "z", ctrlKey: true });
  await waitFor(() => expect(card("zed")).toBeDefined());
  expect(backend.calls).toEqual([
    ["removeProject", "id-helix"],
    ["restoreProject", "id-helix"],
    ["removeProject", "id-zed"],
    ["restoreProject", "id-zed"],
  ]);
});

test("the skipped files are listed with their reasons when asked for", async () => {
  await open();
  expect(screen.queryByTestId("skipped")).toBeNull();
  await press("Skipped files of helix: 17");
  const list = await screen.findByTestId("skipped");
  await waitFor(() => expect(list.textContent).toContain("17 files not searched"));
  expect(list.textContent).toMatch(/config\/\.env\s+may hold passwords or keys/);
  expect(list.textContent).toContain("and 13 others");
  await press("Close");
  expect(screen.queryByTestId("skipped")).toBeNull();
});

test("search by meaning is switched for one project", async () => {
  await open();
  await press("Details of helix");
  await press("helix by meaning: 100 %. Switch off");
  await press("helix by meaning: Off. Switch on");
  expect(backend.calls.map((call) => call[2])).toEqual(["MeaningOff", "MeaningOn"]);
});

const CLIENTS = ["acme", "globex", "initech"];

async function registerEach(): Promise<void> {
  await fireEvent.click(await screen.findByRole("button", { name: "Register each by itself" }));
}

test("a folder of repositories may become a project for each of them, and once more itself", async () => {
  await open("repositories");
  await registerEach();
  await waitFor(() => expect(backend.calls).toHaveLength(2));
  expect(backend.calls).toEqual([
    ["addFolders", CLIENTS.map((name) => `/home/ada/work/clients/${name}`)],
    ["removeProject", "id-clients"],
  ]);
  await waitFor(() => CLIENTS.map(card));
  await screen.findByText("clients is removed. Its folder was not touched.");
  await press("Undo");
  await waitFor(() => card("clients"));
});

test("a folder of repositories stays a project where one of them cannot be registered", async () => {
  await open("repositories");
  const addFolders = backend.addFolders.bind(backend);
  const path = "/home/ada/work/clients/acme";
  const message = `${path} cannot be read.`;
  vi.spyOn(backend, "addFolders").mockImplementationOnce(async ([, ...others]) => [
    { path, outcome: "Refused", project: null, message, repositories: [] },
    ...(await addFolders(others)),
  ]);
  await registerEach();
  await screen.findByText(message);
  card("clients");
  expect(backend.calls.map(([name]) => name)).toEqual(["addFolders"]);
});

test("a folder of repositories stays a project where registering fails altogether", async () => {
  await open("repositories");
  vi.spyOn(backend, "addFolders").mockRejectedValueOnce(new Error("It is closing."));
  await registerEach();
  await screen.findByText("It is closing.");
  card("clients");
  expect(backend.calls).toEqual([]);
});

test("pause, pin and reindex go to the program and turn round", async () => {
  await open();
  await press("Pause helix");
  await press("Pin helix");
  await press("Reindex helix");
  await press("Resume helix");
  await press("Unpin helix");
  expect(backend.calls.map((call) => call[2])).toEqual([
    "Pause",
    "Pin",
    "Reindex",
    "Resume",
    "Unpin",
  ]);
});

test("a refused action is a sentence", async () => {
  await open();
  backend.projectAction = () => Promise.reject(new Error("helix is being removed."));
  await press("Pin helix");
  expect((await screen.findByTestId("toast")).textContent).toContain("helix is being removed.");
});

test("the header shows what is wrong with the program, the editor and the data directory", async () => {
  await open("failed");
  expect(screen.getByText(/is taken by another program/)).toBeTruthy();
  expect(screen.getByText("The settings cannot be read: line 3.")).toBeTruthy();
  expect(screen.getByText("gvim")).toBeTruthy();
  expect(screen.getByText("/home/ada/.local/share/quarry")).toBeTruthy();
});

test("without projects the window says so and adds one", async () => {
  await open("empty");
  expect(await screen.findByText("No project is registered yet.")).toBeTruthy();
  await press("Add folder…");
  expect(backend.calls).toEqual([["pickFolders"]]);
});

test("pasted paths are registered", async () => {
  await open();
  const paste = Object.assign(new Event("paste"), {
    clipboardData: { getData: () => "/home/ada/src/x" },
  });
  await fireEvent(window, paste);
  expect(backend.calls).toEqual([["addFolders", ["/home/ada/src/x"]]]);
});

test("hostile names are shown as text", async () => {
  await open();
  backend.send("snapshot", { seq: 5, projects: [project("<b>x</b>")] });
  await waitFor(() => expect(screen.getAllByTestId("project")).toHaveLength(1));
  expect(screen.getByRole("heading", { level: 2 }).textContent).toBe("<b>x</b>");
});
