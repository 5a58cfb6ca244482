// A model that is fetched, in words.

import type { ModelFetch } from "../backend/generated/ModelFetch";
import type { PublishedModel } from "../backend/generated/PublishedModel";
import { bytes, counted, percent } from "../shared/figures";

/** "BGESmallENV15 (384 dimensions), on this machine" */
export function modelWords({ name, dimensions, fetched }: PublishedModel): string {
  return `${name} (${counted(dimensions, "dimension")})${fetched ? ", on this machine" : ""}`;
}

/** What happens when it is fetched, before anybody asked for that. */
export function offerWords({ name, about, address }: PublishedModel): string {
  const made = about === "" ? "" : ` (${about})`;
  return `${name}${made} is not on this machine. Fetch downloads it from ${address}; its size is shown as soon as it begins. Until then nothing is downloaded.`;
}

/** "model.onnx: 31 %, 41.2 MB of 133 MB, 4.1 MB/s" */
export function fetchWords({ file, came, all, rate }: ModelFetch): string {
  if (file === "") return "Asking for it…";
  const share = all === null ? null : percent(came, all);
  const parts = [
    share === null ? null : `${share} %`,
    all === null ? bytes(came) : `${bytes(came)} of ${bytes(all)}`,
    rate === null ? null : `${bytes(rate)}/s`,
  ];
  return `${file}: ${parts.filter((part) => part !== null).join(", ")}`;
}
