// Folders out of pasted text: the way in where dragging does not work.

const FILE_SCHEME = "file://";
const ABSOLUTE = /^(?:\/|~\/|[A-Za-z]:[\\/]|\\\\)/;

/** The absolute paths and file addresses in `text`, one a line, as file managers copy them. */
export function pastedPaths(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .map((line) => (line.startsWith(FILE_SCHEME) ? fromFileAddress(line) : line))
    .filter((line) => ABSOLUTE.test(line));
}

function fromFileAddress(address: string): string {
  try {
    return decodeURIComponent(new URL(address).pathname);
  } catch {
    return "";
  }
}
