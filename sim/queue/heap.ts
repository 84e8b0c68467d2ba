/**
 * The reference event queue: npm's heap-js over event objects, the obvious way to write one.
 *
 * It exists to be compared with: the property test demands that the wheel hands out exactly its order, and the bench
 * states the wheel's speed as a multiple of it. heap-js is not stable, hence the full key in the comparator.
 */
import { Heap } from 'heap-js';

export interface QueuedEvent {
  timeUs: number;
  source: number;
  sequence: number;
  target: number;
  kind: number;
  a: number;
  b: number;
}

function compare(x: QueuedEvent, y: QueuedEvent): number {
  return x.timeUs - y.timeUs || x.source - y.source || x.sequence - y.sequence;
}

export class HeapQueue {
  readonly #heap = new Heap<QueuedEvent>(compare);

  get size(): number {
    return this.#heap.length;
  }

  push(event: QueuedEvent): void {
    this.#heap.push(event);
  }

  /** The next event in order if it is due at `untilUs` or before. */
  pop(untilUs: number): QueuedEvent | undefined {
    const first = this.#heap.peek();
    return first !== undefined && first.timeUs <= untilUs ? this.#heap.pop() : undefined;
  }
}
