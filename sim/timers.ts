/**
 * Pending timers of all nodes in parallel arrays. A timer's slot is freed only when its event leaves the queue, so a
 * cancelled timer needs no search in the queue and a stale event can never fire somebody else's timer.
 */
export class TimerTable {
  kinds = new Int32Array(256);
  arguments = new Int32Array(256);
  /** Life of the node that set it: a crash starts a new life and silences the timers of the old one. */
  lives = new Int32Array(256);
  #generations = new Int32Array(256);
  #cancelled = new Uint8Array(256);
  #free = new Int32Array(256);
  #freeCount = 0;
  #used = 0;

  /** A slot for a new timer. */
  add(kind: number, argument: number, life: number): number {
    let slot: number;
    if (this.#freeCount > 0) slot = this.#free[--this.#freeCount]!;
    else {
      slot = this.#used++;
      if (slot === this.kinds.length) this.#grow();
    }
    this.kinds[slot] = kind;
    this.arguments[slot] = argument;
    this.lives[slot] = life;
    this.#cancelled[slot] = 0;
    return slot;
  }

  /** The public name of the timer in `slot`: differs from every earlier timer of that slot. */
  idOf(slot: number): number {
    return this.#generations[slot]! * 0x4000000 + slot;
  }

  cancel(id: number): void {
    if (id < 0) return;
    const slot = id % 0x4000000;
    if (slot < this.#used && this.idOf(slot) === id) this.#cancelled[slot] = 1;
  }

  /** Frees `slot` as its event leaves the queue. @returns false if the timer was cancelled. */
  take(slot: number): boolean {
    this.#generations[slot] = (this.#generations[slot]! + 1) & 0x3ffffff;
    this.#free[this.#freeCount++] = slot;
    return this.#cancelled[slot] === 0;
  }

  #grow(): void {
    const room = this.kinds.length * 2;
    const grown = (old: Int32Array) => {
      const array = new Int32Array(room);
      array.set(old);
      return array;
    };
    this.kinds = grown(this.kinds);
    this.arguments = grown(this.arguments);
    this.lives = grown(this.lives);
    this.#generations = grown(this.#generations);
    this.#free = grown(this.#free);
    const cancelled = new Uint8Array(room);
    cancelled.set(this.#cancelled);
    this.#cancelled = cancelled;
  }
}
