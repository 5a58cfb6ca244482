import { tick } from "svelte";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, test, vi } from "vitest";
import { FakeBackend, TAKEN_HOTKEY } from "../backend/fake";
import { scene } from "../backend/scenes";
import ProjectsWindow from "./ProjectsWindow.svelte";

let backend: FakeBackend;

async function open(name: string | null = null): Promise<HTMLElement> {
  backend = new FakeBackend(scene(name));
  render(ProjectsWindow, { backend });
  await screen.findByText("Ctrl+Shift+Space");
  await fireEvent.click(screen.getByRole("button", { name: "Settings" }));
  return screen.findByTestId("settings");
}

function recorder(): HTMLElement {
  return screen.getByTestId("hotkey-recorder");
}

function changes(): unknown[] {
  return backend.calls.filter(([name]) => name === "changeSetting").map(([, change]) => change);
}

afterEach(cleanup);

test("a new hotkey is recorded, with the present one given back meanwhile", async () => {
  await open();
  await fireEvent.click(recorder());
  expect(backend.calls).toEqual([["suspendHotkey", true]]);
  const modifier = { key: "Control", code: "ControlLeft", ctrlKey: true };
  await fireEvent.keyDown(recorder(), modifier);
  expect(recorder().textContent).toContain("Ctrl+…");
  const chord = { key: "k", code: "KeyK", ctrlKey: true, altKey: true };
  await fireEvent.keyDown(recorder(), chord);
  await waitFor(() => expect(recorder().textContent).toContain("Ctrl+Alt+K"));
  await waitFor(() => expect(backend.calls.at(-1)).toEqual(["suspendHotkey", false]));
  expect(changes()).toEqual([{ setting: "hotkey", value: "Ctrl+Alt+K" }]);
});

test("a hotkey that is taken is said, and the old one stays", async () => {
  await open();
  await fireEvent.click(recorder());
  const chord = { key: "t", code: "KeyT", ctrlKey: true, altKey: true };
  await fireEvent.keyDown(recorder(), chord);
  const said = await screen.findByRole("alert");
  expect(said.textContent).toContain(`${TAKEN_HOTKEY} is taken by another program.`);
  expect(said.textContent).toContain("Ctrl+Shift+Space stays.");
  expect(recorder().textContent).toContain("Ctrl+Shift+Space");
});

test("Escape keeps the hotkey, and a key that people type is refused", async () => {
  await open();
  await fireEvent.click(recorder());
  await fireEvent.keyDown(recorder(), { key: "a", code: "KeyA" });
  expect((await screen.findByRole("alert")).textContent).toContain("hold Ctrl, Alt or Super");
  await fireEvent.keyDown(recorder(), { key: "Escape", code: "Escape" });
  expect(recorder().textContent).toContain("Change…");
  expect(changes()).toEqual([]);
});

test("the titles stand there before the settings are read", async () => {
  backend = new FakeBackend(scene(null));
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  const read = backend.settings.bind(backend);
  vi.spyOn(backend, "settings").mockImplementation(() => promise.then(read));
  render(ProjectsWindow, { backend });
  await fireEvent.click(screen.getByRole("button", { name: "Settings" }));
  const titles = () => screen.getAllByRole("heading", { level: 2 }).map((one) => one.textContent);
  const before = titles();
  expect(before).toContain("Hotkey");
  expect(screen.queryByTestId("settings")).toBeNull();
  resolve();
  await screen.findByTestId("settings");
  expect(titles()).toEqual(before);
});

test("theme, popup, start and editor are changed at once", async () => {
  await open();
  await fireEvent.click(screen.getByRole("radio", { name: "Dark" }));
  await fireEvent.click(screen.getByRole("checkbox", { name: /Hide it/ }));
  await fireEvent.click(screen.getByRole("checkbox", { name: /at login/ }));
  const editors = screen.getByRole("combobox", { name: "Editor" });
  await fireEvent.change(editors, { target: { value: "zed {file}:{line}" } });
  await waitFor(() => expect(changes()).toHaveLength(4));
  expect(changes()).toEqual([
    { setting: "theme", value: "dark" },
    { setting: "hide_on_blur", value: false },
    { setting: "start_at_login", value: true },
    { setting: "editor", value: "zed {file}:{line}" },
  ]);
  const command: HTMLInputElement = screen.getByRole("textbox", { name: "Editor command" });
  await waitFor(() => expect(command.value).toBe("zed {file}:{line}"));
  await fireEvent.input(command, { target: { value: "  " } });
  await fireEvent.click(screen.getByRole("button", { name: "Use" }));
  await waitFor(() => expect(changes().at(-1)).toEqual({ setting: "editor", value: null }));
});

test("the editor can be tested, on the settings themselves", async () => {
  await open();
  await fireEvent.click(screen.getByRole("button", { name: /^Test/ }));
  expect(backend.calls).toEqual([["openSettingsFile"]]);
});

describe("what is refused shows what holds", () => {
  function refuseAll(): void {
    vi.spyOn(backend, "changeSetting").mockRejectedValue(new Error("It cannot be written."));
  }

  test.each([/Hide it/, /at login/, /on its battery/])("the switch %s", async (name) => {
    await open();
    refuseAll();
    const box = await screen.findByRole<HTMLInputElement>("checkbox", { name });
    const before = box.checked;
    await fireEvent.click(box);
    await screen.findByText("It cannot be written.");
    await waitFor(() => expect(box.checked).toBe(before));
  });

  test("the theme", async () => {
    await open();
    refuseAll();
    const radio = (name: string) => screen.getByRole<HTMLInputElement>("radio", { name });
    await fireEvent.click(radio("Dark"));
    await screen.findByText("It cannot be written.");
    await waitFor(() => expect(radio("As the system").checked).toBe(true));
  });

  test.each([
    ["Editor", "zed {file}:{line}", ""],
    ["Model", "off", "own"],
  ])("the list %s", async (name, wanted, held) => {
    await open();
    refuseAll();
    const list = await screen.findByRole<HTMLSelectElement>("combobox", { name });
    await fireEvent.change(list, { target: { value: wanted } });
    await screen.findByText("It cannot be written.");
    await waitFor(() => expect(list.value).toBe(held));
  });
});

describe("a command that is being typed", () => {
  const COMMAND = "myedit {file}";

  async function typed(): Promise<HTMLInputElement> {
    await open();
    const field = screen.getByRole<HTMLInputElement>("textbox", { name: "Editor command" });
    await fireEvent.input(field, { target: { value: COMMAND } });
    return field;
  }

  test("is kept while other settings change", async () => {
    const field = await typed();
    await fireEvent.click(screen.getByRole("radio", { name: "Dark" }));
    await waitFor(() => expect(changes()).toHaveLength(1));
    const read = vi.spyOn(backend, "settings");
    backend.send("shell_state", { ...(await backend.shellState()) });
    await waitFor(() => expect(read).toHaveBeenCalled());
    await Promise.allSettled(read.mock.results.map(({ value }) => value as unknown));
    await tick();
    expect(field.value).toBe(COMMAND);
  });

  test("follows the settings again once it is one of them", async () => {
    const field = await typed();
    await fireEvent.click(screen.getByRole("button", { name: "Use" }));
    await waitFor(() => expect(changes()).toHaveLength(1));
    await backend.changeSetting({ setting: "editor", value: "by hand" });
    backend.send("shell_state", { ...(await backend.shellState()) });
    await waitFor(() => expect(field.value).toBe("by hand"));
  });

  test("is what is tested", async () => {
    await typed();
    await fireEvent.click(screen.getByRole("button", { name: /^Test/ }));
    await waitFor(() => expect(backend.calls.at(-1)).toEqual(["openSettingsFile"]));
    expect(changes()).toEqual([{ setting: "editor", value: COMMAND }]);
  });

  test("is neither tested nor lost where it is refused", async () => {
    const field = await typed();
    vi.spyOn(backend, "changeSetting").mockRejectedValue(new Error("It has no {file}."));
    await fireEvent.click(screen.getByRole("button", { name: /^Test/ }));
    await screen.findByText("It has no {file}.");
    expect(field.value).toBe(COMMAND);
    expect(backend.calls).toEqual([]);
  });
});

test("what cannot be read in the file is said", async () => {
  const settings = await open("failed");
  expect(settings.textContent).toContain("The settings cannot be read: line 3.");
  expect(settings.textContent).toContain("is taken by another program");
});

test("the list of projects goes to a file and comes from one", async () => {
  await open();
  await fireEvent.click(screen.getByRole("button", { name: "Export the list of projects…" }));
  await screen.findByText(/5 projects are listed in/);
  await fireEvent.click(screen.getByRole("button", { name: "Import a list…" }));
  await screen.findByText("ripgrep is registered and being indexed.");
  expect(backend.calls).toEqual([["exportProjects"], ["importProjects"]]);
});

test("search by meaning says what it does, and follows the program", async () => {
  await open();
  const meaning = await screen.findByTestId("meaning");
  expect(meaning.textContent).toContain("all-MiniLM-L6-v2");
  expect(meaning.textContent).toContain("96 % of the code can be found by meaning");
  const sentence = "model.onnx is damaged. Mend it, then press Retry.";
  backend.send("meaning", { state: "Failed", model: null, sentence, next_retry: null });
  await waitFor(() => expect(meaning.textContent).toContain(sentence));
  expect(meaning.textContent).toContain("Failed");
  await fireEvent.click(within(meaning).getByRole("button", { name: "Retry" }));
  expect(backend.calls.at(-1)).toEqual(["retryMeaning"]);
});

test("embedding is paused and resumed by a setting, so that it is kept", async () => {
  await open();
  const meaning = await screen.findByTestId("meaning");
  await fireEvent.click(within(meaning).getByRole("button", { name: "Pause" }));
  const resume = await within(meaning).findByRole("button", { name: "Resume" });
  await fireEvent.click(resume);
  await fireEvent.click(within(meaning).getByRole("checkbox"));
  expect(changes()).toEqual([
    { setting: "embedding_paused", value: true },
    { setting: "embedding_paused", value: false },
    { setting: "embed_on_battery", value: true },
  ]);
});

test("where the desktop gives no hotkey, the settings say how to bind a key", async () => {
  backend = new FakeBackend(scene("wayland"));
  render(ProjectsWindow, { backend });
  await fireEvent.click(await screen.findByRole("button", { name: "Settings" }));
  const ways = await screen.findByTestId("bind-key");
  expect(ways.textContent).toContain("/usr/bin/quarry toggle");
  expect(screen.queryByTestId("hotkey-recorder")).toBeNull();
  await fireEvent.click(within(ways).getByRole("button", { name: "Copy" }));
  expect(backend.calls).toEqual([["copyText", "/usr/bin/quarry toggle"]]);
});

test("a view that is wished for is shown, whether the wish came before the page or after", async () => {
  backend = new FakeBackend(scene(null));
  const wish = vi.spyOn(backend, "takeViewWish").mockResolvedValueOnce("settings");
  render(ProjectsWindow, { backend });
  await screen.findByTestId("settings");
  await fireEvent.click(screen.getByRole("button", { name: "Projects" }));
  await waitFor(() => expect(screen.queryByTestId("settings")).toBeNull());
  wish.mockResolvedValueOnce("settings");
  backend.send("view_wanted", null);
  await screen.findByTestId("settings");
  wish.mockResolvedValueOnce("projects");
  backend.send("view_wanted", null);
  await waitFor(() => expect(screen.queryByTestId("settings")).toBeNull());
});

test("how much is embedded is set in percent", async () => {
  await open();
  const share = await screen.findByRole("spinbutton", { name: /part of the time/ });
  expect(share).toHaveProperty("value", "50");
  await fireEvent.change(share, { target: { value: "30" } });
  await waitFor(() => expect(changes()).toEqual([{ setting: "embedding_share", value: 30 }]));
});

test("a limit is set in megabytes, and one that is refused shows what holds", async () => {
  await open();
  const size = screen.getByRole<HTMLInputElement>("spinbutton", { name: /Largest file/ });
  await fireEvent.change(size, { target: { value: "32" } });
  expect(changes()).toEqual([{ setting: "file_size_limit", value: 32 }]);
  await fireEvent.change(size, { target: { value: "500" } });
  const said = await screen.findByTestId("toast");
  expect(said.textContent).toContain("from 1 to 200");
  await waitFor(() => expect(size.value).toBe("32"));
  const memory = screen.getByRole<HTMLInputElement>("spinbutton", { name: /open projects/ });
  await fireEvent.change(memory, { target: { value: "" } });
  expect(memory.value).toBe("4000");
  expect(changes()).toHaveLength(2);
});
