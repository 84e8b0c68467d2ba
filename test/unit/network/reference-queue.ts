/**
 * Queues that are really there, to compare the virtual ones with: a list of datagrams, taken out one by one when the link is
 * free, and CoDel as RFC 8289 §5 writes it, run at each departure. One byte takes one microsecond, so all times are whole.
 */
export interface Offered {
  atUs: number;
  wireBytes: number;
}

interface Waiting {
  index: number;
  atUs: number;
}

/** Takes the next datagram to send out of `queue` and returns its index, or -1 when the queue is empty. */
export type Take = (queue: Waiting[], nowUs: number) => number;

export const takeHead: Take = (queue) => queue.shift()?.index ?? -1;

/** When the link has sent each datagram, or -1 for one that was dropped. */
export function realQueue(offered: readonly Offered[], take: Take, limitBytes: number): number[] {
  const finishes = offered.map(() => -1);
  const queue: Waiting[] = [];
  let busyUntilUs = 0;
  const serve = (untilUs: number): void => {
    while (queue.length > 0) {
      const nowUs = Math.max(busyUntilUs, queue[0]!.atUs);
      if (nowUs > untilUs) return;
      const index = take(queue, nowUs);
      if (index < 0) return;
      busyUntilUs = nowUs + offered[index]!.wireBytes;
      finishes[index] = busyUntilUs;
    }
  };
  offered.forEach(({ atUs, wireBytes }, index) => {
    serve(atUs);
    const waitingBytes = queue.reduce((sum, w) => sum + offered[w.index]!.wireBytes, 0);
    const unsentBytes = waitingBytes + Math.max(0, busyUntilUs - atUs);
    if (unsentBytes > 0 && unsentBytes + wireBytes > limitBytes) return;
    queue.push({ index, atUs });
    serve(atUs);
  });
  serve(Infinity);
  return finishes;
}

/** RFC 8289 §5, with the target of at least one MTU ahead in place of the clause about one MTU behind (see codel.ts). */
export class ReferenceCoDel {
  #firstAbove = 0;
  #dropNext = 0;
  #count = 0;
  #lastCount = 0;
  #dropping = false;
  readonly #target: number;
  readonly #interval: number;
  readonly #mtuUs: number;

  constructor(targetUs: number, intervalUs: number, mtuUs: number) {
    this.#target = targetUs;
    this.#interval = intervalUs;
    this.#mtuUs = mtuUs;
  }

  readonly take: Take = (queue, now) => {
    let head = this.#dodeque(queue, now);
    if (this.#dropping) {
      if (!head.okToDrop) this.#dropping = false;
      while (now >= this.#dropNext && this.#dropping) {
        this.#count++;
        head = this.#dodeque(queue, now);
        if (!head.okToDrop) this.#dropping = false;
        else this.#dropNext = this.#law(this.#dropNext);
      }
    } else if (head.okToDrop) {
      head = this.#dodeque(queue, now);
      this.#dropping = true;
      const delta = this.#count - this.#lastCount;
      this.#count = delta > 1 && now - this.#dropNext < 16 * this.#interval ? delta : 1;
      this.#dropNext = this.#law(now);
      this.#lastCount = this.#count;
    }
    return head.index;
  };

  #dodeque(queue: Waiting[], now: number): { index: number; okToDrop: boolean } {
    const packet = queue.shift();
    if (packet === undefined) {
      this.#firstAbove = 0;
      return { index: -1, okToDrop: false };
    }
    const sojourn = now - packet.atUs;
    let okToDrop = false;
    if (sojourn < this.#target || sojourn <= this.#mtuUs) this.#firstAbove = 0;
    else if (this.#firstAbove === 0) this.#firstAbove = now + this.#interval;
    else if (now >= this.#firstAbove) okToDrop = true;
    return { index: packet.index, okToDrop };
  }

  #law(from: number): number {
    return from + this.#interval / Math.sqrt(this.#count);
  }
}
