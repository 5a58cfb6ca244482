// Why a hit is there and what it is, in marks and words.

import type { Hit } from "../backend/generated/Hit";
import type { LaneName } from "../backend/generated/LaneName";

export type Reason = { mark: string; words: string };

export const REASONS: Readonly<Record<LaneName, Reason>> = {
  symbols: { mark: "@", words: "a definition of this name" },
  names: { mark: "a/b", words: "found by the file’s name" },
  regex: { mark: ".*", words: "a pattern or a part of a word matches" },
  text: { mark: "ab", words: "found in the text" },
  meaning: { mark: "≈", words: "means something like it" },
};

/** The lanes that found the hit, each with a mark that is no colour. */
export function reasons({ lanes }: Pick<Hit, "lanes">): Reason[] {
  return lanes.map((lane) => REASONS[lane]);
}

/** "struct Debounce"; null where the hit lies in nothing that has a name. */
export function symbolWords({ kind, symbol }: Pick<Hit, "kind" | "symbol">): string | null {
  return symbol === null ? null : `${kind} ${symbol}`;
}

export function isFile({ kind }: Pick<Hit, "kind">): boolean {
  return kind === "file";
}
