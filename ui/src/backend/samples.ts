// A project, a hit and a file of the fake program, as most of them are, with what a scene changes.

import type { Hit } from "./generated/Hit";
import type { ModelFetch } from "./generated/ModelFetch";
import type { OfferedFile } from "./generated/OfferedFile";
import type { ProjectStatus } from "./generated/ProjectStatus";
import type { PublishedModel } from "./generated/PublishedModel";

export const MINUTE = 60_000;

export function project(name: string, change: Partial<ProjectStatus> = {}): ProjectStatus {
  return {
    id: `id-${name}`,
    name,
    root: `/home/ada/src/${name}`,
    residency: "Hot",
    freshness: "Fresh",
    watch_mode: "Native",
    files: 1_842,
    chunks: 21_300,
    symbols: 9_410,
    vectors: 21_300,
    vectors_wanted: 21_300,
    meaning: true,
    pending: 0,
    skipped: 17,
    index_bytes: 8_640_000,
    last_indexed: new Date(Date.now() - 4 * MINUTE).toISOString(),
    progress: null,
    watch_reason: null,
    error: null,
    notice: null,
    pinned: false,
    excludes: [],
    include_ignored: false,
    ...change,
  };
}

export function hit(
  projectName: string,
  path: string,
  line: number,
  text: string,
  change: Partial<Hit> = {},
): Hit {
  return {
    project: `id-${projectName}`,
    path,
    path_highlights: [],
    line_start: line,
    line_end: line,
    kind: "text",
    symbol: null,
    lang: "rust",
    score: 1,
    lanes: ["text"],
    stale: false,
    snippet: { line, text, highlights: [] },
    ...change,
  };
}

export function offered(
  projectName: string,
  path: string,
  line: number,
  change: Partial<OfferedFile> = {},
): OfferedFile {
  return { project: `id-${projectName}`, path, line, pinned: false, gone: false, ...change };
}

export function model(
  name: string,
  dimensions: number,
  about: string,
  change: Partial<PublishedModel> = {},
): PublishedModel {
  const address = `https://huggingface.co/Xenova/${name}`;
  return { name, about, dimensions, address, fetched: false, ...change };
}

/** A model of which a third has come. */
export const FETCH: ModelFetch = {
  name: "BGESmallENV15",
  phase: "Running",
  file: "onnx/model.onnx",
  came: 41_200_000,
  all: 133_093_490,
  rate: 4_130_000,
  sentence: null,
};

/** The same, where the network has gone. */
export const NOT_FETCHED: Partial<ModelFetch> = {
  phase: "Failed",
  sentence:
    "BGESmallENV15 is not fetched: https://huggingface.co/Xenova/bge-small-en-v1.5/resolve/main/onnx/model.onnx did not go on for 30 s. Look whether this machine is online.",
};
