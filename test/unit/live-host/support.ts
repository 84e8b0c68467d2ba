/** A machine whose clocks stand still until told otherwise, a transport in memory, and hosts made of them. */
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { ENDPOINT_BYTES, PeerBook } from '../../../protocols/identity/peer-book.ts';
import { ADDRESS_BYTES } from '../../../protocols/identity/proximity.ts';
import type { LinkedNode } from '../../../protocols/link/host.ts';
import { NETWORK_EPOCH_US, type Machine } from '../../../live/host/clock.ts';
import { parseEndpoint } from '../../../live/host/endpoint-text.ts';
import { LiveHost } from '../../../live/host/live-host.ts';
import type { LiveHostSettings } from '../../../live/host/settings.ts';
import type { SocketAddress, Transport, TransportEvents } from '../../../live/host/transport.ts';

export class ManualMachine implements Machine {
  /** Network time, and what the steady clock is ahead of it. */
  timeUs: number;
  steadyAheadUs = 7_000_000;
  #wakeUs = Infinity;
  #wake: () => void = () => undefined;

  constructor(timeUs = 0) {
    this.timeUs = timeUs;
  }

  wallUs(): number {
    return NETWORK_EPOCH_US + this.timeUs;
  }

  steadyUs(): number {
    return this.timeUs + this.steadyAheadUs;
  }

  wakeAfter(delayUs: number, wake: () => void): void {
    this.#wakeUs = this.timeUs + delayUs;
    this.#wake = wake;
  }

  sleep(): void {
    this.#wakeUs = Infinity;
  }

  get asleep(): boolean {
    return this.#wakeUs === Infinity;
  }

  /** Sets the wall clock without the steady one noticing. */
  jump(byUs: number): void {
    this.timeUs += byUs;
    this.steadyAheadUs -= byUs;
    this.#wakeUs += byUs;
  }

  /** Lets time pass; alarms ring at their time. */
  advanceTo(timeUs: number): void {
    while (this.#wakeUs <= timeUs) {
      this.timeUs = Math.max(this.timeUs, this.#wakeUs);
      const wake = this.#wake;
      this.#wakeUs = Infinity;
      wake();
    }
    this.timeUs = timeUs;
  }
}

export interface SentTo {
  to: string;
  bytes: Uint8Array;
}

export class MemoryTransport implements Transport {
  readonly ipv4: SocketAddress | undefined;
  readonly ipv6: SocketAddress | undefined;
  readonly sent: SentTo[] = [];
  events: TransportEvents | undefined;
  full = false;
  closed = false;

  constructor(families: { ipv4?: boolean; ipv6?: boolean } = { ipv4: true, ipv6: true }) {
    this.ipv4 = families.ipv4 === true ? { address: '127.0.0.1', port: 4242 } : undefined;
    this.ipv6 = families.ipv6 === true ? { address: '::1', port: 4242 } : undefined;
  }

  listen(events: TransportEvents): void {
    this.events = events;
  }

  send(ipv4: boolean, address: string, port: number, bytes: Uint8Array): boolean {
    if (this.full) return false;
    this.sent.push({
      to: ipv4 ? `${address}:${port}` : `[${address}]:${port}`,
      bytes: Uint8Array.from(bytes),
    });
    return true;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  /** A datagram comes in. */
  receive(from: string, bytes: Uint8Array): void {
    const colon = from.lastIndexOf(':');
    const address = from.slice(0, colon).replace('[', '').replace(']', '');
    this.events!.received(address, Number(from.slice(colon + 1)), bytes);
  }
}

export function endpoint(text: string): Uint8Array {
  const bytes = parseEndpoint(text);
  if (bytes === undefined) throw new Error(`"${text}" is no endpoint`);
  return bytes;
}

/** A book of peers at these endpoints, peer i with an address of bytes i + 1. */
export function bookOf(endpoints: readonly string[]): PeerBook {
  const peers = new PeerBook();
  endpoints.forEach((text, index) =>
    peers.intern(new Uint8Array(ADDRESS_BYTES).fill(index + 1), 0, endpoint(text), 0),
  );
  return peers;
}

/** A node made of what it shall do. */
export function nodeOf(parts: Partial<LinkedNode>): LinkedNode {
  return {
    start: () => undefined,
    stop: () => undefined,
    onDatagram: () => 0,
    onTimer: () => 0,
    ...parts,
  };
}

export interface Setting {
  host: LiveHost;
  machine: ManualMachine;
  transport: MemoryTransport;
}

/** A host in memory; it is peer 0 at 10.0.0.1, peer 1 is at 10.0.0.2. */
export function memoryHost(
  settings: Partial<LiveHostSettings> & { transport?: MemoryTransport } = {},
): Setting {
  const machine = new ManualMachine(1_000_000);
  const transport = settings.transport ?? new MemoryTransport();
  const host = new LiveHost(transport, {
    peers: bookOf(['10.0.0.1:4242', '10.0.0.2:4242']),
    self: 0,
    crypto: createSuite('modelled'),
    machine,
    seed: 1,
    ...settings,
  });
  return { host, machine, transport };
}

/** 18 bytes of a random-looking IPv4 endpoint, a different one for each number below 2^32. */
export function spoofed(number: number, out = new Uint8Array(ENDPOINT_BYTES)): Uint8Array {
  out.fill(0);
  out[10] = 0xff;
  out[11] = 0xff;
  const scattered = Math.imul(number, 0x9e3779b1);
  for (let i = 0; i < 4; i++) out[12 + i] = scattered >>> (8 * i);
  out[16] = 0x10;
  out[17] = 0x92;
  return out;
}
