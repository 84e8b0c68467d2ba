/**
 * A node that somebody talks through: conversations on top of dark routing.
 *
 * Three orders of events are kept, whatever happens in between. What has sealed a message is on disk before the message is sent; what has come is
 * on disk, with the state that received it, before anybody is told; and only what is on disk is acknowledged. The disk is a `Vault`: the simulator's
 * answers at once, the live node's when the bytes are safe.
 *
 * An acknowledgement is a reaction, and reactions show who the recipient is. It is sent after a random wait, as a message of its own that
 * looks like any other.
 */
import type { Host, HostedNode, Micros } from '../host.ts';
import { NO_TIMER, type TimerId } from '../host.ts';
import { ADDRESS_WORDS, readAddress } from '../identity/proximity.ts';
import { OUTCOME_HANDLED } from '../outcomes.ts';
import type { RandomStream } from '../random.ts';
import type { Contact } from '../session/contact.ts';
import { Messenger, type Outgoing } from '../session/messenger.ts';
import type { Party } from '../session/opening.ts';
import type { Self } from '../session/session.ts';
import { STREAM_TEXT_BYTES_MAX, type Stream } from '../session/streams.ts';
import type { TagKind } from '../session/topic-tags.ts';
import { CONVERSATION_SENDING, NO_TEXT } from './events.ts';
import { MainframeNode, type NodeSettings } from './node.ts';

/** Timer kinds 0x400 to 0x4ff belong to messaging. */
const TIMER_RANGE_MESSAGING = 4;
const TIMER_DUE = 0x400;
const TIMER_ACKNOWLEDGE = 0x401;

/** An acknowledgement waits between one and two of these. */
const ACKNOWLEDGE_US = 500_000;

/** A text that has come. */
export interface Inbound {
  contact: Contact;
  /** In the conversation; in its stream, where nothing is acknowledged. */
  number: number;
  text: Uint8Array;
  stranger: boolean;
  /** Undefined for a text as most are: in any order, acknowledged. */
  stream?: Stream;
}

/** Where conversations are kept. */
export interface Vault {
  /** Keeps the records of contacts and texts that have come, all or nothing, and calls `then` when they are safe. Calls end in the order they began. */
  keep(
    contacts: readonly { contact: Contact; record: Uint8Array }[],
    inbound: readonly Inbound[],
    then: () => void,
  ): void;
  /**
   * Records of all contacts, where the disk can be read at once: every start then begins with them, as if nothing else were left of the life
   * before. Hosts whose disks cannot, restore the messenger themselves before they start the node.
   */
  records?(): readonly Uint8Array[];
}

/** Whom a messaging node tells. */
export interface Listener {
  received?(inbound: Inbound): void;
  acknowledged?(contact: Contact, numbers: readonly number[]): void;
}

export interface MessagingSettings extends NodeSettings {
  self: Self;
  vault: Vault;
  listener: Listener;
  /** Bits shown to people for whom nothing else was said. */
  luminosityBits: number;
  /** What the headers of our packets show of their session. */
  tags: TagKind;
}

export class MessagingNode extends MainframeNode implements HostedNode {
  readonly #host: Host;
  readonly #self: Self;
  readonly #vault: Vault;
  readonly #listener: Listener;
  readonly #luminosityBits: number;
  readonly #tags: TagKind;
  readonly #random: RandomStream;
  readonly #secrets: RandomStream;
  #messenger: Messenger;
  readonly #words = new Uint32Array(ADDRESS_WORDS);
  /** People whose acknowledgement is on its way, by the argument of its timer. */
  readonly #owed = new Map<number, Contact>();
  #nextOwed = 0;
  #timer: TimerId = NO_TIMER;

  constructor(host: Host, settings: MessagingSettings) {
    super(host, settings);
    this.#host = host;
    this.#vault = settings.vault;
    this.#listener = settings.listener;
    this.#luminosityBits = settings.luminosityBits;
    this.#tags = settings.tags;
    this.#random = host.random('messaging');
    this.#secrets = host.random('messaging/keys');
    this.#self = settings.self;
    this.#messenger = this.#newMessenger();
    this.router.opened = (text, offset, length) => {
      this.#opened(text.slice(offset, offset + length));
    };
    this.router.listensFor = (bytes, at) => this.messenger.listensFor(bytes, at);
  }

  /** All conversations of this node. */
  get messenger(): Messenger {
    return this.#messenger;
  }

  override start(): void {
    super.start();
    this.#owed.clear();
    this.#timer = NO_TIMER;
    this.#remember();
    this.messenger.hurry(this.#host.now());
    this.#pump();
  }

  /**
   * Sends a text of at most STREAM_TEXT_BYTES_MAX to somebody, showing at most `luminosityBits` of their address: until it is acknowledged, or as its stream
   * says. @returns its number and the bits shown. @throws where too much waits for them already
   */
  say(
    to: Party,
    text: Uint8Array,
    luminosityBits?: number,
    stream?: Stream,
  ): { number: number; luminosityBits: number } {
    if (text.length > STREAM_TEXT_BYTES_MAX)
      throw new Error(`a text of ${text.length} bytes; the most is ${STREAM_TEXT_BYTES_MAX}`);
    const now = this.#host.now();
    const contact = this.messenger.know(to, now);
    const shown = contact.show(luminosityBits, this.#luminosityBits);
    if (!contact.hasRoom(text.length)) throw new Error('too much waits for this person');
    const number = this.messenger.say(contact, text, now, stream);
    this.#pump();
    return { number, luminosityBits: shown };
  }

  /** Whether `say` would take a text of so many bytes for somebody. */
  maySay(to: Party, textBytes: number): boolean {
    return this.messenger.contact(to.address)?.hasRoom(textBytes) ?? true;
  }

  override onTimer(kind: number, argument: number): number {
    if (kind >>> 8 !== TIMER_RANGE_MESSAGING) return super.onTimer(kind, argument);
    if (kind === TIMER_DUE) {
      this.#timer = NO_TIMER;
      this.#pump();
    } else if (kind === TIMER_ACKNOWLEDGE) this.#acknowledge(argument);
    return OUTCOME_HANDLED;
  }

  #newMessenger(): Messenger {
    return new Messenger(this.#host.crypto, this.#self, (out) => {
      this.#secrets.fill(out, 0, out.length);
    });
  }

  /** Goes on with what is on disk, and with nothing that was only in memory. */
  #remember(): void {
    const records = this.#vault.records?.();
    if (records === undefined) return;
    this.#messenger = this.#newMessenger();
    for (const record of records)
      if (!this.#messenger.restore(record)) throw new Error('a vault has changed what it keeps');
  }

  /** Sends what is due, and wakes when more will be. */
  #pump(): void {
    const now = this.#host.now();
    const due = this.messenger.takeDue(now);
    this.#keep([], () => {
      for (const message of due) this.#transmit(message);
    });
    this.#rearm();
  }

  #rearm(): void {
    const now = this.#host.now();
    this.#host.cancelTimer(this.#timer);
    const nextUs = this.messenger.nextDueUs;
    this.#timer =
      nextUs === Infinity
        ? NO_TIMER
        : this.#host.setTimer(Math.max(1, Math.ceil(nextUs - now)), TIMER_DUE, 0);
  }

  #opened(message: Uint8Array): void {
    const received = this.messenger.receive(message, this.#host.now());
    if (received === undefined) return;
    const { contact, fresh, stranger, acknowledged, answer } = received;
    const inbound = fresh.map((one): Inbound => ({ contact, stranger, ...one }));
    this.#keep(inbound, () => {
      for (const one of inbound) this.#listener.received?.(one);
      if (acknowledged.length > 0) this.#listener.acknowledged?.(contact, acknowledged);
      if (answer) this.#owe(contact);
      this.#rearm();
    });
  }

  /** One acknowledgement covers all that has come before it is sent. */
  #owe(contact: Contact): void {
    for (const owed of this.#owed.values()) if (owed === contact) return;
    const waitUs: Micros = ACKNOWLEDGE_US + this.#random.below(ACKNOWLEDGE_US);
    const argument = this.#nextOwed++ & 0x7fffffff;
    this.#owed.set(argument, contact);
    this.#host.setTimer(waitUs, TIMER_ACKNOWLEDGE, argument);
  }

  #acknowledge(argument: number): void {
    const contact = this.#owed.get(argument);
    if (contact === undefined) return;
    this.#owed.delete(argument);
    // Before the contact is written: what is shown now must not be forgotten, or more might be shown after a restart.
    contact.show(undefined, this.#luminosityBits);
    const message = this.messenger.acknowledge(contact);
    if (message === undefined) return;
    this.#keep([], () => {
      this.#transmit(message);
    });
  }

  #keep(inbound: readonly Inbound[], then: () => void): void {
    const changed = this.messenger.takeChanged().map((contact) => ({
      contact,
      record: this.messenger.encode(contact),
    }));
    if (changed.length === 0 && inbound.length === 0) then();
    else this.#vault.keep(changed, inbound, then);
  }

  #transmit({ to, bytes, number, looseKey, topic }: Outgoing): void {
    const contact = this.messenger.contact(to.address);
    if (contact === undefined) return;
    readAddress(to.address, 0, this.#words, 0);
    const shown = contact.show(undefined, this.#luminosityBits);
    const peer = this.#host.peers.lookup(this.#words, 0);
    this.#host.emit(CONVERSATION_SENDING, peer, number ?? NO_TEXT, bytes.length, looseKey);
    const shownTopic = this.#tags === 'fixed' ? topic : undefined;
    this.router.send(to.publicKey, this.#words, 0, shown, bytes, 0, bytes.length, shownTopic);
  }
}
