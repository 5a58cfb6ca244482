// The letter on the key where the layout has none of ours: an alphabet of its own.
function letter(event) {
  const foreign = event.key.length === 1 && event.key.charCodeAt(0) > 127;
  const key = foreign ? event.code.replace(/^Key/, "") : event.key;
  return key.toLowerCase();
}
addEventListener("keydown", (event) => {
  const alone = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  if (alone && letter(event) === "q") {
    event.preventDefault();
    window.__TAURI_INTERNALS__.invoke("quit");
  }
});
// A browser's own menu can reload the page or leave it.
addEventListener("contextmenu", (event) => {
  if (!(event.target instanceof Element && event.target.closest("input, textarea"))) {
    event.preventDefault();
  }
});
