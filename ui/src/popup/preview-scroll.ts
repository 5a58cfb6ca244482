// The lines of the preview, as the keys of the list move them.

/** The element whose lines scroll. */
export const PREVIEW_LINES = "preview-lines";
const LINE_PX = 18;

export function scrollPreview(lines: number): void {
  document.getElementById(PREVIEW_LINES)?.scrollBy({ top: lines * LINE_PX });
}
