/**
 * An access link: a rate and a finite FIFO queue, as a virtual finish time per node.
 *
 * The queue costs no events. Since service is in order and takes bytes / rate, everything about a datagram is known when it is
 * offered: it starts when the one before it has finished. Drop-tail compares the backlog with the limit. CoDel (RFC 8289) decides when a
 * datagram would *leave* the queue, from how long it waited; because the order is FIFO, deciding in the order of offering sees the same
 * sequence of (departure time, waiting time) as deciding at each departure, and a datagram that is dropped takes no service, so
 * those behind it move up exactly as in the real queue. One difference is inherent to any FIFO computed ahead: the byte limit counts datagrams
 * that CoDel will drop only until that decision, which is made at once.
 */
import { DROP_NONE, DROP_QUEUE, IP_UDP_OVERHEAD_BYTES, type Transit } from './transit.ts';

export interface QueueModel {
  kind: 'drop-tail' | 'codel';
  limitBytes: number;
  /** CoDel only. */
  targetUs?: number;
  intervalUs?: number;
}

const BITS_PER_BYTE = 8;
const MICROS_PER_SECOND = 1_000_000;

export class AccessLinks {
  /** Bits per second of each node's link; Infinity for no limit. */
  readonly bitsPerSecond: Float64Array;
  /** When each link will have sent everything offered so far, fractional microseconds. */
  readonly #freeAtUs: Float64Array;
  readonly #queue: QueueModel;
  readonly #codel: CoDel | undefined;

  constructor(bitsPerSecond: Float64Array, queue: QueueModel) {
    this.bitsPerSecond = bitsPerSecond;
    this.#freeAtUs = new Float64Array(bitsPerSecond.length);
    this.#queue = queue;
    this.#codel =
      queue.kind === 'codel'
        ? new CoDel(bitsPerSecond.length, queue.targetUs ?? 5_000, queue.intervalUs ?? 100_000)
        : undefined;
  }

  /** True if some link is limited at all. */
  get limited(): boolean {
    return this.bitsPerSecond.some((rate) => rate !== Infinity);
  }

  /** Sends `transit` over `node`'s link, starting `transit.delayUs` after now: adds waiting and transmission, or drops. */
  offer(node: number, transit: Transit): void {
    const rate = this.bitsPerSecond[node]!;
    if (rate === Infinity) return;
    const usPerByte = (BITS_PER_BYTE * MICROS_PER_SECOND) / rate;
    const arriveUs = transit.nowUs + transit.delayUs;
    const wire = transit.bytes + IP_UDP_OVERHEAD_BYTES;
    const startUs = Math.max(arriveUs, this.#freeAtUs[node]!);
    const waitUs = startUs - arriveUs;
    if (waitUs > 0) {
      const backlogBytes = waitUs / usPerByte;
      if (backlogBytes + wire > this.#queue.limitBytes) {
        transit.drop = DROP_QUEUE;
        return;
      }
    }
    if (this.#codel !== undefined && this.#codel.drops(node, startUs, waitUs)) {
      transit.drop = DROP_QUEUE;
      return;
    }
    const finishUs = startUs + wire * usPerByte;
    this.#freeAtUs[node] = finishUs;
    transit.drop = DROP_NONE;
    transit.delayUs = Math.max(1, Math.ceil(finishUs - transit.nowUs));
  }
}

/** The CoDel control law of RFC 8289 §5, state per node. */
export class CoDel {
  readonly #targetUs: number;
  readonly #intervalUs: number;
  /** When the waiting time will have been above target for an interval; 0 while it is below. */
  readonly #firstAboveUs: Float64Array;
  readonly #dropNextUs: Float64Array;
  readonly #count: Float64Array;
  readonly #lastCount: Float64Array;
  readonly #dropping: Uint8Array;

  constructor(nodes: number, targetUs: number, intervalUs: number) {
    this.#targetUs = targetUs;
    this.#intervalUs = intervalUs;
    this.#firstAboveUs = new Float64Array(nodes);
    this.#dropNextUs = new Float64Array(nodes);
    this.#count = new Float64Array(nodes);
    this.#lastCount = new Float64Array(nodes);
    this.#dropping = new Uint8Array(nodes);
  }

  /** Whether the datagram that leaves `node`'s queue at `nowUs` after waiting `waitUs` is dropped. */
  drops(node: number, nowUs: number, waitUs: number): boolean {
    const above = this.#aboveForAnInterval(node, nowUs, waitUs);
    if (this.#dropping[node] === 1) {
      if (!above) {
        this.#dropping[node] = 0;
        return false;
      }
      if (nowUs < this.#dropNextUs[node]!) return false;
      this.#count[node]!++;
      this.#dropNextUs[node] = this.#law(this.#dropNextUs[node]!, this.#count[node]!);
      return true;
    }
    if (!above) return false;
    this.#dropping[node] = 1;
    // A queue that was bad a moment ago resumes near the rate that controlled it then.
    const delta = this.#count[node]! - this.#lastCount[node]!;
    const recent = nowUs - this.#dropNextUs[node]! < 16 * this.#intervalUs;
    this.#count[node] = delta > 1 && recent ? delta : 1;
    this.#dropNextUs[node] = this.#law(nowUs, this.#count[node]!);
    this.#lastCount[node] = this.#count[node]!;
    return true;
  }

  #aboveForAnInterval(node: number, nowUs: number, waitUs: number): boolean {
    if (waitUs < this.#targetUs) {
      this.#firstAboveUs[node] = 0;
      return false;
    }
    if (this.#firstAboveUs[node] === 0) {
      this.#firstAboveUs[node] = nowUs + this.#intervalUs;
      return false;
    }
    return nowUs >= this.#firstAboveUs[node]!;
  }

  #law(fromUs: number, count: number): number {
    return fromUs + this.#intervalUs / Math.sqrt(count);
  }
}
