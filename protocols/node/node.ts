/**
 * One Mainframe node: the protocols composed, nothing more.
 *
 * It owns no mechanism of its own. A datagram goes to the protocol that its first byte names, a timer to the one whose
 * range its kind lies in; what the node decides where a protocol leaves a choice is in the policies it is given. The
 * simulator and the live node both host exactly this class.
 */
import type { AgreementKey, CryptoSuite } from '../crypto/port.ts';
import { SealedBox } from '../crypto/sealed-box.ts';
import type { Host, HostedNode, PeerHandle } from '../host.ts';
import { OUTCOME_MALFORMED } from '../outcomes.ts';
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

/** Timer kinds: 0x100..0x1ff belong to the overlay, 0x200..0x2ff to dark routing, from 0x1000 to the application. */
const TIMER_RANGE_SHIFT = 8;
const TIMER_RANGE_OVERLAY = 1;
const TIMER_RANGE_ROUTING = 2;

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
}

export class MainframeNode implements HostedNode {
  readonly overlay: Overlay;
  readonly router: DarkRouter;
  readonly multicast: MulticastRouter;
  readonly key: AgreementKey;
  readonly #bootstrap: readonly PeerHandle[];

  constructor(host: Host, settings: NodeSettings) {
    this.overlay = new Overlay(
      host,
      settings.overlay,
      settings.overlayPolicy,
      settings.scratch.overlay,
    );
    this.key = settings.key;
    this.router = new DarkRouter(
      host,
      this.overlay.table,
      () => this.overlay.depth(),
      settings.routing,
      settings.relayPolicy,
      settings.key,
      settings.scratch.routing,
      settings.scratch.box,
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
  }

  start(): void {
    this.router.start();
    this.overlay.start(this.#bootstrap);
  }

  stop(): void {
    this.overlay.stop();
  }

  onDatagram(from: PeerHandle, bytes: Uint8Array, offset: number, length: number): number {
    if (length < 1) return OUTCOME_MALFORMED;
    switch (bytes[offset]) {
      case MESSAGE_DARK:
        return this.router.onDatagram(from, bytes, offset, length);
      case MESSAGE_MULTICAST:
        return this.multicast.onDatagram(from, bytes, offset, length);
      default:
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
      default:
        throw new Error(`timer of kind ${kind} belongs to no protocol`);
    }
  }
}
