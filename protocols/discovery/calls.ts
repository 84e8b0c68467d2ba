/** Requests that wait for an answer: who was asked what, under which transaction, and the timer that ends the wait. */
import type { Host, Micros, PeerHandle, TimerId } from '../host.ts';
import type { RandomStream } from '../random.ts';
import { encodeDiscovery, type DiscoveryMessage } from './messages.ts';
import { CALLS_MAX } from './params.ts';
import { TIMER_CALL } from './timers.ts';

/** What the answer is for: the caller's own. */
interface Open<Context> {
  peer: PeerHandle;
  context: Context;
  timer: TimerId;
}

export class Calls<Context> {
  readonly #host: Host;
  readonly #timeoutUs: Micros;
  readonly #random: RandomStream;
  readonly #open = new Map<number, Open<Context>>();

  constructor(host: Host, timeoutUs: Micros) {
    this.#host = host;
    this.#timeoutUs = timeoutUs;
    this.#random = host.random('discovery/transaction');
  }

  /** Sends a request. @returns false, having sent nothing, when too many are open. */
  send(
    peer: PeerHandle,
    context: Context,
    request: (transaction: number) => DiscoveryMessage,
  ): boolean {
    if (this.#open.size === CALLS_MAX) return false;
    let transaction = this.#random.uint32();
    while (this.#open.has(transaction)) transaction = this.#random.uint32();
    const timer = this.#host.setTimer(this.#timeoutUs, TIMER_CALL, transaction | 0);
    this.#open.set(transaction, { peer, context, timer });
    const bytes = encodeDiscovery(request(transaction));
    this.#host.send(peer, bytes, 0, bytes.length);
    return true;
  }

  /** Ends the call that `from` answers; undefined for an answer that nobody asked for. */
  answered(from: PeerHandle, transaction: number): Context | undefined {
    const call = this.#open.get(transaction);
    if (call?.peer !== from) return undefined;
    this.#host.cancelTimer(call.timer);
    this.#open.delete(transaction);
    return call.context;
  }

  /** Ends a call whose time is over. */
  timedOut(argument: number): { peer: PeerHandle; context: Context } | undefined {
    const call = this.#open.get(argument >>> 0);
    this.#open.delete(argument >>> 0);
    return call;
  }

  clear(): void {
    for (const call of this.#open.values()) this.#host.cancelTimer(call.timer);
    this.#open.clear();
  }
}
