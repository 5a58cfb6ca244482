import type { Backend } from "./backend";

/** The program when the page runs inside it; in a plain browser the fake, in the scene that the address names. */
export async function connect(): Promise<Backend> {
  if ("__TAURI_INTERNALS__" in window) {
    const { tauriBackend } = await import("./tauri");
    return tauriBackend();
  }
  const { FakeBackend } = await import("./fake");
  const { scene } = await import("./scenes");
  const fake = new FakeBackend(scene(new URLSearchParams(location.search).get("scene")));
  // For whoever tries the page in a browser: events can be sent from the console.
  return Object.assign(window, { fake }).fake;
}
