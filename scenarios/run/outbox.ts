/**
 * What is known of a packet before it leaves: whom it is for, what it carries. Users and conversations announce it; the packet that their node
 * originates next is the one.
 */
import { ADDRESS_WORDS } from '../../protocols/identity/proximity.ts';
import type { ActiveMessage, MessageTracker } from './messages.ts';
import type { TextTracker, TrackedText } from './texts.ts';
import type { ZoneIndex } from './zones.ts';

/** A packet as it is originated. */
export interface Originated {
  /** First 64 bits of its id, as two unsigned words. */
  idHigh: number;
  idLow: number;
  luminosity: number;
  datagramBytes: number;
}

interface Announced {
  recipient: number;
  sizeBytes: number;
  text?: TrackedText;
}

export class Outbox {
  readonly #tracker: MessageTracker;
  readonly #texts: TextTracker;
  readonly #zones: ZoneIndex;
  readonly #words: () => Uint32Array;
  readonly #begun: (timeUs: number, idHigh: number, idLow: number) => void;
  #next: Announced | undefined;

  /** @param begun is told of each packet that is followed from now on. */
  constructor(
    tracker: MessageTracker,
    texts: TextTracker,
    zones: ZoneIndex,
    words: () => Uint32Array,
    begun: (timeUs: number, idHigh: number, idLow: number) => void,
  ) {
    this.#tracker = tracker;
    this.#texts = texts;
    this.#zones = zones;
    this.#words = words;
    this.#begun = begun;
  }

  /** A message outside conversations is about to be sent. */
  announce(recipient: number, sizeBytes: number): void {
    this.#next = { recipient, sizeBytes };
  }

  /** A message of a conversation is about to be sent, with text `number` or, below 0, with an acknowledgement alone. */
  conversing(sender: number, recipient: number, number: number, sizeBytes: number): void {
    const text = this.#texts.textOf(sender, recipient, number);
    // What nodes tell one another about their groups is nobody's message.
    this.#next = text === undefined ? undefined : { recipient, sizeBytes, text };
  }

  originated(timeUs: number, sender: number, packet: Originated): void {
    const announced = this.#next;
    if (announced === undefined) return;
    this.#next = undefined;
    const at = announced.recipient * ADDRESS_WORDS;
    if (announced.text !== undefined) announced.text.packets++;
    this.#tracker.begin({
      ...announced,
      ...packet,
      sender,
      sentUs: timeUs,
      zoneSize: this.#zones.count(this.#words(), at, packet.luminosity),
    });
    this.#begun(timeUs, packet.idHigh, packet.idLow);
  }

  /** A message was opened by its recipient; if it carries a text, that is what will be acknowledged. */
  opened(message: ActiveMessage | undefined): void {
    if (message?.text === undefined || message.text.sender !== message.sender) return;
    this.#texts.came(message.recipient, message.text);
  }
}
