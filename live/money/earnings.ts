/** What a node has earned, day by day: cheques that it has taken, in accounting units. Days are those of the user's calendar in UTC. */
import { decodePlain, encodePlain } from '../store/plain.ts';
import type { Change, Store } from '../store/port.ts';

const NAMESPACE = 'earned';
const DAY_MS = 86_400_000;
const MONTH_DAYS = 30;

export class Earnings {
  readonly #store: Store;
  readonly #wallMs: () => number;
  readonly #days = new Map<string, number>();
  readonly #changed = new Set<string>();

  constructor(store: Store, wallMs: () => number) {
    this.#store = store;
    this.#wallMs = wallMs;
  }

  async load(): Promise<void> {
    for (const { key, value } of await this.#store.scan(NAMESPACE))
      this.#days.set(key, decodePlain(value) as number);
  }

  add(units: number): void {
    const day = this.#day(0);
    this.#days.set(day, (this.#days.get(day) ?? 0) + units);
    this.#changed.add(day);
  }

  /** The changes that keep what was added. */
  changes(): Change[] {
    const changes = [...this.#changed].map((key) => ({
      namespace: NAMESPACE,
      key,
      value: encodePlain(this.#days.get(key)),
    }));
    this.#changed.clear();
    return changes;
  }

  get today(): number {
    return this.#days.get(this.#day(0)) ?? 0;
  }

  /** Of the last thirty days, today included. */
  get month(): number {
    let sum = 0;
    for (let ago = 0; ago < MONTH_DAYS; ago++) sum += this.#days.get(this.#day(ago)) ?? 0;
    return sum;
  }

  #day(ago: number): string {
    return new Date(this.#wallMs() - ago * DAY_MS).toISOString().slice(0, 10);
  }
}
