/**
 * Which datagram counters were seen: a sliding window over the highest one (the ring of RFC 6479, sized for reordering within a
 * round trip at high rates).
 */

/** Counters behind the highest that are still accepted, once each. */
export const REPLAY_WINDOW = 1_024;

const WORDS = REPLAY_WINDOW / 32 + 1;

export class ReplayWindow {
  readonly #bits = new Uint32Array(WORDS);
  /** One more than the highest counter accepted. */
  #next = 0;

  get highest(): number {
    return this.#next - 1;
  }

  /** Whether `counter` (an integer >= 0) is new and not too old. Changes nothing. */
  isFresh(counter: number): boolean {
    if (counter >= this.#next) return true;
    if (counter < this.#next - REPLAY_WINDOW) return false;
    return (this.#bits[Math.floor(counter / 32) % WORDS]! & (1 << (counter % 32))) === 0;
  }

  /** Marks a counter that `isFresh` as seen: only after its datagram has proved genuine. */
  accept(counter: number): void {
    const word = Math.floor(counter / 32);
    if (counter >= this.#next) {
      const last = Math.floor((this.#next - 1) / 32);
      const cleared = Math.min(WORDS, word - last);
      for (let i = 1; i <= cleared; i++) this.#bits[(last + i + WORDS) % WORDS] = 0;
      // After a jump over the whole ring nothing of it is left, wherever the new word lies.
      if (cleared === WORDS) this.#bits.fill(0);
      this.#next = counter + 1;
    }
    this.#bits[word % WORDS]! |= 1 << (counter % 32);
  }
}
