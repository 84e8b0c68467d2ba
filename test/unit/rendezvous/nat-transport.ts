/**
 * A translator of addresses in this process, between a live host and real sockets on loopback: for each outside port that the model gives there
 * is a socket at the translator's own address, and what comes in there is let through or dropped by the model.
 */
import { performance } from 'node:perf_hooks';
import type { Transport, TransportEvents } from '../../../live/host/transport.ts';
import { openUdp } from '../../../live/host/udp.ts';
import { Nat, PORTS, type NatKind } from '../../../sim/network/nat.ts';

const INSIDE = 1;
const INSIDE_PORT = 4_242;

export class NatTransport implements Transport {
  /** What the host believes to have: a private address that nobody outside sees. */
  readonly ipv4 = { address: '10.9.9.2', port: INSIDE_PORT };
  readonly ipv6 = undefined;
  readonly #address: string;
  readonly #nat: Nat;
  /** Real sockets by the model's outside ports. */
  readonly #sockets = new Map<number, Promise<Transport>>();
  /** The model's numbers of hosts, by address. */
  readonly #hosts = new Map<string, number>();
  #events: TransportEvents | undefined;

  /** @param address the translator's address on loopback */
  constructor(kind: NatKind, address: string) {
    this.#nat = new Nat({ kind, bindingUs: 30_000_000 });
    this.#address = address;
  }

  listen(events: TransportEvents): void {
    this.#events = events;
  }

  send(_ipv4: boolean, address: string, port: number, bytes: Uint8Array): boolean {
    const outside = this.#nat.outbound(
      nowUs(),
      INSIDE * PORTS + INSIDE_PORT,
      this.#endpoint(address, port),
    );
    void this.#socket(outside).then((socket) => socket.send(true, address, port, bytes));
    return true;
  }

  async close(): Promise<void> {
    this.#events = undefined;
    for (const opening of this.#sockets.values()) await (await opening).close();
  }

  #socket(outside: number): Promise<Transport> {
    let opening = this.#sockets.get(outside);
    if (opening === undefined) {
      opening = openUdp({ ipv4: { address: this.#address, port: 0 } }).then((socket) => {
        socket.listen({
          received: (address, port, bytes) => {
            const inside = this.#nat.inbound(nowUs(), outside, this.#endpoint(address, port));
            if (inside >= 0) this.#events?.received(address, port, bytes);
          },
          sendFailed: () => undefined,
          socketFailed: () => undefined,
        });
        return socket;
      });
      this.#sockets.set(outside, opening);
    }
    return opening;
  }

  #endpoint(address: string, port: number): number {
    let host = this.#hosts.get(address);
    if (host === undefined) {
      host = 2 + this.#hosts.size;
      this.#hosts.set(address, host);
    }
    return host * PORTS + port;
  }
}

function nowUs(): number {
  return Math.floor(performance.now() * 1_000);
}
