/**
 * Listens in between a host and its sockets: what goes out after everything that holds it back, what comes in before anything refuses it. So it
 * hears what a capture on the wire would, and the host does not know that it is there.
 */
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import { writeEndpointOf } from './endpoint-text.ts';
import type { SocketAddress, Transport, TransportEvents } from './transport.ts';

/** Hears each datagram: where it came from and where it went, 18 bytes each, all borrowed. */
export interface Tap {
  out(from: Uint8Array, to: Uint8Array, bytes: Uint8Array): void;
  in(from: Uint8Array, to: Uint8Array, bytes: Uint8Array): void;
}

export class TappedTransport implements Transport {
  readonly ipv4: SocketAddress | undefined;
  readonly ipv6: SocketAddress | undefined;
  readonly #below: Transport;
  readonly #tap: Tap;
  readonly #own: { ipv4: Uint8Array; ipv6: Uint8Array };
  readonly #other = new Uint8Array(ENDPOINT_BYTES);

  constructor(below: Transport, tap: Tap) {
    this.#below = below;
    this.#tap = tap;
    this.ipv4 = below.ipv4;
    this.ipv6 = below.ipv6;
    this.#own = { ipv4: endpointOf(below.ipv4), ipv6: endpointOf(below.ipv6) };
  }

  listen(events: TransportEvents): void {
    this.#below.listen({
      received: (address, port, bytes) => {
        if (writeEndpointOf(address, port, this.#other, 0))
          this.#tap.in(this.#other, this.#own[address.includes(':') ? 'ipv6' : 'ipv4'], bytes);
        events.received(address, port, bytes);
      },
      sendFailed: (code) => {
        events.sendFailed(code);
      },
      socketFailed: (error) => {
        events.socketFailed(error);
      },
    });
  }

  send(ipv4: boolean, address: string, port: number, bytes: Uint8Array): boolean {
    const taken = this.#below.send(ipv4, address, port, bytes);
    if (taken && writeEndpointOf(address, port, this.#other, 0))
      this.#tap.out(this.#own[ipv4 ? 'ipv4' : 'ipv6'], this.#other, bytes);
    return taken;
  }

  close(): Promise<void> {
    return this.#below.close();
  }
}

function endpointOf(at: SocketAddress | undefined): Uint8Array {
  const endpoint = new Uint8Array(ENDPOINT_BYTES);
  if (at !== undefined) writeEndpointOf(at.address, at.port, endpoint, 0);
  return endpoint;
}
