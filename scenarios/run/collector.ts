/**
 * Turns what recorders report into samples of the metrics in the glossary.
 *
 * One collector per run. Metrics of messages come from the tracker when a message is settled, metrics of look-ups from the
 * overlay's events, metrics of nodes from a census at the end. Everything sent or begun before the warm-up's end is left out.
 */
import { CONVERSATION_SENDING } from '../../protocols/node/events.ts';
import {
  PACKET_ORIGINATED,
  PACKET_OPENED,
  PACKET_RECEIVED,
  PACKET_SENT,
  PACKET_TAGGED,
} from '../../protocols/routing/events.ts';
import {
  EVENT_LOOKUP_FINISHED,
  EVENT_LOOKUP_FOUND,
  PURPOSE_WORKLOAD,
} from '../../protocols/overlay/events.ts';
import type { Recorder } from '../../sim/recorder.ts';
import type { Judgement } from '../observers/judgement.ts';
import type { Judge } from './observe.ts';
import type { TableWriter } from '../results/sink.ts';
import type { DiscoveryWatch } from './discovery-watch.ts';
import type { MoneyWatch } from './money-watch.ts';
import type { GroupEyes } from './groups/world.ts';
import { MetricBook } from './metric-book.ts';
import type { ActiveMessage, MessageTracker } from './messages.ts';
import type { Outbox } from './outbox.ts';
import { numberOf } from './texts.ts';
import { SeenPairs } from './pairs.ts';
import { TagLinks } from './tag-links.ts';

/** What the run knows about a look-up that it asked for. */
export interface LookupTruth {
  /** Called when look-up `id` of `node` has ended: is `found` the closest node online? undefined if not the workload's. */
  closest(node: number, id: number, found: number): boolean | undefined;
}

export class Collector extends MetricBook implements Recorder {
  readonly #tracker: MessageTracker;
  readonly #warmupUs: number;
  readonly #lookups: LookupTruth;
  readonly #rows: TableWriter | undefined;
  readonly #judge: Judge;
  readonly #outbox: Outbox;
  readonly #discovery: DiscoveryWatch | undefined;
  readonly #money: MoneyWatch | undefined;
  readonly #pairs = new SeenPairs();
  readonly #links = new TagLinks();
  /** Set where there are groups, once the world is there. */
  groups: GroupEyes | undefined;

  constructor(parts: {
    tracker: MessageTracker;
    roleOf: Uint8Array;
    warmupUs: number;
    lookups: LookupTruth;
    rows: TableWriter | undefined;
    judge: Judge;
    outbox: Outbox;
    discovery: DiscoveryWatch | undefined;
    money: MoneyWatch | undefined;
  }) {
    super(parts.roleOf);
    this.#tracker = parts.tracker;
    this.#warmupUs = parts.warmupUs;
    this.#lookups = parts.lookups;
    this.#rows = parts.rows;
    this.#judge = parts.judge;
    this.#outbox = parts.outbox;
    this.#discovery = parts.discovery;
    this.#money = parts.money;
  }

  delivered(
    timeUs: number,
    from: number,
    to: number,
    _bytes: Uint8Array,
    _offset: number,
    length: number,
  ): void {
    this.#judge.wire?.(timeUs, from, to, length);
  }

  event(
    timeUs: number,
    node: number,
    event: number,
    a: number,
    b: number,
    c: number,
    d: number,
  ): void {
    this.#money?.event(this, timeUs, node, event, a, b, c, d);
    this.groups?.event(node, event, a, b, c, d);
    switch (event) {
      case CONVERSATION_SENDING:
        this.#outbox.conversing(node, a, numberOf(b, d), c);
        return;
      case PACKET_ORIGINATED:
        this.#outbox.originated(timeUs, node, {
          idHigh: a,
          idLow: b,
          luminosity: c,
          datagramBytes: d,
        });
        return;
      case PACKET_TAGGED:
        this.#tracker.tagged(a, b, c, d);
        return;
      case PACKET_SENT:
        this.#tracker.sent(a, b, d);
        return;
      case PACKET_RECEIVED:
        this.#tracker.received(timeUs, node, a, b, c, d);
        this.#judge.arrived?.(timeUs, c, node);
        return;
      case PACKET_OPENED:
        this.#outbox.opened(this.#tracker.opened(timeUs, node, a, b));
        return;
      case EVENT_LOOKUP_FINISHED:
        if (a === PURPOSE_WORKLOAD && timeUs - c >= this.#warmupUs)
          this.#lookupFinished(node, b, c, d);
        return;
      case EVENT_LOOKUP_FOUND: {
        const right = this.#lookups.closest(node, a, b);
        if (right !== undefined && timeUs >= this.#warmupUs) {
          this.add('overlay.lookup_success', right ? 1 : 0, node);
        }
        return;
      }
      default:
        this.#discovery?.event(this, timeUs, node, event, b, c, d);
        return;
    }
  }

  /** Ends a message: its figures become samples, its row is written. */
  settle(message: ActiveMessage): void {
    this.#tracker.end(message);
    this.#pairs.settled(message, message.sentUs >= this.#warmupUs);
    this.#links.settled(message, message.sentUs >= this.#warmupUs);
    this.#money?.settle(this, message);
    if (message.sentUs < this.#warmupUs) return;
    const delivered = message.openedUs >= 0;
    const by = message.sender;
    this.add('delivery.rate', delivered ? 1 : 0, by);
    if (delivered) {
      this.add('delivery.latency', message.openedUs - message.sentUs, by);
      this.add('delivery.hops', message.openedHops, by);
    }
    this.add('routing.copies', message.copies, by);
    this.add('routing.copies_per_zone_node', message.copies / message.zoneSize, by);
    this.add('routing.duplicates', message.duplicates, by);
    this.add('zone.size', message.zoneSize, by);
    this.add('zone.reached', message.zoneReached / message.zoneSize, by);
    this.add('cost.bytes', message.bytes, by);
    const judgement = this.#judge.judge(message);
    if (judgement !== undefined) this.#addJudgement(message, judgement);
    this.#rows?.append([
      message.index,
      message.sentUs,
      message.sender,
      message.recipient,
      message.luminosity,
      delivered,
      delivered ? message.openedUs - message.sentUs : -1,
      message.openedHops,
      message.copies,
      message.bytes,
      message.duplicates,
      message.zoneSize,
      message.zoneReached,
      message.sightings.length,
      judgement?.receiver?.entropyBits ?? -1,
      judgement?.receiver?.logLossBits ?? -1,
      judgement?.sender?.entropyBits ?? -1,
      judgement?.sender?.logLossBits ?? -1,
    ]);
  }

  /** At the end of the run: what is known of who talks with whom, and which packets belong together. */
  settlePairs(): void {
    this.#links.judge((metric, value, node) => {
      this.add(metric, value, node);
    });
    const judge = this.#judge.pair;
    if (judge !== undefined)
      this.#pairs.judge(judge, (bits) => {
        this.add('anonymity.pair', bits);
      });
  }

  #lookupFinished(node: number, messages: number, latencyUs: number, hops: number): void {
    this.add('overlay.lookup_messages', messages, node);
    this.add('overlay.lookup_latency', latencyUs, node);
    this.add('overlay.lookup_hops', hops, node);
  }

  #addJudgement(message: ActiveMessage, judgement: Judgement): void {
    const by = message.sender;
    this.add('anonymity.seen', judgement.seen ? 1 : 0, by);
    // What nobody saw keeps the entropy of the prior; averaged in, it would make a lighter setting look darker.
    if (!judgement.seen) return;
    const receiver = judgement.receiver;
    if (receiver !== undefined) {
      this.add('anonymity.entropy', receiver.entropyBits, by);
      this.add('anonymity.min_entropy', receiver.minEntropyBits, by);
      this.add('anonymity.best_guess', receiver.bestGuess, by);
      this.add('anonymity.crowd', receiver.crowd, by);
      this.add('anonymity.log_loss', receiver.logLossBits, by);
      // Each candidate but one must have received a copy, after the links crossed before the first candidate had one.
      if (message.zoneEntryHops >= 0) {
        this.add('cost.bound_copies', 2 ** receiver.entropyBits - 1 + message.zoneEntryHops, by);
      }
    }
    const sender = judgement.sender;
    if (sender !== undefined) {
      this.add('anonymity.sender_entropy', sender.entropyBits, by);
      this.add('anonymity.sender_min_entropy', sender.minEntropyBits, by);
      this.add('anonymity.sender_best_guess', sender.bestGuess, by);
      this.add('anonymity.sender_log_loss', sender.logLossBits, by);
      this.add('anonymity.sender_found', sender.found ? 1 : 0, by);
    }
  }
}

/** Columns of the message table, in the order of `settle`. */
export const MESSAGE_FIELDS = [
  { name: 'message', type: 'int', unit: 'count', meaning: 'Number of the message in this run' },
  { name: 'sent_us', type: 'int', unit: 'us', meaning: 'Network time of sending' },
  { name: 'sender', type: 'int', unit: 'count', meaning: 'Index of the sending node' },
  { name: 'recipient', type: 'int', unit: 'count', meaning: 'Index of the receiving node' },
  { name: 'luminosity_bits', type: 'int', unit: 'bits', meaning: 'Leading address bits disclosed' },
  { name: 'delivered', type: 'bool', unit: 'boolean', meaning: 'The recipient opened it in time' },
  { name: 'latency_us', type: 'int', unit: 'us', meaning: 'Sending to first opening, -1 if never' },
  {
    name: 'hops',
    type: 'int',
    unit: 'count',
    meaning: 'Links the first copy crossed, -1 if never',
  },
  { name: 'copies', type: 'int', unit: 'count', meaning: 'Datagrams sent by all nodes' },
  { name: 'bytes', type: 'int', unit: 'bytes', meaning: 'Bytes of those datagrams' },
  { name: 'duplicates', type: 'int', unit: 'count', meaning: 'Copies that reached a node again' },
  { name: 'zone_size', type: 'int', unit: 'count', meaning: 'Nodes that match the disclosed bits' },
  { name: 'zone_reached', type: 'int', unit: 'count', meaning: 'Zone nodes that received a copy' },
  { name: 'sightings', type: 'int', unit: 'count', meaning: 'Copies seen by colluding nodes' },
  {
    name: 'receiver_entropy_bits',
    type: 'float',
    unit: 'bits',
    meaning: 'Observer: entropy over recipients, -1 if not judged',
  },
  {
    name: 'receiver_log_loss_bits',
    type: 'float',
    unit: 'bits',
    meaning: 'Observer: log loss of the recipient, -1 if not judged',
  },
  {
    name: 'sender_entropy_bits',
    type: 'float',
    unit: 'bits',
    meaning: 'Observer: entropy over senders, -1 if not judged',
  },
  {
    name: 'sender_log_loss_bits',
    type: 'float',
    unit: 'bits',
    meaning: 'Observer: log loss of the sender, -1 if not judged',
  },
] as const;
