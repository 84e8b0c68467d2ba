/**
 * CoDel (RFC 8289) as a decision per datagram, with the state of many queues in typed arrays.
 *
 * The RFC runs when a datagram leaves the queue. Here it runs when the datagram is *offered*, in the order of offering, with
 * the time at which it will leave. That gives the same decisions:
 *
 * - The queue is FIFO, so datagrams leave in the order in which they were offered.
 * - A datagram leaves when the link is free: after the last one that was *kept* has been sent. Both that time and its own
 *   waiting time follow from what was offered before it, never from what comes later.
 * - A dropped datagram takes no service, so the next one leaves at the same instant, exactly as in the RFC's inner loop.
 * - When the real queue runs empty, the RFC leaves the dropping state. Here the next datagram then waits for nothing, is below target,
 *   and has the same effect before any decision is taken.
 *
 * One clause does look ahead: the RFC drops nothing while at most one MTU is *behind* the datagram. In its place the target is
 * never below the time to send one MTU, as RFC 8290 §5.2.2 asks for slow links: a queue of one MTU *ahead* is never a reason to drop.
 */
export class CoDel {
  readonly #targetUs: number;
  readonly #intervalUs: number;
  /** When waiting will have been above target for an interval; 0 while it is below. */
  readonly #firstAboveUs: Float64Array;
  readonly #dropNextUs: Float64Array;
  readonly #count: Float64Array;
  readonly #lastCount: Float64Array;
  /** OUT, DROPPING or AFTER_DROP. */
  readonly #state: Uint8Array;

  constructor(queues: number, targetUs: number, intervalUs: number) {
    this.#targetUs = targetUs;
    this.#intervalUs = intervalUs;
    this.#firstAboveUs = new Float64Array(queues);
    this.#dropNextUs = new Float64Array(queues);
    this.#count = new Float64Array(queues);
    this.#lastCount = new Float64Array(queues);
    this.#state = new Uint8Array(queues);
  }

  /**
   * Whether the datagram that leaves `queue` at `nowUs` after waiting `waitUs` is dropped.
   * @param mtuUs time to send one MTU over this link
   */
  drops(queue: number, nowUs: number, waitUs: number, mtuUs: number): boolean {
    const above = this.#aboveForAnInterval(queue, nowUs, waitUs, mtuUs);
    const state = this.#state[queue]!;
    if (state === OUT) return above && this.#enter(queue, nowUs);
    if (!above) {
      this.#state[queue] = OUT;
      return false;
    }
    if (state === AFTER_DROP) {
      // The next drop is scheduled from the previous one's schedule, and only if this datagram still finds the queue bad.
      this.#dropNextUs[queue] = this.#law(this.#dropNextUs[queue]!, this.#count[queue]!);
      this.#state[queue] = DROPPING;
    }
    if (nowUs < this.#dropNextUs[queue]!) return false;
    this.#count[queue]!++;
    this.#state[queue] = AFTER_DROP;
    return true;
  }

  #enter(queue: number, nowUs: number): boolean {
    // A queue that was bad a moment ago resumes near the rate that controlled it then.
    const delta = this.#count[queue]! - this.#lastCount[queue]!;
    const recent = nowUs - this.#dropNextUs[queue]! < 16 * this.#intervalUs;
    this.#count[queue] = delta > 1 && recent ? delta : 1;
    this.#dropNextUs[queue] = this.#law(nowUs, this.#count[queue]!);
    this.#lastCount[queue] = this.#count[queue]!;
    this.#state[queue] = DROPPING;
    return true;
  }

  #aboveForAnInterval(queue: number, nowUs: number, waitUs: number, mtuUs: number): boolean {
    if (waitUs < this.#targetUs || waitUs <= mtuUs) {
      this.#firstAboveUs[queue] = 0;
      return false;
    }
    if (this.#firstAboveUs[queue] === 0) {
      this.#firstAboveUs[queue] = nowUs + this.#intervalUs;
      return false;
    }
    return nowUs >= this.#firstAboveUs[queue]!;
  }

  #law(fromUs: number, count: number): number {
    return fromUs + this.#intervalUs / Math.sqrt(count);
  }
}

/** Not dropping. */
const OUT = 0;
/** Dropping, with the next drop scheduled. */
const DROPPING = 1;
/** Dropping, and the last datagram was dropped; the next drop is not scheduled yet. */
const AFTER_DROP = 2;
