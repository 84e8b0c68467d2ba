/** What the parts of the rendezvous share: the link, the world below it, settings, and how a message is sent. */
import type { PeerHandle } from '../host.ts';
import { ENDPOINT_BYTES } from '../identity/peer-book.ts';
import type { EndpointHandle } from '../link/host.ts';
import type { LinkLayer } from '../link/machine.ts';
import type { RandomStream } from '../random.ts';
import { encodeRendezvous } from './messages.ts';
import type { RendezvousOptions } from './options.ts';
import type { Paths } from './paths.ts';
import type { RendezvousPolicy } from './policy.ts';

/** What this node has done so far, each since it was made. */
export interface RendezvousCounters {
  /** Peers reached directly after an introduction, and through a relay. */
  punched: number;
  relayed: number;
  unreached: number;
  /** Introductions that this node has made, and refused. */
  introduced: number;
  refused: number;
  /** Invitations followed and turned down. */
  met: number;
  declined: number;
  /** Bytes carried for others, and those that had no budget. */
  relayedBytes: number;
  unrelayedBytes: number;
}

export class Ground {
  readonly link: LinkLayer;
  readonly paths: Paths;
  readonly options: RendezvousOptions;
  readonly policy: RendezvousPolicy;
  readonly random: RandomStream;
  readonly counters: RendezvousCounters = {
    punched: 0,
    relayed: 0,
    unreached: 0,
    introduced: 0,
    refused: 0,
    met: 0,
    declined: 0,
    relayedBytes: 0,
    unrelayedBytes: 0,
  };

  constructor(link: LinkLayer, paths: Paths, options: RendezvousOptions, policy: RendezvousPolicy) {
    this.link = link;
    this.paths = paths;
    this.options = options;
    this.policy = policy;
    this.random = paths.random('rendezvous');
  }

  now(): number {
    return this.paths.now();
  }

  isOpen(peer: PeerHandle): boolean {
    return this.link.about(peer)?.current !== undefined;
  }

  /** Where an open link to `peer` leads; -1 if there is none, or only through somebody else. */
  directEndpoint(peer: PeerHandle): EndpointHandle {
    const about = this.link.about(peer);
    if (about?.current === undefined || this.paths.isVirtual(about.endpoint)) return -1;
    return about.endpoint;
  }

  endpointBytes(endpoint: EndpointHandle): Uint8Array {
    const bytes = new Uint8Array(ENDPOINT_BYTES);
    this.paths.writeEndpoint(endpoint, bytes, 0);
    return bytes;
  }

  /** Sends a message to a neighbour. */
  say(peer: PeerHandle, message: Parameters<typeof encodeRendezvous>[0]): void {
    const bytes = encodeRendezvous(message);
    this.link.send(peer, bytes, 0, bytes.length);
  }
}
