/** What a scenario has planned for moments of its run: acts of users, faults, measurements. In order of time, then of planning. */
import { Heap } from 'heap-js';

interface Item {
  timeUs: number;
  order: number;
  act: () => void;
}

export class Agenda {
  readonly #items = new Heap<Item>((a, b) => a.timeUs - b.timeUs || a.order - b.order);
  #order = 0;

  add(timeUs: number, act: () => void): void {
    this.#items.push({ timeUs, order: this.#order++, act });
  }

  /** When the next item is due, Infinity for none. */
  get nextUs(): number {
    return this.#items.peek()?.timeUs ?? Infinity;
  }

  runDue(nowUs: number): void {
    while (this.nextUs <= nowUs) this.#items.pop()!.act();
  }
}
