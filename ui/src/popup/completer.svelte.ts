// The list of completions below the box: what is offered, which one is chosen.

import {
  type Completion,
  type Option,
  type Vocabulary,
  accept,
  filtersAt,
  valuesAt,
} from "./completion";

type Edit = { query: string; caret: number };

export class Completer {
  offered = $state.raw<Completion | null>(null);
  active = $state(0);
  /** An arrow has been pressed: Enter is meant for this list. */
  chosen = $state(false);

  get options(): Option[] {
    return this.offered?.options ?? [];
  }

  get isOpen(): boolean {
    return this.offered !== null;
  }

  /** After every change in the box. */
  follow(query: string, caret: number, known: Vocabulary): void {
    this.#offer(valuesAt(query, caret, known));
  }

  /** One filter is put in at once, several are offered; null where the key means nothing here. */
  complete(query: string, caret: number): Edit | "offered" | null {
    if (this.offered) return this.accept(query);
    const filters = filtersAt(query, caret);
    const [only, ...others] = filters?.options ?? [];
    if (!filters || !only) return null;
    if (others.length === 0) return accept(query, filters, only);
    this.#offer(filters);
    return "offered";
  }

  accept(query: string, index = this.active): Edit | null {
    const option = this.options[index];
    if (!this.offered || !option) return null;
    return accept(query, this.offered, option);
  }

  move(step: 1 | -1): void {
    const { length } = this.options;
    this.active = (this.active + step + length) % length;
    this.chosen = true;
  }

  close(): void {
    this.#offer(null);
  }

  #offer(completion: Completion | null): void {
    this.offered = completion;
    this.active = 0;
    this.chosen = false;
  }
}

/** The element of an option, so that the box can point to it. */
export function optionId(index: number): string {
  return `completion-${index}`;
}
