/**
 * What is due when: the node's timers and the datagrams that a shim holds back, in one order of (due time, id).
 *
 * A heap of objects (heap-js) and not the simulator's wheel: a wheel hands out events up to a given time but cannot say when the next one is due,
 * which is what the alarm must be set to, and a live node has a few thousand timers, not millions. A cancelled timer stays in the heap until it
 * is due; when more than half of the heap is cancelled it is rebuilt, so memory stays within twice what is pending
 * however often somebody makes us set and cancel.
 */
import { Heap } from 'heap-js';
import type { TimerId } from '../../protocols/host.ts';

export interface DueTimer {
  /** On the steady clock, integer microseconds. */
  dueUs: number;
  id: TimerId;
  /** Whom it concerns, a number of the caller's. */
  owner: number;
  kind: number;
  argument: number;
}

/** Below this size a heap is not worth rebuilding. */
const REBUILD_MIN = 64;

function compare(x: DueTimer, y: DueTimer): number {
  return x.dueUs - y.dueUs || x.id - y.id;
}

export class TimerQueue {
  #heap = new Heap<DueTimer>(compare);
  readonly #pending = new Map<TimerId, DueTimer>();
  #nextId = 0;

  /** Timers that will fire. */
  get size(): number {
    return this.#pending.size;
  }

  /** Timers in memory, the cancelled ones included. */
  get stored(): number {
    return this.#heap.length;
  }

  /** Adds a timer due at `dueUs`, a safe integer; `kind` and `argument` are kept as 32-bit integers. */
  set(dueUs: number, owner: number, kind: number, argument: number): TimerId {
    const id = this.#nextId++;
    const timer = { dueUs, id, owner, kind: kind | 0, argument: argument | 0 };
    this.#pending.set(id, timer);
    this.#heap.push(timer);
    return id;
  }

  /** Takes a timer away; harmless if it is not pending. */
  cancel(id: TimerId): void {
    if (!this.#pending.delete(id)) return;
    if (this.#heap.length < REBUILD_MIN || this.#pending.size * 2 >= this.#heap.length) return;
    this.#heap = new Heap<DueTimer>(compare);
    this.#heap.init([...this.#pending.values()]);
  }

  /** When the next timer is due; Infinity if there is none. */
  nextDueUs(): number {
    return this.#first()?.dueUs ?? Infinity;
  }

  /** Takes the next timer out if it is due at `untilUs` or before. */
  take(untilUs: number): DueTimer | undefined {
    const first = this.#first();
    if (first === undefined || first.dueUs > untilUs) return undefined;
    this.#heap.pop();
    this.#pending.delete(first.id);
    return first;
  }

  clear(): void {
    this.#heap.clear();
    this.#pending.clear();
  }

  /** The next timer that was not cancelled. */
  #first(): DueTimer | undefined {
    for (;;) {
      const first = this.#heap.peek();
      if (first === undefined || this.#pending.has(first.id)) return first;
      this.#heap.pop();
    }
  }
}
