addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === "q") {
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
