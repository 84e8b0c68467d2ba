/**
 * What people in the world do: send messages, talk and answer, look addresses up. Each act is an application event of the acting node, drawn
 * from that node's own stream, so one more sender shifts nobody else's acts.
 *
 * Whoever reads a text knows of it what stands in it: its first two bytes say which entry of the traffic it belongs to and whether it is an
 * answer. Answers that are owed are remembered by the person, not by the machine, so they outlive a crash.
 */
import { readUint16, writeUint16 } from '../../protocols/codec/bytes.ts';
import type { Host, PeerHandle } from '../../protocols/host.ts';
import { ADDRESS_BYTES, ADDRESS_WORDS, readAddress } from '../../protocols/identity/proximity.ts';
import type { Inbound, Listener, MessagingNode } from '../../protocols/node/messaging.ts';
import type { MainframeNode } from '../../protocols/node/node.ts';
import { PURPOSE_WORKLOAD } from '../../protocols/overlay/events.ts';
import { OUTCOME_HANDLED, OUTCOME_REFUSED } from '../../protocols/outcomes.ts';
import type { RandomStream } from '../../protocols/random.ts';
import { looseKeyOf } from '../../protocols/session/streams.ts';
import { sampleUs } from '../../sim/random/laws.ts';
import type { Role, Traffic } from '../model.ts';
import type { Searching } from './discovery.ts';
import type { KeyRing } from './population.ts';
import { numberOf, type TextName } from './texts.ts';

/** Application timer kinds begin here. */
export const ACTS_FROM = 0x1000;
/** Timer kinds; `argument` is the index of the traffic entry, or of the probe. */
export const ACT_CHAT = 0x1000;
export const ACT_PROBE = 0x1001;
export const ACT_LOOKUP = 0x1002;
/** `argument` is the number under which the answer is owed. */
export const ACT_ANSWER = 0x1003;
export const ACT_SEARCH = 0x1004;

/** A fixed message between two drawn nodes. */
export interface Probe {
  traffic: number;
  sender: number;
  recipient: number;
  atUs: number;
}

/** Told of each message as it is sent, before its first copy, and of what people read and learn. */
export interface Ledger {
  sending(sender: number, recipient: number, sizeBytes: number): void;
  lookingUp(node: number, id: number, target: Uint32Array): void;
  /** A text of a conversation, to a stranger or not, perhaps as an answer. */
  saying(text: TextName, stranger: boolean, answered: TextName | undefined): void;
  read(text: TextName): void;
  /** The sender has learnt that a text has arrived. */
  acknowledged(text: TextName): void;
}

export interface Acts {
  traffic: readonly Traffic[];
  probes: readonly Probe[];
  keys: KeyRing;
  /** Nodes that may be recipient of each traffic entry. */
  recipients: readonly Int32Array[];
  ledger: Ledger;
  lookupEveryUs: number;
}

/** Nodes of a role, or everyone. */
export function nodesOf(role: string, roles: readonly Role[], roleOf: Uint8Array): Int32Array {
  if (role === 'anyone') return Int32Array.from(roleOf, (_, node) => node);
  const index = roles.findIndex((r) => r.name === role);
  const chosen: number[] = [];
  roleOf.forEach((r, node) => {
    if (r === index) chosen.push(node);
  });
  return Int32Array.from(chosen);
}

/** The person in front of a node. Drawn waits, gaps and addressees are theirs. */
export class User implements Listener {
  readonly #host: Host;
  readonly #acts: Acts;
  readonly #random: RandomStream;
  readonly #target = new Uint32Array(ADDRESS_WORDS);
  readonly #chats: readonly number[];
  #node: MainframeNode | undefined;
  /** The same node, where people talk. */
  #talker: MessagingNode | undefined;
  readonly #owed = new Map<number, { entry: number; text: TextName }>();
  #nextOwed = 0;

  readonly #searching: Searching | undefined;

  /**
   * @param chats indexes of the traffic entries that this node's role sends for as long as it is up.
   * @param searching what it looks for, if it does.
   */
  constructor(host: Host, acts: Acts, chats: readonly number[], searching?: Searching) {
    this.#chats = chats;
    this.#searching = searching;
    this.#host = host;
    this.#acts = acts;
    this.#random = host.random('workload');
  }

  /** Sits down in front of a node. */
  attach(node: MainframeNode, talker: MessagingNode | undefined): void {
    this.#node = node;
    this.#talker = talker;
  }

  /** The node has come up. */
  begin(): void {
    for (const entry of this.#chats) {
      const gapUs = sampleUs(this.#acts.traffic[entry]!.every!, this.#random);
      this.#host.setTimer(Math.max(1, gapUs), ACT_CHAT, entry);
    }
    if (this.#acts.lookupEveryUs > 0) {
      this.#host.setTimer(1 + this.#random.below(this.#acts.lookupEveryUs), ACT_LOOKUP, 0);
    }
    if (this.#searching !== undefined)
      this.#host.setTimer(1 + this.#random.below(this.#searching.everyUs), ACT_SEARCH, 0);
    for (const [number, { entry }] of this.#owed) this.#waitToAnswer(number, entry);
  }

  /** A timer of kind ACT_*. @returns an outcome code. */
  act(kind: number, argument: number): number {
    switch (kind) {
      case ACT_CHAT:
        return this.#chat(argument);
      case ACT_PROBE: {
        const probe = this.#acts.probes[argument]!;
        return this.#send(probe.recipient, probe.traffic);
      }
      case ACT_LOOKUP:
        return this.#lookUp();
      case ACT_ANSWER:
        return this.#answer(argument);
      case ACT_SEARCH:
        return this.#search();
      default:
        throw new Error(`timer of kind ${kind} is no act of a user`);
    }
  }

  received({ contact, number: counted, text, stream }: Inbound): void {
    const sender = this.#handleOf(contact.party.address);
    const number = numberOf(counted, stream === undefined ? 0 : looseKeyOf(stream));
    const name: TextName = { sender, recipient: this.#host.self, number };
    this.#acts.ledger.read(name);
    const label = readUint16(text, 0);
    const entry = label >>> 1;
    // An answer is not answered, or nobody would ever stop.
    if ((label & 1) === 1 || this.#acts.traffic[entry]?.reply === undefined) return;
    const owed = this.#nextOwed++ & 0x7fffffff;
    this.#owed.set(owed, { entry, text: name });
    this.#waitToAnswer(owed, entry);
  }

  acknowledged({ party }: Inbound['contact'], numbers: readonly number[]): void {
    const recipient = this.#handleOf(party.address);
    for (const number of numbers)
      this.#acts.ledger.acknowledged({ sender: this.#host.self, recipient, number });
  }

  #chat(entry: number): number {
    const traffic = this.#acts.traffic[entry]!;
    this.#host.setTimer(Math.max(1, sampleUs(traffic.every!, this.#random)), ACT_CHAT, entry);
    const recipients = this.#acts.recipients[entry]!;
    if (recipients.length === 0) return OUTCOME_REFUSED;
    const recipient = recipients[this.#random.below(recipients.length)]!;
    return recipient === this.#host.self ? OUTCOME_REFUSED : this.#send(recipient, entry);
  }

  #send(recipient: PeerHandle, entry: number): number {
    const traffic = this.#acts.traffic[entry]!;
    if (traffic.conversation === true) return this.#say(recipient, entry, undefined);
    const text = TEXT.subarray(0, traffic.sizeBytes);
    this.#acts.ledger.sending(this.#host.self, recipient, traffic.sizeBytes);
    const sent = this.#node!.router.send(
      this.#acts.keys.key(recipient).publicKey,
      this.#host.peers.words,
      recipient * ADDRESS_WORDS,
      traffic.luminosityBits,
      text,
      0,
      text.length,
    );
    return sent ? OUTCOME_HANDLED : OUTCOME_REFUSED;
  }

  /** Says a text to somebody whose contact card is at hand: address and key. */
  #say(recipient: PeerHandle, entry: number, answered: TextName | undefined): number {
    const talker = this.#talker;
    if (talker === undefined) throw new Error('a node without conversations cannot talk');
    const traffic = this.#acts.traffic[entry]!;
    const text = new Uint8Array(traffic.sizeBytes);
    writeUint16(text, 0, (entry << 1) | (answered === undefined ? 0 : 1));
    const address = new Uint8Array(ADDRESS_BYTES);
    this.#host.peers.writeAddress(recipient, address, 0);
    // The number that the text is about to get, since its first packet leaves before `say` returns.
    const known = talker.messenger.contact(address);
    if (known?.hasRoom(text.length) === false) return OUTCOME_REFUSED;
    const looseKey = traffic.stream === undefined ? 0 : looseKeyOf(traffic.stream);
    const next = looseKey === 0 ? known?.nextNumber : known?.nextOfStream.get(looseKey);
    const name = { sender: this.#host.self, recipient, number: numberOf(next ?? 0, looseKey) };
    this.#acts.ledger.saying(name, known === undefined, answered);
    const party = { address, publicKey: this.#acts.keys.key(recipient).publicKey };
    const { number } = talker.say(party, text, traffic.luminosityBits, traffic.stream);
    if (number !== (next ?? 0)) throw new Error(`text ${next} became number ${number}`);
    return OUTCOME_HANDLED;
  }

  #waitToAnswer(owed: number, entry: number): void {
    const waitUs = sampleUs(this.#acts.traffic[entry]!.reply!, this.#random);
    this.#host.setTimer(Math.max(1, waitUs), ACT_ANSWER, owed);
  }

  #answer(argument: number): number {
    const owed = this.#owed.get(argument);
    if (owed === undefined) return OUTCOME_REFUSED;
    this.#owed.delete(argument);
    return this.#say(owed.text.sender, owed.entry, owed.text);
  }

  #handleOf(address: Uint8Array): PeerHandle {
    readAddress(address, 0, this.#target, 0);
    return this.#host.peers.lookup(this.#target, 0);
  }

  #search(): number {
    const { query, wanted, everyUs } = this.#searching!;
    this.#host.setTimer(everyUs, ACT_SEARCH, 0);
    const search = this.#node!.discovery!.search(query, wanted);
    return search < 0 ? OUTCOME_REFUSED : OUTCOME_HANDLED;
  }

  #lookUp(): number {
    this.#host.setTimer(this.#acts.lookupEveryUs, ACT_LOOKUP, 0);
    const bytes = new Uint8Array(ADDRESS_WORDS * 4);
    this.#random.fill(bytes, 0, bytes.length);
    readAddress(bytes, 0, this.#target, 0);
    const id = this.#node!.overlay.lookup(this.#target, PURPOSE_WORKLOAD);
    this.#acts.ledger.lookingUp(this.#host.self, id, this.#target.slice());
    return OUTCOME_HANDLED;
  }
}

/** What people write: bytes that say nothing, since nobody reads them here. */
const TEXT = new Uint8Array(64 * 1024);
