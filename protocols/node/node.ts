/**
 * One Mainframe node: the protocols composed, nothing more.
 *
 * It owns no mechanism of its own. A datagram goes to the protocol that its first byte names, a timer to the one whose
 * range its kind lies in; what the node decides where a protocol leaves a choice is in the policies it is given. The
 * simulator and the live node both host exactly this class.
 */
import type { AgreementKey, CryptoSuite } from '../crypto/port.ts';
import { SealedBox } from '../crypto/sealed-box.ts';
import { Discovery, type DiscoverySettings } from '../discovery/machine.ts';
import { isDiscovery } from '../discovery/messages.ts';
import type { Host, HostedNode, PeerHandle } from '../host.ts';
import { OUTCOME_IGNORED, OUTCOME_MALFORMED, OUTCOME_REFUSED } from '../outcomes.ts';
import { Overlay, type OverlayPolicy } from '../overlay/machine.ts';
import type { OverlayOptions } from '../overlay/options.ts';
import { OverlayScratch } from '../overlay/requests.ts';
import { DarkRouter } from '../routing/machine.ts';
import { RoutingScratch } from '../routing/scratch.ts';
import type { RoutingOptions } from '../routing/options.ts';
import { MulticastRouter, MulticastScratch } from '../routing/multicast/machine.ts';
import { MESSAGE_MULTICAST } from '../routing/multicast/packet.ts';
import { MESSAGE_DARK } from '../routing/packet.ts';
import type { RelayPolicy } from '../routing/policy.ts';
import type { SwapSettings } from '../swap/context.ts';
import { Swap } from '../swap/machine.ts';
import { isSwap } from '../swap/messages.ts';
import { estimateCost, type CostEstimate } from '../swap/estimate.ts';
import { RelayAccounts, relayPrices } from './relay-accounts.ts';

/** Timer kinds: 0x100..0x1ff belong to the overlay, 0x200..0x2ff to dark routing, 0x500..0x5ff to SWAP, 0xa00..0xaff to discovery, from 0x1000 to the application. */
const TIMER_RANGE_SHIFT = 8;
const TIMER_RANGE_OVERLAY = 1;
const TIMER_RANGE_ROUTING = 2;
const TIMER_RANGE_SWAP = 5;
const TIMER_RANGE_DISCOVERY = 10;

/** Buffers that all nodes of one thread may share, since nothing in them survives a call. About 10 kB. */
export class NodeScratch {
  readonly overlay = new OverlayScratch();
  readonly routing = new RoutingScratch();
  readonly multicast = new MulticastScratch();
  readonly box: SealedBox;

  constructor(suite: CryptoSuite) {
    this.box = new SealedBox(suite);
  }
}

export interface NodeSettings {
  overlay: OverlayOptions;
  routing: RoutingOptions;
  overlayPolicy: OverlayPolicy;
  relayPolicy: RelayPolicy;
  /** X25519 pair that messages to this node are sealed to. */
  key: AgreementKey;
  /** Peers to join through; read at every start. */
  bootstrap: readonly PeerHandle[];
  scratch: NodeScratch;
  /** Absent for a node that neither sells nor looks for anything, and keeps no advertisements. */
  discovery?: DiscoverySettings;
  /** Absent where nobody pays for relaying. Needs discovery, whose agreements say what it costs. */
  swap?: SwapSettings;
}

export class MainframeNode implements HostedNode {
  readonly overlay: Overlay;
  readonly router: DarkRouter;
  readonly multicast: MulticastRouter;
  readonly discovery: Discovery | undefined;
  readonly swap: Swap | undefined;
  readonly key: AgreementKey;
  readonly #bootstrap: readonly PeerHandle[];
  readonly #routing: RoutingOptions;

  constructor(host: Host, settings: NodeSettings) {
    this.overlay = new Overlay(
      host,
      settings.overlay,
      settings.overlayPolicy,
      settings.scratch.overlay,
    );
    this.key = settings.key;
    this.discovery = this.#withDiscovery(host, settings.discovery);
    this.swap = settings.swap && new Swap(host, settings.swap);
    this.router = new DarkRouter(
      host,
      this.overlay.table,
      () => this.overlay.depth(),
      settings.routing,
      settings.relayPolicy,
      settings.key,
      settings.scratch.routing,
      settings.scratch.box,
      this.#accounts(host, settings.swap),
    );
    this.multicast = new MulticastRouter(
      host,
      this.overlay.table,
      settings.routing,
      settings.relayPolicy,
      this.router,
      settings.scratch.multicast,
    );
    this.#bootstrap = settings.bootstrap;
    this.#routing = settings.routing;
  }

  start(): void {
    this.router.start();
    this.overlay.start(this.#bootstrap);
    this.discovery?.start();
    this.swap?.start();
  }

  stop(): void {
    this.discovery?.stop();
    this.overlay.stop();
  }

  /**
   * What all copies of a packet of `bytes` bytes would cost that shows `luminosityBits` bits, by what this node knows of the network and at its own prices,
   * in accounting units; undefined while it knows too little, and where nobody pays.
   */
  estimateCost(luminosityBits: number, bytes: number): CostEstimate | undefined {
    const network = this.overlay.estimateSize();
    const price = this.discovery && relayPrices(this.discovery.manifest);
    if (network === undefined || price === undefined || this.swap === undefined) return undefined;
    const { policy, trees } = this.#routing;
    const spread =
      policy === 'tree' ? ({ kind: 'tree', trees } as const) : ({ kind: 'flood' } as const);
    const bucket = this.#contactsPerBin();
    return estimateCost({ network, price, bytes, luminosityBits, bucket, spread });
  }

  /** What a bin holds on average above the neighbourhood: more than we keep ourselves, where others keep us. */
  #contactsPerBin(): number {
    const { table } = this.overlay;
    const depth = this.overlay.depth();
    let contacts = 0;
    for (let bin = 0; bin < depth; bin++) contacts += table.binSize(bin);
    return Math.max(1, Math.round(contacts / Math.max(1, depth)));
  }

  onDatagram(from: PeerHandle, bytes: Uint8Array, offset: number, length: number): number {
    if (length < 1) return OUTCOME_MALFORMED;
    switch (bytes[offset]) {
      case MESSAGE_DARK:
        return this.router.onDatagram(from, bytes, offset, length);
      case MESSAGE_MULTICAST:
        // It has no price yet, and nobody works for nothing here.
        if (this.swap !== undefined) return OUTCOME_REFUSED;
        return this.multicast.onDatagram(from, bytes, offset, length);
      default:
        if (this.discovery !== undefined && isDiscovery(bytes[offset]!))
          return this.discovery.onDatagram(from, bytes, offset, length);
        if (this.swap !== undefined && isSwap(bytes[offset]!))
          return this.swap.onDatagram(from, bytes, offset, length);
        return this.overlay.onDatagram(from, bytes, offset, length);
    }
  }

  /** Every peer whose handle is kept beyond this input, some more than once. The router of an honest node keeps none. */
  eachPeer(visit: (peer: PeerHandle) => void): void {
    this.#bootstrap.forEach(visit);
    this.overlay.eachPeer(visit);
  }

  /** Whoever has just proved to be there may be a contact that the table lacks, or had lost. */
  onPeer(peer: PeerHandle): void {
    this.overlay.sighted(peer);
  }

  onTimer(kind: number, argument: number): number {
    switch (kind >>> TIMER_RANGE_SHIFT) {
      case TIMER_RANGE_OVERLAY:
        return this.overlay.onTimer(kind, argument);
      case TIMER_RANGE_ROUTING:
        return this.router.onTimer(kind, argument);
      case TIMER_RANGE_SWAP:
        return this.swap?.onTimer(kind, argument) ?? OUTCOME_IGNORED;
      case TIMER_RANGE_DISCOVERY:
        return this.discovery?.onTimer(kind, argument) ?? OUTCOME_IGNORED;
      default:
        throw new Error(`timer of kind ${kind} belongs to no protocol`);
    }
  }

  #withDiscovery(host: Host, settings: DiscoverySettings | undefined): Discovery | undefined {
    if (settings === undefined) return undefined;
    const discovery = new Discovery(host, this.overlay, settings);
    this.overlay.onContact = (peer, isContact) => {
      discovery.onContact(peer, isContact);
    };
    this.overlay.onLookupFinished = (id, purpose, handles, count, requests) => {
      discovery.onLookup(id, purpose, { handles, count, requests });
    };
    return discovery;
  }

  #accounts(host: Host, settings: SwapSettings | undefined): RelayAccounts | undefined {
    if (settings === undefined || this.swap === undefined) return undefined;
    if (this.discovery === undefined)
      throw new Error('accounts are opened by agreement: SWAP needs discovery');
    const { scores, signer } = settings;
    const ownScore = (): number => scores.score(signer.account);
    return new RelayAccounts(host, this.swap, this.discovery, ownScore);
  }
}
