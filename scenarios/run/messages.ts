/**
 * The life of every message, followed by somebody who may see everything: which copies were sent, whom they reached,
 * when the recipient opened one, what colluding nodes saw.
 *
 * A message is *active* from its sending until its packets have expired; then it is settled: its figures become samples, its
 * row goes to the message table, and its memory is reused. So memory depends on what is in flight, not on the run's length.
 * Everything here is fed by `Recorder` callbacks and cannot reach back into the world.
 */
import { proximity, ADDRESS_WORDS } from '../../protocols/identity/proximity.ts';
import {
  RECEIVED_LEVEL_SHIFT,
  RECEIVED_ON_STEM,
  RECEIVED_TREE_SHIFT,
} from '../../protocols/routing/events.ts';
import type { Sighting } from '../observers/sighting.ts';
import type { TrackedText } from './texts.ts';

export interface ActiveMessage {
  index: number;
  sender: number;
  recipient: number;
  sentUs: number;
  luminosity: number;
  /** First 64 bits of the packet id, as two unsigned words. */
  idHigh: number;
  idLow: number;
  /** Text bytes, and bytes of each datagram that carries it. */
  sizeBytes: number;
  datagramBytes: number;
  /** Nodes other than the sender that received a copy. */
  nodesReached: number;
  copies: number;
  bytes: number;
  duplicates: number;
  zoneSize: number;
  zoneReached: number;
  /** Links crossed before the first zone node had it: 0 when the sender is in the zone, -1 if no one there ever had it. */
  zoneEntryHops: number;
  /** -1 until the recipient opens it. */
  openedUs: number;
  openedHops: number;
  sightings: Sighting[];
  /** Hops at which each node first had the packet, -1 for never; pooled. */
  hops: Int16Array;
  /** The text of a conversation that it is put down to: carried by it, or acknowledged. */
  text?: TrackedText;
  /** What its header shows in place of a topic. */
  tag?: string;
}

/** Sightings kept per message: later ones add nothing to any inference here. */
const SIGHTINGS_MAX = 4_096;

export class MessageTracker {
  readonly #active = new Map<number, ActiveMessage>();
  readonly #pool: Int16Array[] = [];
  readonly #nodes: number;
  readonly #words: () => Uint32Array;
  readonly #colludes: Uint8Array | undefined;
  #count = 0;

  /**
   * @param colludes 1 for nodes whose sightings are kept (an observer of kind colluders), undefined for none.
   * @param words the address table (asked for anew since it may be replaced as it grows).
   */
  constructor(nodes: number, words: () => Uint32Array, colludes: Uint8Array | undefined) {
    this.#nodes = nodes;
    this.#words = words;
    this.#colludes = colludes;
  }

  get active(): number {
    return this.#active.size;
  }

  /** Begins to follow a message whose packet id starts with (idHigh, idLow). */
  begin(
    message: Pick<
      ActiveMessage,
      | 'sender'
      | 'recipient'
      | 'sentUs'
      | 'luminosity'
      | 'sizeBytes'
      | 'datagramBytes'
      | 'zoneSize'
      | 'idHigh'
      | 'idLow'
      | 'text'
    >,
  ): ActiveMessage {
    const hops = this.#pool.pop() ?? new Int16Array(this.#nodes);
    hops.fill(-1);
    hops[message.sender] = 0;
    const senderInside = this.#inZone(message.sender, message.recipient, message.luminosity);
    const active: ActiveMessage = {
      ...message,
      index: this.#count++,
      nodesReached: 0,
      copies: 0,
      bytes: 0,
      duplicates: 0,
      zoneReached: senderInside ? 1 : 0,
      zoneEntryHops: senderInside ? 0 : -1,
      openedUs: -1,
      openedHops: -1,
      sightings: [],
      hops,
    };
    this.#active.set(key(message.idHigh, message.idLow), active);
    return active;
  }

  /** The active message of a packet id, if any. */
  find(idHigh: number, idLow: number): ActiveMessage | undefined {
    return this.#active.get(key(idHigh, idLow));
  }

  /** The tag that a packet shows, as two unsigned words. */
  tagged(idHigh: number, idLow: number, tagHigh: number, tagLow: number): void {
    const message = this.#active.get(key(idHigh, idLow));
    if (message?.text !== undefined) message.tag = `${tagHigh}/${tagLow}`;
  }

  /** Ends a message; its `hops` array must not be used afterwards. */
  end(message: ActiveMessage): void {
    if (this.#active.delete(key(message.idHigh, message.idLow))) this.#pool.push(message.hops);
  }

  sent(idHigh: number, idLow: number, bytes: number): void {
    const message = this.#active.get(key(idHigh, idLow));
    if (message === undefined) return;
    message.copies++;
    message.bytes += bytes;
    if (message.text !== undefined) message.text.bytes += bytes;
  }

  received(
    timeUs: number,
    node: number,
    idHigh: number,
    idLow: number,
    from: number,
    flags: number,
  ): void {
    const message = this.#active.get(key(idHigh, idLow));
    if (message === undefined) return;
    const before = message.hops[from]!;
    if (message.hops[node]! < 0) {
      message.hops[node] = before < 0 ? 0 : before + 1;
      message.nodesReached++;
      if (this.#inZone(node, message.recipient, message.luminosity)) {
        message.zoneReached++;
        if (message.zoneEntryHops < 0) message.zoneEntryHops = message.hops[node]!;
      }
    } else message.duplicates++;
    if (this.#colludes?.[node] === 1 && message.sightings.length < SIGHTINGS_MAX) {
      message.sightings.push({
        timeUs,
        observerNode: node,
        previousHop: from,
        tree: (flags >>> RECEIVED_TREE_SHIFT) & 7,
        onStem: (flags & RECEIVED_ON_STEM) !== 0,
        level: flags >>> RECEIVED_LEVEL_SHIFT,
        bytes: message.datagramBytes,
      });
    }
  }

  /** @returns the message that its recipient has opened for the first time, if it is one. */
  opened(timeUs: number, node: number, idHigh: number, idLow: number): ActiveMessage | undefined {
    const message = this.#active.get(key(idHigh, idLow));
    if (message === undefined || node !== message.recipient || message.openedUs >= 0)
      return undefined;
    message.openedUs = timeUs;
    message.openedHops = message.hops[node]!;
    return message;
  }

  #proximity(a: number, b: number): number {
    const words = this.#words();
    return proximity(words, a * ADDRESS_WORDS, words, b * ADDRESS_WORDS);
  }

  #inZone(node: number, recipient: number, luminosity: number): boolean {
    return this.#proximity(node, recipient) >= luminosity;
  }
}

/** 53 of the id's first 64 bits as one exact number: two active messages share them with probability 2^-53. */
function key(idHigh: number, idLow: number): number {
  return (idHigh >>> 0) * 0x200000 + (idLow >>> 11);
}
