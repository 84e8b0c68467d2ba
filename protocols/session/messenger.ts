/**
 * All conversations of one person: opens sessions, finds the one that a message belongs to, and hands over each text once.
 *
 * Nothing here sends or stores. Whoever owns a messenger takes what is to be sent from `takeDue` and `acknowledge`, writes the contacts that have changed
 * (`changed`) to disk, and only then lets the messages out: a key that has sealed a message is gone from disk before the message is on the wire,
 * so no crash can make it seal another. Texts that came are written in the same stroke as the state that has received them.
 */
import type { CryptoSuite } from '../crypto/port.ts';
import type { Micros } from '../host.ts';
import { Contact, type Taken } from './contact.ts';
import { decodeContact, encodeContact } from './contact-codec.ts';
import type { Party } from './opening.ts';
import type { Fresh } from './ratchet.ts';
import { headBytes, KIND_OPENING, KIND_PLAIN, Session, type Self } from './session.ts';
import type { Stream } from './streams.ts';
import { TAG_BYTES, TagTable, TopicSet } from './topic-tags.ts';

/** A message to be sealed into a packet for somebody. */
export interface Outgoing {
  to: Party;
  bytes: Uint8Array;
  /** Number of the text that it carries or is a part of; undefined for an acknowledgement alone. */
  number: number | undefined;
  /** Key of the stream that counts the text, where nothing is acknowledged; else 0. */
  looseKey: number;
  /** Topic of its session, for the packet's header; undefined for one with an opening, whose reader does not know the topic yet. */
  topic: Uint8Array | undefined;
}

/** What a message has brought. */
export interface Received {
  contact: Contact;
  /** They were not known before. */
  stranger: boolean;
  fresh: Taken['fresh'];
  acknowledged: number[];
  /** It should be acknowledged. */
  answer: boolean;
}

export class Messenger {
  readonly #suite: CryptoSuite;
  readonly #self: Self;
  readonly #fresh: Fresh;
  readonly #contacts = new Map<string, Contact>();
  readonly #tags: TagTable<{ contact: Contact; session: Session }>;
  readonly #owners = new Map<Session, { contact: Contact; session: Session; topic: Uint8Array }>();
  readonly #topics = new TopicSet();
  readonly #changed = new Set<Contact>();

  /** @param fresh fills an array with secret random bytes. */
  constructor(suite: CryptoSuite, self: Self, fresh: Fresh) {
    this.#suite = suite;
    this.#self = self;
    this.#fresh = fresh;
    this.#tags = new TagTable(suite);
  }

  /** Everybody there is a conversation with. */
  contacts(): Contact[] {
    return [...this.#contacts.values()];
  }

  contact(address: Uint8Array): Contact | undefined {
    return this.#contacts.get(nameOf(address));
  }

  /** The conversation with somebody, begun if there is none. A new key of theirs ends what the old one had. */
  know(party: Party, nowUs: Micros): Contact {
    const name = nameOf(party.address);
    const known = this.#contacts.get(name);
    if (known !== undefined && equal(known.party.publicKey, party.publicKey)) return known;
    const contact = new Contact(party, Math.floor(nowUs / 1_000));
    if (known !== undefined) {
      this.#forget(known);
      // The address is the same, and whoever has watched may go on watching.
      contact.luminosityBits = known.luminosityBits;
    }
    this.#contacts.set(name, contact);
    this.#changed.add(contact);
    return contact;
  }

  /** A text for somebody, to be sent from now on until it is acknowledged, or as its stream says. @returns its number. */
  say(contact: Contact, text: Uint8Array, nowUs: Micros, stream?: Stream): number {
    this.#changed.add(contact);
    return contact.add(text, nowUs, stream);
  }

  /** When something is to be sent next, Infinity for never. */
  get nextDueUs(): Micros {
    let next = Infinity;
    for (const contact of this.#contacts.values()) next = Math.min(next, contact.nextDueUs);
    return next;
  }

  /** After a silence of our own: what waits is sent soon. */
  hurry(nowUs: Micros): void {
    for (const contact of this.#contacts.values()) contact.hurry(nowUs);
  }

  /** What is to be sent at `nowUs`, sealed. */
  takeDue(nowUs: Micros): Outgoing[] {
    const out: Outgoing[] = [];
    for (const contact of this.#contacts.values()) {
      for (const due of contact.takeDue(nowUs)) {
        const message = this.#seal(contact, due);
        if (message !== undefined) out.push(message);
      }
    }
    return out;
  }

  /** An acknowledgement of all that has come from somebody, sealed; undefined if it cannot be sent. */
  acknowledge(contact: Contact): Outgoing | undefined {
    const frame = contact.acknowledgementFrame();
    return this.#seal(contact, { frame, number: undefined, looseKey: 0 });
  }

  /** Whether a session of ours has the topic that stands at `bytes[at..+8)`. */
  listensFor(bytes: Uint8Array, at: number): boolean {
    return this.#topics.has(bytes, at);
  }

  /** Takes a message in; undefined, and no change, for any that nobody has sent to us, or that came before. */
  receive(message: Uint8Array, nowUs: Micros): Received | undefined {
    if (headBytes(message) < 0) return undefined;
    const found = this.#receiveKnown(message, nowUs);
    if (found !== undefined || message[0] !== KIND_OPENING) return found;
    return this.#receiveOpening(message, nowUs);
  }

  /** Contacts that are not as they were when this was called last: their records are to be written. */
  takeChanged(): Contact[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  encode(contact: Contact): Uint8Array {
    for (const session of contact.sessions) {
      const owner = this.#owners.get(session);
      if (owner !== undefined) session.parts.tagsReceived = this.#tags.next(owner);
    }
    return encodeContact(contact);
  }

  /** Brings a contact back from its record; false for bytes that are none. */
  restore(record: Uint8Array): boolean {
    const contact = decodeContact(record, (parts) => new Session(this.#suite, parts, this.#fresh));
    if (contact === undefined) return false;
    this.#contacts.set(nameOf(contact.party.address), contact);
    for (const session of contact.sessions) this.#watch(contact, session);
    return true;
  }

  #receiveKnown(message: Uint8Array, nowUs: Micros): Received | undefined {
    const at = headBytes(message) - TAG_BYTES;
    for (const { owner, counter } of [...this.#tags.find(message, at)]) {
      const frame = owner.session.unseal(message);
      if (frame === undefined) continue;
      this.#tags.came(owner, counter);
      return this.#take(owner.contact, frame, false, nowUs);
    }
    return undefined;
  }

  #receiveOpening(message: Uint8Array, nowUs: Micros): Received | undefined {
    const accepted = Session.accept(this.#suite, this.#self, message, this.#fresh);
    if (accepted === undefined) return undefined;
    const { from, session } = accepted;
    const known = this.#contacts.get(nameOf(from.address));
    // Whoever changes their key must be introduced anew: anybody may claim an address.
    if (known !== undefined && !equal(known.party.publicKey, from.publicKey)) return undefined;
    if (known?.sessions.some((s) => s.isOpenedBy(message)) === true) return undefined;
    const frame = session.unseal(message);
    if (frame === undefined) return undefined;
    const contact = known ?? this.know(from, nowUs);
    const ours = lower(this.#self.address, from.address);
    for (const gone of contact.adopt(session, ours)) this.#unwatch(gone);
    this.#watch(contact, session);
    return this.#take(contact, frame, known === undefined, nowUs);
  }

  #take(
    contact: Contact,
    frame: Uint8Array,
    stranger: boolean,
    nowUs: Micros,
  ): Received | undefined {
    this.#changed.add(contact);
    const taken = contact.take(frame);
    // Whoever is heard may have been away while we tried.
    contact.hurry(nowUs);
    return taken && { contact, stranger, ...taken };
  }

  #seal(
    contact: Contact,
    { frame, number, looseKey }: Pick<Outgoing, 'number' | 'looseKey'> & { frame: Uint8Array },
  ): Outgoing | undefined {
    this.#changed.add(contact);
    let session = contact.sessions.find((s) => s.canSend);
    if (session === undefined) {
      session = Session.open(this.#suite, this.#self, contact.party, this.#fresh);
      if (session === undefined) return undefined;
      for (const gone of contact.begin(session)) this.#unwatch(gone);
      this.#watch(contact, session);
    }
    const bytes = session.seal(frame);
    const topic = bytes[0] === KIND_PLAIN ? this.#owners.get(session)?.topic : undefined;
    return { to: contact.party, bytes, number, looseKey, topic };
  }

  #watch(contact: Contact, session: Session): void {
    const owner = { contact, session, topic: session.topic };
    this.#owners.set(session, owner);
    this.#topics.add(owner.topic);
    this.#tags.watch(owner, session.parts.receiveTag, session.parts.tagsReceived);
  }

  #unwatch(session: Session): void {
    const owner = this.#owners.get(session);
    if (owner === undefined) return;
    this.#tags.forget(owner);
    this.#topics.remove(owner.topic);
    this.#owners.delete(session);
  }

  #forget(contact: Contact): void {
    for (const session of contact.sessions) {
      this.#unwatch(session);
      session.forget();
    }
    this.#changed.delete(contact);
  }
}

function nameOf(address: Uint8Array): string {
  let name = '';
  for (const byte of address) name += String.fromCharCode(byte);
  return name;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Order of two addresses, by which both sides decide alike. */
function lower(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}
