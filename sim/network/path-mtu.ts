/** Loses datagrams that do not fit the path with their IP and UDP headers: UDP without fragmentation (RFC 8085 §3.2). */
import { DROP_MTU, IP_UDP_OVERHEAD_BYTES, type NetworkStage, type Transit } from './transit.ts';

export class PathMtu implements NetworkStage {
  readonly name = 'mtu';
  readonly minimumDelayUs = 0;
  readonly #mtuBytes: number;

  constructor(mtuBytes: number) {
    this.#mtuBytes = mtuBytes;
  }

  depart(transit: Transit): void {
    if (transit.bytes + IP_UDP_OVERHEAD_BYTES > this.#mtuBytes) transit.drop = DROP_MTU;
  }
}
