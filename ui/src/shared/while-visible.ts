/**
 * Calls `tick` every so many milliseconds for as long as the page is seen, and at once when it is
 * seen again: a window that is hidden wakes nobody. Returns what ends it.
 */
export function whileVisible(every: number, tick: () => void): () => void {
  let ticking: ReturnType<typeof setInterval> | undefined;
  const follow = () => {
    clearInterval(ticking);
    ticking = document.hidden ? undefined : setInterval(tick, every);
  };
  const seen = () => {
    follow();
    if (!document.hidden) tick();
  };
  follow();
  document.addEventListener("visibilitychange", seen);
  return () => {
    clearInterval(ticking);
    document.removeEventListener("visibilitychange", seen);
  };
}
