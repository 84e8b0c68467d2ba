/**
 * Static worlds with colluders among the nodes: the real router, real tables, and what colluding nodes would report of each message.
 */
import { ADDRESS_WORDS } from '../../protocols/identity/proximity.ts';
import {
  PACKET_RECEIVED,
  RECEIVED_LEVEL_SHIFT,
  RECEIVED_ON_STEM,
  RECEIVED_TREE_SHIFT,
} from '../../protocols/routing/events.ts';
import type { RoutingOptions } from '../../protocols/routing/options.ts';
import { DEFAULT_ROUTING_OPTIONS } from '../../protocols/routing/params.ts';
import type { RandomStream } from '../../protocols/random.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import { ColludersObserver } from '../observers/colluders.ts';
import type { LinkEvent } from '../observers/global.ts';
import type { Judgement } from '../observers/judgement.ts';
import type { Sighting } from '../observers/sighting.ts';
import { textbookOptions } from './overlay-worlds.ts';
import { convergedFill, RoutingWorld, type MessageCount } from './routing-worlds.ts';

export interface AnonymityWorldSettings {
  nodes: number;
  seed: string;
  bucket: number;
  symmetric: boolean;
  corruptRatio: number;
  routing: Partial<RoutingOptions>;
}

/** `round(ratio * nodes)` ones at places drawn from `random`. */
export function drawCorrupt(nodes: number, ratio: number, random: RandomStream): Uint8Array {
  const order = Array.from({ length: nodes }, (_, i) => i);
  const corrupt = new Uint8Array(nodes);
  for (let i = 0; i < Math.round(ratio * nodes); i++) {
    const j = i + random.below(nodes - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
    corrupt[order[i]!] = 1;
  }
  return corrupt;
}

/** `nodes` uniform addresses, eight words each. */
export function drawAddresses(nodes: number, random: RandomStream): Uint32Array {
  return Uint32Array.from({ length: nodes * ADDRESS_WORDS }, () => random.uint32());
}

/** A message as its sender, its observers and the truth know it. */
export interface ObservedMessage {
  sender: number;
  recipient: number;
  count: MessageCount;
  judgement: Judgement;
  /** What the colluders saw. */
  sightings: readonly Sighting[];
  /** Every copy that arrived anywhere. */
  links: LinkEvent[];
}

export class AnonymityWorld extends RoutingWorld {
  readonly corrupt: Uint8Array;
  readonly observer: ColludersObserver;
  #sightings: Sighting[] = [];
  #links: LinkEvent[] = [];

  constructor(settings: AnonymityWorldSettings) {
    const { nodes, seed, bucket, symmetric, corruptRatio } = settings;
    const routing: RoutingOptions = { ...DEFAULT_ROUTING_OPTIONS, ...settings.routing };
    super({
      nodes,
      seed,
      routing,
      fill: convergedFill({ ...textbookOptions(bucket), symmetric }),
    });
    this.corrupt = drawCorrupt(
      nodes,
      corruptRatio,
      new StreamFactory(seed).stream('validation/corrupt'),
    );
    this.observer = new ColludersObserver(
      {
        nodes,
        addresses: this.world.peers.words,
        corrupt: this.corrupt,
        bucket,
        symmetric,
      },
      routing,
    );
  }

  /** A random honest node other than `except`. */
  drawHonest(except = -1): number {
    for (;;) {
      const node = this.random.below(this.tables.length);
      if (this.corrupt[node] === 0 && node !== except) return node;
    }
  }

  /** Sends one message between two honest nodes and lets the colluders judge it. */
  observe(luminosity: number, sender = this.drawHonest()): ObservedMessage {
    const recipient = this.drawHonest(sender);
    this.#sightings = [];
    this.#links = [];
    const count = this.send(sender, recipient, luminosity);
    const judgement = this.observer.judge({
      luminosity,
      sender,
      recipient,
      sightings: this.#sightings,
    });
    if (judgement === undefined) throw new Error('honest nodes were taken for colluders');
    const sightings = this.#sightings;
    return { sender, recipient, count, judgement, sightings, links: this.#links };
  }

  override event(
    timeUs: number,
    node: number,
    event: number,
    high: number,
    low: number,
    peer: number,
    facts: number,
  ): void {
    super.event(timeUs, node, event, high, low, peer, facts);
    if (event !== PACKET_RECEIVED) return;
    this.#links.push({ timeUs, from: peer, to: node });
    // The first events arrive while the base class is still being built.
    if (this.corrupt?.[node] !== 1) return;
    this.#sightings.push({
      timeUs,
      observerNode: node,
      previousHop: peer,
      tree: (facts >>> RECEIVED_TREE_SHIFT) & 7,
      onStem: (facts & RECEIVED_ON_STEM) !== 0,
      level: facts >>> RECEIVED_LEVEL_SHIFT,
      bytes: 0,
    });
  }
}
