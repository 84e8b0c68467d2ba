/**
 * Access links: a rate and a finite FIFO queue per node, as one virtual finish time each.
 *
 * The queue costs no events. Service is in order and takes bytes / rate, so everything about a datagram is known when it is
 * offered: it starts when the last one that was kept has been sent. Drop-tail compares the bytes not yet sent with the limit;
 * what CoDel does, and why it can be decided now, is in codel.ts. One consequence of deciding early: datagrams that
 * CoDel is going to drop do not count against the byte limit while they would still be waiting.
 *
 * Times are kept as fractional microseconds, so that rounding a delay up to a whole one never adds up over a busy period.
 */
import { CoDel } from './codel.ts';
import type { NetworkModel } from './model.ts';
import { DROP_QUEUE, IP_UDP_OVERHEAD_BYTES, type Transit } from './transit.ts';

const MICROS_PER_SECOND = 1_000_000;
const BITS_PER_BYTE = 8;

export class AccessLinks {
  /** True if some link is limited at all. */
  readonly limited: boolean;
  /** Time to send one byte over each node's link, microseconds; 0 for a link without limit. */
  readonly #usPerByte: Float64Array;
  /** When each link will have sent everything that was kept so far, fractional microseconds. */
  readonly #freeAtUs: Float64Array;
  readonly #limitBytes: number;
  readonly #mtuBytes: number;
  readonly #codel: CoDel | undefined;

  /**
   * @param bitsPerSecond rate of each node's link; Infinity for no limit
   * @param queue the queue in front of each link
   * @param mtuBytes largest packet of the path: CoDel tolerates a queue of one
   */
  constructor(bitsPerSecond: Float64Array, queue: NetworkModel['queue'], mtuBytes: number) {
    this.#usPerByte = bitsPerSecond.map((rate) => (BITS_PER_BYTE * MICROS_PER_SECOND) / rate);
    this.limited = this.#usPerByte.some((us) => us > 0);
    this.#freeAtUs = new Float64Array(bitsPerSecond.length);
    this.#limitBytes = queue.limitBytes;
    this.#mtuBytes = mtuBytes;
    this.#codel =
      queue.kind === 'codel'
        ? new CoDel(bitsPerSecond.length, queue.targetUs, queue.intervalUs)
        : undefined;
  }

  /**
   * Sends `transit` over `node`'s link, from `transit.delayUs` after now on: adds waiting and transmission, or drops.
   * Must be called in the order in which the datagrams reach the link.
   */
  offer(node: number, transit: Transit): void {
    const usPerByte = this.#usPerByte[node]!;
    if (usPerByte === 0) return;
    const arriveUs = transit.nowUs + transit.delayUs;
    const freeAtUs = this.#freeAtUs[node]!;
    const wireBytes = transit.bytes + IP_UDP_OVERHEAD_BYTES;
    const waitUs = freeAtUs > arriveUs ? freeAtUs - arriveUs : 0;
    // A link that is idle takes any datagram: it goes on the wire, not into the queue.
    if (waitUs > 0 && waitUs / usPerByte + wireBytes > this.#limitBytes) {
      transit.drop = DROP_QUEUE;
      return;
    }
    const startUs = waitUs > 0 ? freeAtUs : arriveUs;
    if (
      this.#codel !== undefined &&
      this.#codel.drops(node, startUs, waitUs, this.#mtuBytes * usPerByte)
    ) {
      transit.drop = DROP_QUEUE;
      return;
    }
    const finishUs = startUs + wireBytes * usPerByte;
    this.#freeAtUs[node] = finishUs;
    transit.delayUs = Math.ceil(finishUs - transit.nowUs);
  }
}
