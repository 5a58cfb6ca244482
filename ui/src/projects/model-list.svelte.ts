// The models that can be chosen by name, and the one that is fetched.

import type { Backend, StopListening } from "../backend/backend";
import type { ModelChoice } from "../backend/generated/ModelChoice";
import type { ModelFetch } from "../backend/generated/ModelFetch";
import type { PublishedModel } from "../backend/generated/PublishedModel";

export class ModelList {
  models = $state.raw<PublishedModel[]>([]);
  /** The last one that was asked for; null where there was none. */
  fetch = $state.raw<ModelFetch | null>(null);

  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Listens first and reads after that, so that no change falls between the two. */
  async start(): Promise<StopListening> {
    const stop = await this.#backend.on("model_fetch", (fetch) => {
      this.fetch = fetch;
      if (fetch.phase === "Fetched") void this.refresh();
    });
    const fetch = await this.#backend.modelFetch();
    // An event that came meanwhile is newer.
    this.fetch ??= fetch;
    await this.refresh();
    return stop;
  }

  /** The chosen model, where it has to be fetched first. */
  missing(choice: ModelChoice): PublishedModel | null {
    if (choice.kind !== "published") return null;
    return this.models.find(({ name, fetched }) => name === choice.value && !fetched) ?? null;
  }

  async begin(name: string): Promise<void> {
    this.fetch = await this.#backend.fetchModel(name);
  }

  /** Which of them are there may have changed. */
  async refresh(): Promise<void> {
    this.models = await this.#backend.publishedModels();
  }
}
