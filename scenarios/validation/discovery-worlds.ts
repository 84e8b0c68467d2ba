/**
 * Worlds for discovery alone: overlay and discovery on simulated hosts, tables laid out, nothing else. For its validation and its tests.
 *
 * Signatures are modelled ones (same sizes, same refusals): a thousand nodes come up in a second.
 */
import { createSuite } from '../../protocols/crypto/suites.ts';
import { manifestMemory } from '../../protocols/discovery/manifest-codec.ts';
import type { Manifest, Offer } from '../../protocols/discovery/manifest.ts';
import { Discovery } from '../../protocols/discovery/machine.ts';
import type { Query } from '../../protocols/discovery/messages.ts';
import type { DiscoveryOptions } from '../../protocols/discovery/options.ts';
import { DEFAULT_DISCOVERY_OPTIONS } from '../../protocols/discovery/params.ts';
import { honestPolicy, type DiscoveryPolicy } from '../../protocols/discovery/policy.ts';
import type { Provider } from '../../protocols/discovery/searches.ts';
import { serviceNumber } from '../../protocols/discovery/services.ts';
import { overlayAddress } from '../../protocols/identity/address.ts';
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import { ADDRESS_WORDS } from '../../protocols/identity/proximity.ts';
import type { Remembered } from '../../protocols/identity/remembered.ts';
import { fillConverged } from '../../protocols/overlay/converged.ts';
import { Overlay } from '../../protocols/overlay/machine.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../../protocols/overlay/policy.ts';
import { DEFAULT_SCORE_OPTIONS, DEFAULT_SWAP_OPTIONS } from '../../protocols/swap/params.ts';
import { CreditScores } from '../../protocols/swap/score.ts';
import { accountOf, modelledSigner } from '../../protocols/swap/signer.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import { World } from '../../sim/world.ts';

const NETWORK_ID = 7n;
export const HOLDING = serviceNumber('holding');
const RELAY = serviceNumber('relay');

/** One node; left out: an honest one that relays, advertises nothing, and lives in a network of its own. */
export interface MemberPlan {
  /** Units for a MiB and day of holding; advertised. */
  holdingUnits?: number;
  /** Services from 0x1000 on that it advertises as well, for nothing. */
  extraServices?: readonly number[];
  /** Number of its /24. */
  network?: number;
  policy?: Partial<DiscoveryPolicy>;
  options?: Partial<DiscoveryOptions>;
}

export interface Member {
  readonly handle: number;
  readonly account: string;
  readonly discovery: Discovery;
  readonly overlay: Overlay;
  /** What each of its searches ended with, the newest last. */
  readonly results: (readonly Provider[])[];
}

/** What every node offers: relaying, and holding if it has a price for it. */
export function offerOf(
  holdingUnits: number | undefined,
  extraServices: readonly number[] = [],
): Offer {
  const { paymentThreshold, disconnectThreshold, allowancePerSecond } = DEFAULT_SWAP_OPTIONS;
  const flat = { law: 'flat', proximityMax: 0 } as const;
  return {
    chequebook: undefined,
    stake: 0,
    limits: { paymentThreshold, disconnectThreshold, allowancePerSecond },
    deadlineSeconds: DEFAULT_SWAP_OPTIONS.deadlineUs / 1_000_000,
    minScorePermille: 300,
    bands: DEFAULT_SCORE_OPTIONS.bands,
    services: [
      { service: RELAY, per: 'packet', law: 'proximity', base: 10_000, proximityMax: 31 },
      ...(holdingUnits === undefined
        ? []
        : [{ service: HOLDING, per: 'MiB and day' as const, base: holdingUnits, ...flat }]),
      ...extraServices.map((service) => ({
        service,
        per: 'MiB and day' as const,
        base: 0,
        ...flat,
      })),
    ],
  };
}

/** A search for holding at any price. */
export const ANY_HOLDING: Query = {
  service: HOLDING,
  per: 'MiB and day',
  priceMax: Number.MAX_SAFE_INTEGER,
  ownScorePermille: 500,
  minScorePermille: 0,
  near: new Uint32Array(ADDRESS_WORDS),
  nearBits: 0,
};

export const ACCEPTS_ANYBODY = honestPolicy({
  service: RELAY,
  priceMax: Number.MAX_SAFE_INTEGER,
  creditMin: 0,
});

export class DiscoveryWorld {
  readonly world: World;
  readonly members: Member[] = [];
  readonly scores = new CreditScores(DEFAULT_SCORE_OPTIONS);
  readonly manifests: Remembered<Manifest>;

  constructor(seed: string, plans: readonly MemberPlan[], options: Partial<DiscoveryOptions> = {}) {
    const crypto = createSuite('modelled');
    this.world = new World({
      seed,
      crypto,
      network: {
        latency: { kind: 'constant', delayUs: 20_000 },
        duplicateRatio: 0,
        reorderRatio: 0,
        queue: { kind: 'drop-tail', limitBytes: 1 << 20 },
        mtuBytes: 1_500,
      },
    });
    const checker = modelledSigner(crypto, `0x${'0'.repeat(40)}`);
    this.manifests = manifestMemory(crypto, checker, 1 << 16);
    plans.forEach((plan, index) => {
      this.#add(seed, index, plan, { ...DEFAULT_DISCOVERY_OPTIONS, ...options });
    });
    const { world } = this;
    for (let node = 0; node < plans.length; node++) world.node(node);
    const tables = this.members.map((member) => member.overlay.table);
    fillConverged(tables, world.peers, DEFAULT_OVERLAY_OPTIONS, (node) =>
      world.streamOf(node, 'overlay/converged'),
    );
  }

  start(): void {
    for (const { handle } of this.members) this.world.start(handle);
  }

  /** Lets so many seconds pass. */
  run(seconds: number): void {
    this.world.run(this.world.nowUs + seconds * 1_000_000);
  }

  #add(seed: string, index: number, plan: MemberPlan, common: DiscoveryOptions): void {
    const { crypto, peers } = this.world;
    const random = new StreamFactory(seed).stream(`identity/${index}`);
    const accountBytes = new Uint8Array(20);
    const nonce = new Uint8Array(32);
    random.fill(accountBytes, 0, 20);
    random.fill(nonce, 0, 32);
    const account = accountOf(accountBytes);
    const network = plan.network ?? 0x100 + index;
    const endpoint = new Uint8Array(ENDPOINT_BYTES);
    // Each in a wide network of its own, too.
    endpoint.set([0xff, 0xff, network, network >>> 8, network >>> 16, index], 10);
    const address = overlayAddress(crypto, accountBytes, NETWORK_ID, nonce);
    const results: (readonly Provider[])[] = [];
    this.world.addNode(address, endpoint, (host) => {
      const overlay = new Overlay(host, DEFAULT_OVERLAY_OPTIONS, HONEST_OVERLAY_POLICY);
      const discovery = new Discovery(host, overlay, {
        self: { signer: modelledSigner(crypto, account), networkId: NETWORK_ID, nonce },
        options: { ...common, ...plan.options },
        policy: { ...ACCEPTS_ANYBODY, ...plan.policy },
        scores: this.scores,
        offer: offerOf(plan.holdingUnits, plan.extraServices),
        advertised: [
          ...(plan.holdingUnits === undefined ? [] : [HOLDING]),
          ...(plan.extraServices ?? []),
        ],
        manifests: this.manifests,
      });
      discovery.onSearchFinished = (_id, providers) => results.push(providers);
      overlay.onContact = (peer, isContact) => {
        discovery.onContact(peer, isContact);
      };
      overlay.onLookupFinished = (id, purpose, handles, count, requests) => {
        discovery.onLookup(id, purpose, { handles, count, requests });
      };
      this.members[index] = { handle: index, account, discovery, overlay, results };
      return {
        start: () => {
          overlay.start([]);
          discovery.start();
        },
        stop: () => {
          discovery.stop();
          overlay.stop();
        },
        onDatagram: (from, bytes, offset, length) =>
          bytes[offset]! >= 0x70
            ? discovery.onDatagram(from, bytes, offset, length)
            : overlay.onDatagram(from, bytes, offset, length),
        onTimer: (kind, argument) =>
          kind >= 0xa00 ? discovery.onTimer(kind, argument) : overlay.onTimer(kind, argument),
      };
    });
    if (peers.size !== index + 1) throw new Error(`two members have one address`);
  }
}
