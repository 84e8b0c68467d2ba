/**
 * Whom a host listens to. A datagram passes, in this order: its length, its source, the source's bucket, everybody's bucket, the
 * endpoint book. The cheap and the certain come first, and up to the book a stranger has cost a fixed number of array accesses and no memory;
 * the book then has its own bound. Every refusal is counted under its reason and answered by nothing.
 */
import { WIRE_BYTES_MAX, type EndpointHandle } from '../../protocols/link/host.ts';
import type { HostCounters } from './counters.ts';
import type { EndpointBook } from './endpoint-book.ts';
import { isUnicast, writeEndpointOf } from './endpoint-text.ts';
import { SourceLimiter, TotalLimiter, type RateLimit } from './limits.ts';

export class Gate {
  readonly #counters: HostCounters;
  readonly #book: EndpointBook;
  readonly #source: SourceLimiter;
  readonly #total: TotalLimiter;

  /** @param secret 32 bits that nobody else knows. */
  constructor(
    counters: HostCounters,
    book: EndpointBook,
    sourceLimit: RateLimit,
    totalLimit: RateLimit,
    secret: number,
  ) {
    this.#counters = counters;
    this.#book = book;
    this.#source = new SourceLimiter(sourceLimit, secret);
    this.#total = new TotalLimiter(totalLimit);
  }

  /** Looks at a datagram as it comes from the socket and writes the 18 bytes of its source into `out`. @returns whether it may go on. */
  identify(address: string, port: number, lengthBytes: number, out: Uint8Array): boolean {
    const counters = this.#counters;
    counters.datagramsIn++;
    counters.bytesIn += lengthBytes;
    if (lengthBytes > WIRE_BYTES_MAX) {
      counters.droppedOversize++;
      return false;
    }
    if (!writeEndpointOf(address, port, out, 0) || !isUnicast(out, 0)) {
      counters.droppedSource++;
      return false;
    }
    return true;
  }

  /** The number of the source of a datagram that is to be handled at `steadyUs`, or -1 if it is dropped. */
  admit(source: Uint8Array, steadyUs: number): EndpointHandle {
    const counters = this.#counters;
    if (!this.#source.take(source, 0, steadyUs)) {
      counters.droppedSourceLimit++;
      return -1;
    }
    const held = this.#book.isHeld(this.#book.find(source, 0));
    if (!this.#total.take(held, steadyUs)) {
      counters.droppedTotalLimit++;
      return -1;
    }
    const endpoint = this.#book.intern(source, 0);
    if (endpoint < 0) counters.droppedBookFull++;
    else counters.delivered++;
    return endpoint;
  }
}
