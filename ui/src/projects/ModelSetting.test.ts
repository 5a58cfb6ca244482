import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import { FakeBackend } from "../backend/fake";
import { FETCH, NOT_FETCHED } from "../backend/samples";
import { scene } from "../backend/scenes";
import ProjectsWindow from "./ProjectsWindow.svelte";

let backend: FakeBackend;

async function open(name: string | null = null): Promise<HTMLElement> {
  backend = new FakeBackend(scene(name));
  render(ProjectsWindow, { backend });
  await fireEvent.click(await screen.findByRole("button", { name: "Settings" }));
  const model = await screen.findByTestId("model");
  await within(model).findByRole("option", { name: /JinaEmbeddingsV2BaseCode/ });
  return model;
}

function choice(): HTMLSelectElement {
  return screen.getByRole("combobox", { name: "Model" });
}

function choose(option: RegExp): Promise<boolean> {
  const { value } = screen.getByRole<HTMLOptionElement>("option", { name: option });
  return fireEvent.change(choice(), { target: { value } });
}

function shown(): string | undefined {
  return choice().selectedOptions[0]?.textContent;
}

function calls(...names: string[]): unknown[][] {
  return backend.calls.filter(([name]) => names.includes(String(name)));
}

afterEach(cleanup);

test("every model can be chosen, and choosing writes the setting and fetches nothing", async () => {
  await open();
  expect(shown()).toContain("comes with Quarry");
  await choose(/^BGESmallENV15 \(384 dimensions\)$/);
  await waitFor(() => expect(shown()).toContain("BGESmallENV15"));
  await choose(/^None$/);
  await waitFor(() => expect(shown()).toBe("None"));
  await choose(/comes with Quarry/);
  await waitFor(() => expect(shown()).toContain("comes with Quarry"));
  expect(calls("changeSetting", "fetchModel")).toEqual([
    ["changeSetting", { setting: "meaning", value: { kind: "published", value: "BGESmallENV15" } }],
    ["changeSetting", { setting: "meaning", value: { kind: "off" } }],
    ["changeSetting", { setting: "meaning", value: { kind: "own" } }],
  ]);
});

test("a folder comes from a dialog, and a dialog that is left changes nothing", async () => {
  await open();
  const dialog = vi.spyOn(backend, "pickModelFolder").mockResolvedValueOnce(null);
  await choose(/in a folder/);
  await waitFor(() => expect(dialog).toHaveBeenCalledOnce());
  expect(shown()).toContain("comes with Quarry");
  expect(calls("changeSetting")).toEqual([]);
  await choose(/in a folder/);
  await waitFor(() => expect(shown()).toBe("/home/ada/models/code-search"));
  const value = { kind: "folder", value: "/home/ada/models/code-search" };
  expect(calls("changeSetting")).toEqual([["changeSetting", { setting: "meaning", value }]]);
});

test("a folder without a model is said, and the model before stays", async () => {
  await open();
  const sentence = "/home/ada holds no model that Quarry can use.";
  vi.spyOn(backend, "pickModelFolder").mockRejectedValueOnce(new Error(sentence));
  await choose(/in a folder/);
  expect((await screen.findByTestId("toast")).textContent).toContain(sentence);
  expect(shown()).toContain("comes with Quarry");
});

test("a model that is not there is fetched when that is pressed, and its progress is shown", async () => {
  const model = await open("model-unfetched");
  const offer = within(model).getByTestId("model-offer");
  expect(offer.textContent).toContain("BGESmallENV15");
  expect(offer.textContent).toContain("https://huggingface.co/");
  expect(offer.textContent).toContain("nothing is downloaded");
  expect(calls("fetchModel")).toEqual([]);
  await fireEvent.click(within(model).getByRole("button", { name: "Fetch" }));
  expect(calls("fetchModel")).toEqual([["fetchModel", "BGESmallENV15"]]);
  const running = await within(model).findByTestId("model-fetch");
  expect(within(running).getByRole("progressbar").hasAttribute("value")).toBe(false);
  backend.sendFetch(FETCH);
  await waitFor(() => {
    expect(running.textContent).toContain("onnx/model.onnx: 30 %, 41.2 MB of 133.1 MB, 4.1 MB/s");
  });
  const bar = within(running).getByRole<HTMLProgressElement>("progressbar");
  expect(bar.position).toBeCloseTo(41_200_000 / 133_093_490);
  backend.sendFetch({ ...FETCH, phase: "Fetched" });
  await waitFor(() => expect(within(model).queryByTestId("model-fetch")).toBeNull());
  await waitFor(() => expect(within(model).queryByTestId("model-offer")).toBeNull());
  expect(shown()).toContain("on this machine");
});

test("a fetch is cancelled, and one that failed says why and is tried again", async () => {
  const model = await open("model-fetching");
  await fireEvent.click(within(model).getByRole("button", { name: "Cancel" }));
  expect(calls("cancelFetch")).toHaveLength(1);
  const offer = await within(model).findByTestId("model-offer");
  expect(offer.textContent).toContain("Cancelled.");
  within(model).getByRole("button", { name: "Fetch" });
  backend.sendFetch({ ...FETCH, ...NOT_FETCHED });
  await waitFor(() => expect(offer.textContent).toContain("did not go on for 30 s"));
  await fireEvent.click(within(model).getByRole("button", { name: "Retry" }));
  expect(calls("fetchModel")).toEqual([["fetchModel", "BGESmallENV15"]]);
});

test("a model that was fetched elsewhere is not offered any more", async () => {
  const model = await open("model-unfetched");
  const there = scene(null).models.map((one) => ({ ...one, fetched: true }));
  vi.spyOn(backend, "publishedModels").mockResolvedValue(there);
  const status = { state: "Working" as const, sentence: null, next_retry: null };
  backend.send("meaning", { ...status, model: "BGESmallENV15" });
  await waitFor(() => expect(within(model).queryByTestId("model-offer")).toBeNull());
});

test("what no model is there for is not said to be found by meaning", async () => {
  await open("model-unfetched");
  const meaning = screen.getByTestId("meaning");
  expect(meaning.textContent).toContain("No model");
  expect(meaning.textContent).not.toContain("can be found by meaning");
  expect(within(meaning).queryByRole("button", { name: "Retry" })).toBeNull();
  expect(within(meaning).queryByRole("button", { name: "Pause" })).toBeNull();
});

test("a fetch goes on where it is when the settings are opened again", async () => {
  const model = await open("model-fetching");
  expect(within(model).getByTestId("model-fetch").textContent).toContain("30 %");
});

test("names that reverse what is read are shown as they are", async () => {
  const model = await open("hostile");
  expect(shown()).toContain("<img src=x");
  expect(model.textContent).not.toContain("\u202e");
});
