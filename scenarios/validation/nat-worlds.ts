/**
 * Small worlds of nodes behind translators: the real link and rendezvous on the simulator, and an application above that only writes down what it gets.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { SuiteName } from '../../protocols/crypto/port.ts';
import { createSuite } from '../../protocols/crypto/suites.ts';
import type { Host, HostedNode, PeerHandle } from '../../protocols/host.ts';
import { accountFromPublicKey, overlayAddress } from '../../protocols/identity/address.ts';
import { ENDPOINT_BYTES, PeerBook } from '../../protocols/identity/peer-book.ts';
import { signRecord } from '../../protocols/identity/record.ts';
import { LinkLayer } from '../../protocols/link/machine.ts';
import { DEFAULT_LINK_OPTIONS, type LinkOptions } from '../../protocols/link/options.ts';
import { LinkScratch } from '../../protocols/link/session.ts';
import { OUTCOME_HANDLED } from '../../protocols/outcomes.ts';
import {
  DEFAULT_RENDEZVOUS_OPTIONS,
  type RendezvousOptions,
} from '../../protocols/rendezvous/options.ts';
import {
  HONEST_RENDEZVOUS_POLICY,
  type RendezvousPolicy,
} from '../../protocols/rendezvous/policy.ts';
import { ReachableLink, type Way } from '../../protocols/rendezvous/reachable-link.ts';
import { Nat, type NatKind, type NatModel } from '../../sim/network/nat.ts';
import { NatHost, simulatedEndpoint } from '../../sim/network/nat-host.ts';
import { World } from '../../sim/world.ts';

const NETWORK_ID = 7n;
/** One way, between any two. */
const DELAY_US = 20_000;
/** Short, as many home translators have it. */
export const BINDING_US = 30_000_000;
const NO_ENDPOINT = new Uint8Array(ENDPOINT_BYTES);

export interface MemberSettings {
  nat?: NatKind;
  policy?: Partial<RendezvousPolicy>;
  rendezvous?: Partial<RendezvousOptions>;
  link?: Partial<LinkOptions>;
  /** Speaks the rendezvous' messages by itself, to cheat: what it gets, whole, and how it answers. */
  cheat?: (from: PeerHandle, content: Uint8Array, answer: (content: Uint8Array) => void) => void;
}

/** A node, and what reached its application. */
export class NatMember implements HostedNode {
  readonly index: number;
  readonly address: Uint8Array;
  readonly peers = new PeerBook();
  readonly self: number;
  readonly nat: Nat | undefined;
  /** What the translator is like; may be changed while the world runs. */
  readonly natModel: NatModel | undefined;
  readonly texts: string[] = [];
  /** Endpoints announced so far, the last being in force. */
  readonly announced: Uint8Array[] = [];
  #reachable: ReachableLink | undefined;
  #host: Host | undefined;
  #below: NatHost | undefined;

  constructor(world: World, index: number, settings: MemberSettings) {
    this.index = index;
    const random = world.streams.stream(`member/${index}`);
    const [secret, nonce, keySecret] = [0, 0, 0].map(() => {
      const bytes = new Uint8Array(32);
      random.fill(bytes, 0, bytes.length);
      return bytes;
    }) as [Uint8Array, Uint8Array, Uint8Array];
    const suite = world.crypto;
    const key = suite.agreementKey(keySecret);
    const account = accountFromPublicKey(suite, suite.accountPublicKey(secret));
    this.address = overlayAddress(suite, account, NETWORK_ID, nonce);
    this.self = this.peers.intern(this.address, 0, NO_ENDPOINT, 0);
    this.natModel =
      settings.nat === undefined ? undefined : { kind: settings.nat, bindingUs: BINDING_US };
    this.nat = this.natModel && new Nat(this.natModel);
    const record = (endpoint: Uint8Array): Uint8Array =>
      signRecord(suite, secret, {
        networkId: NETWORK_ID,
        nonce,
        publicKey: key.publicKey,
        endpoint,
        sequence: 1 + this.announced.length,
      });
    world.addNode(this.address, simulatedEndpoint(index), (host) => {
      const below = new NatHost(
        host,
        (to, bytes, offset, length) => {
          world.send(index, to, bytes, offset, length);
        },
        this.peers,
        this.self,
        this.nat,
      );
      const identity = { key, record: record(NO_ENDPOINT), networkId: NETWORK_ID };
      const link = { ...DEFAULT_LINK_OPTIONS, ...settings.link };
      const scratch = new LinkScratch(suite);
      this.#below = below;
      if (settings.cheat !== undefined) {
        below.attach(this.#cheater(new LinkLayer(below, identity, link, scratch), settings.cheat));
        return below;
      }
      this.#reachable = new ReachableLink(below, {
        identity,
        link,
        scratch,
        rendezvous: { ...DEFAULT_RENDEZVOUS_OPTIONS, ...settings.rendezvous },
        policy: { ...HONEST_RENDEZVOUS_POLICY, ...settings.policy },
        // Behind a translator a socket has a private address, which nobody outside sees.
        local: this.nat === undefined ? [simulatedEndpoint(index)] : [],
        sign: (endpoint) => {
          this.announced.push(endpoint);
          return record(endpoint);
        },
      });
      this.#reachable.attach(this);
      this.#host = this.#reachable.host;
      below.attach(this.#reachable);
      return below;
    });
  }

  /** A link without a rendezvous around it. */
  #cheater(link: LinkLayer, cheat: NonNullable<MemberSettings['cheat']>): LinkLayer {
    this.#host = link.host;
    link.attach({
      start: () => undefined,
      stop: () => undefined,
      onTimer: () => OUTCOME_HANDLED,
      onDatagram: (from, bytes, offset, length) => {
        cheat(from, bytes.slice(offset, offset + length), (answer) => {
          link.send(from, answer, 0, answer.length);
        });
        return OUTCOME_HANDLED;
      },
    });
    return link;
  }

  get link(): ReachableLink {
    if (this.#reachable === undefined) throw new Error('the node has not started');
    return this.#reachable;
  }

  get below(): NatHost {
    if (this.#below === undefined) throw new Error('the node has not started');
    return this.#below;
  }

  /** Number under which this member knows another, introduced with an endpoint (none by default). */
  handleOf(other: NatMember, endpoint: Uint8Array = NO_ENDPOINT): number {
    return this.peers.intern(other.address, 0, endpoint, 0);
  }

  say(to: NatMember, text: string): void {
    this.send(to, utf8ToBytes(`~${text}`));
  }

  /** Sends content of any kind. */
  send(to: NatMember, content: Uint8Array): void {
    if (this.#host === undefined) throw new Error('the node has not started');
    this.#host.send(this.handleOf(to), content, 0, content.length);
  }

  wayTo(other: NatMember): Way {
    return this.link.wayTo(this.handleOf(other));
  }

  // Texts of the application begin with a byte that no protocol below takes for its own.
  start(): void {}
  stop(): void {}
  onDatagram(_from: number, bytes: Uint8Array, offset: number, length: number): number {
    this.texts.push(String.fromCharCode(...bytes.subarray(offset + 1, offset + length)));
    return OUTCOME_HANDLED;
  }
  onTimer(): number {
    return OUTCOME_HANDLED;
  }
}

export class NatWorld {
  readonly world: World;
  readonly members: NatMember[];
  #untilUs = 0;

  /** @param hubs how many of the first members have no translator and are known, with their endpoints, to all others */
  constructor(
    seed: string,
    settings: readonly MemberSettings[],
    hubs: number,
    suite: SuiteName = 'modelled',
  ) {
    this.world = new World({
      seed,
      crypto: createSuite(suite),
      network: {
        latency: { kind: 'constant', delayUs: DELAY_US },
        duplicateRatio: 0,
        reorderRatio: 0,
        queue: { kind: 'drop-tail', limitBytes: 1 << 20 },
        mtuBytes: 1_500,
      },
    });
    this.members = settings.map((member, index) => new NatMember(this.world, index, member));
    for (const member of this.members) this.world.start(member.index);
    for (const member of this.members) {
      for (const hub of this.members.slice(0, hubs)) {
        if (hub === member) continue;
        member.handleOf(hub, simulatedEndpoint(hub.index));
        member.say(hub, 'hello');
      }
    }
    this.run(3_000_000);
  }

  run(forUs: number): void {
    // The world's own time is that of its last event.
    this.#untilUs += forUs;
    this.world.run(this.#untilUs);
  }
}
