/**
 * Tells a mouse that moved from a list that moved under it: browsers send the same event for both,
 * and only the first may take the selection. The first event after `reset` only says where it is.
 */
export class PointerTravel {
  #last: [x: number, y: number] | null = null;

  moved(event: { screenX: number; screenY: number }): boolean {
    const last = this.#last;
    this.#last = [event.screenX, event.screenY];
    return last !== null && (last[0] !== event.screenX || last[1] !== event.screenY);
  }

  reset(): void {
    this.#last = null;
  }
}
