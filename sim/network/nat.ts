/**
 * A translator of addresses (NAT) as RFC 4787 describes it: how it maps, what it lets in, how long it remembers.
 *
 * Four kinds, by the names of RFC 3489 §5 that everybody still uses:
 *
 * | kind               | outside port of an inside endpoint | lets in what comes from |
 * |--------------------|------------------------------------|-------------------------|
 * | full-cone          | one                                | anybody                 |
 * | address-restricted | one                                | hosts that were sent to |
 * | port-restricted    | one                                | endpoints that were sent to |
 * | symmetric          | one for each destination           | that destination        |
 *
 * Only what goes out keeps a binding alive (REQ-6 allows no less), and filters forget when bindings do. Nothing hairpins: a datagram from inside to
 * the translator's own address is lost. The inside port is kept where it is free, as most translators do; a symmetric one never keeps it.
 *
 * Endpoints are numbers here, host × 65536 + port, so that the model serves simulated worlds and a shim between real hosts alike.
 */
import type { Micros } from '../../protocols/host.ts';

export const NAT_KINDS = [
  'full-cone',
  'address-restricted',
  'port-restricted',
  'symmetric',
] as const;
export type NatKind = (typeof NAT_KINDS)[number];

export interface NatModel {
  kind: NatKind;
  /** A binding through which nothing has gone out for so long is forgotten. */
  bindingUs: Micros;
}

export const PORTS = 65_536;
const FIRST_PORT = 40_000;

interface Binding {
  readonly inside: number;
  readonly port: number;
  /** The only destination of a symmetric binding; -1 for all. */
  readonly destination: number;
  usedUs: Micros;
  /** Hosts or endpoints that were sent to, and when. */
  readonly sentTo: Map<number, Micros>;
}

export class Nat {
  readonly #model: NatModel;
  /** By inside endpoint and destination. */
  readonly #bindings = new Map<string, Binding>();
  readonly #byPort = new Map<number, Binding>();
  #nextPort = FIRST_PORT;

  constructor(model: NatModel) {
    this.#model = model;
  }

  /** Bindings that are remembered now. */
  get size(): number {
    return this.#bindings.size;
  }

  /** Forgets everything, as a translator does that is switched off and on. */
  forget(): void {
    this.#bindings.clear();
    this.#byPort.clear();
  }

  /** A datagram goes out. @returns the outside port that it seems to come from. */
  outbound(nowUs: Micros, inside: number, destination: number): number {
    const symmetric = this.#model.kind === 'symmetric';
    const key = symmetric ? `${inside} ${destination}` : String(inside);
    let binding = this.#bindings.get(key);
    if (binding === undefined || this.#isOver(binding.usedUs, nowUs)) {
      this.#sweep(nowUs);
      const port = this.#freePort(symmetric ? -1 : inside % PORTS);
      binding = {
        inside,
        port,
        destination: symmetric ? destination : -1,
        usedUs: nowUs,
        sentTo: new Map(),
      };
      this.#bindings.set(key, binding);
      this.#byPort.set(port, binding);
    }
    binding.usedUs = nowUs;
    binding.sentTo.set(this.#filterKey(destination), nowUs);
    return binding.port;
  }

  /** A datagram comes in for an outside port. @returns the inside endpoint that gets it, or -1. */
  inbound(nowUs: Micros, port: number, source: number): number {
    const binding = this.#byPort.get(port);
    if (binding === undefined || this.#isOver(binding.usedUs, nowUs)) return -1;
    if (this.#model.kind === 'full-cone') return binding.inside;
    const sentUs = binding.sentTo.get(this.#filterKey(source));
    return sentUs === undefined || this.#isOver(sentUs, nowUs) ? -1 : binding.inside;
  }

  #filterKey(endpoint: number): number {
    return this.#model.kind === 'address-restricted' ? Math.floor(endpoint / PORTS) : endpoint;
  }

  #isOver(usedUs: Micros, nowUs: Micros): boolean {
    return nowUs - usedUs >= this.#model.bindingUs;
  }

  #sweep(nowUs: Micros): void {
    for (const [key, binding] of this.#bindings) {
      if (!this.#isOver(binding.usedUs, nowUs)) continue;
      this.#bindings.delete(key);
      this.#byPort.delete(binding.port);
    }
  }

  #freePort(wanted: number): number {
    if (wanted > 0 && !this.#byPort.has(wanted)) return wanted;
    for (let tried = 0; tried < PORTS - FIRST_PORT; tried++) {
      const port = this.#nextPort;
      this.#nextPort = port + 1 < PORTS ? port + 1 : FIRST_PORT;
      if (!this.#byPort.has(port)) return port;
    }
    throw new Error('a translator has no port left');
  }
}
