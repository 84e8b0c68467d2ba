/** Which packets of a peer have come, and when to say so (RFC 9000 §13.2). */
import type { Micros } from '../../host.ts';
import { ACK_RANGES_MAX, type NumberRange } from './frames.ts';
import { ACK_DELAY_MAX_US } from './round-trip.ts';

/** Packets after which nobody waits any longer (RFC 9000 §13.2.2). */
const ACK_EVERY = 2;
/** A range must fit the 16 bits in which it is said. */
const SPAN_MAX = 0xfffe;

export class ReceivedNumbers {
  /** The newest first. */
  readonly ranges: NumberRange[] = [];
  #largestAtUs: Micros = 0;
  #unsaid = 0;
  #dueUs: Micros = -1;

  /** When the peer must be told, -1 for nothing to tell. */
  get dueUs(): Micros {
    return this.#dueUs;
  }

  /** Notes a packet; `eliciting` if it asks to be acknowledged. */
  note(number: number, eliciting: boolean, nowUs: Micros): void {
    const newest = this.ranges[0]?.high ?? -1;
    if (number > newest) this.#largestAtUs = nowUs;
    const known = !this.#insert(number);
    if (!eliciting) return;
    this.#unsaid++;
    const outOfOrder = known || number !== newest + 1;
    const now = outOfOrder || this.#unsaid >= ACK_EVERY;
    if (now) this.#dueUs = nowUs;
    else if (this.#dueUs < 0) this.#dueUs = nowUs + ACK_DELAY_MAX_US;
  }

  /** How long ago the largest number came. */
  delayUs(nowUs: Micros): Micros {
    return nowUs - this.#largestAtUs;
  }

  said(): void {
    this.#unsaid = 0;
    this.#dueUs = -1;
  }

  /** @returns false if the number was there. */
  #insert(number: number): boolean {
    const { ranges } = this;
    let i = 0;
    while (i < ranges.length && number < ranges[i]!.low - 1) i++;
    const range = ranges[i];
    if (range === undefined || number > range.high + 1) {
      ranges.splice(i, 0, { low: number, high: number });
      if (ranges.length > ACK_RANGES_MAX) ranges.pop();
      return true;
    }
    if (number >= range.low && number <= range.high) return false;
    if (number < range.low) range.low = number;
    else range.high = number;
    const below = ranges[i + 1];
    if (below?.high === range.low - 1) {
      range.low = below.low;
      ranges.splice(i + 1, 1);
    }
    // What is older than a range can say is forgotten: it was acknowledged long ago.
    range.low = Math.max(range.low, range.high - SPAN_MAX);
    return true;
  }
}
