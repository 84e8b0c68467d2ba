/**
 * How members of a group come to know one another's encryption keys, which conversations between two of them need: for what somebody has missed,
 * and for asking which epoch counts. Words to all need addresses only, and these are in the tree.
 *
 * Whoever has come in says their card to the group; whoever lets somebody in sends them, with the welcome, those that they have. Who still lacks a card when it is
 * needed asks a member whose card is at hand. Cards are signed by the accounts that the tree names, so it does not matter who hands them on; they
 * are handed to members of the group only.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Host, Micros } from '../host.ts';
import { RECORD_BYTES, verifyRecord, type NodeRecord } from '../identity/record.ts';
import { sameBytes } from '../group/leaf.ts';
import { concat } from '../group/presentation.ts';
import type { Party } from '../session/opening.ts';
import type { RandomStream } from '../random.ts';
import { encodeCard, encodeWho } from './group-frames.ts';
import type { GroupPost } from './group-post.ts';
import type { Seat } from './group-seat.ts';
import type { GroupSeats } from './group-seats.ts';
import type { CardBook } from './group-settings.ts';

/** Somebody is asked for the same card no sooner than after so long. */
const ASK_AGAIN_US: Micros = 30_000_000;
/** Cards that hosts may send us in one life of the node before their welcome: of a few large groups. */
const EARLY_MAX = 1_024;

export interface CardsParts {
  host: Host;
  networkId: bigint;
  random: RandomStream;
  book: CardBook | undefined;
  /** Whether we have asked somebody to let us in. */
  hasAsked(address: Uint8Array): boolean;
  post: GroupPost;
  card(address: Uint8Array): Party | undefined;
  seats: GroupSeats;
  /** Says a frame to all members. */
  sayToAll(seat: Seat, frame: Uint8Array): void;
}

export class GroupCards {
  readonly #parts: CardsParts;
  /** When each card was asked for last, by address. */
  readonly #askedUs = new Map<string, Micros>();
  /** Cards taken from hosts for members whom we do not know to be any. */
  #early = 0;

  constructor(parts: CardsParts) {
    this.#parts = parts;
  }

  clear(): void {
    this.#askedUs.clear();
  }

  /** We have come into a group. */
  introduce(seat: Seat): void {
    const own = this.#own();
    if (own !== undefined) this.#parts.sayToAll(seat, encodeCard(own));
  }

  /** After a start: tells all groups where our key is another one than they were told. */
  refresh(): void {
    const { book, seats } = this.#parts;
    const own = book && this.#read(book.own());
    if (own === undefined) return;
    const told = book!.record(own.address);
    const before = told && this.#read(told);
    if (before !== undefined && !sameBytes(before.publicKey, own.publicKey))
      for (const seat of seats) this.introduce(seat);
  }

  /** We have let somebody in. */
  introduceTo(seat: Seat, newcomer: Uint8Array): void {
    const own = this.#own();
    if (own === undefined) return;
    const { book, seats, post } = this.#parts;
    const others = seats.others(seat).filter((address) => !sameBytes(address, newcomer));
    const known = others.map((address) => book!.record(address)).filter((one) => one !== undefined);
    post.whole(newcomer, 'cards', concat(own, ...known));
  }

  /** Something is to be sent to somebody whose card is missing. */
  missing(address: Uint8Array): void {
    const { host, random, post, book, card, seats } = this.#parts;
    if (book === undefined) return;
    const name = bytesToHex(address);
    if (host.now() < (this.#askedUs.get(name) ?? -Infinity) + ASK_AGAIN_US) return;
    for (const seat of seats) {
      if (!seats.isMember(seat, address)) continue;
      const known = seats.others(seat).filter((member) => card(member) !== undefined);
      if (known.length === 0) continue;
      this.#askedUs.set(name, host.now());
      post.tell(known[random.below(known.length)]!, encodeWho(seat.group.id, address));
      return;
    }
  }

  /** Our card, remembered as what we have told. */
  #own(): Uint8Array | undefined {
    const { book } = this.#parts;
    const own = book?.own();
    if (own !== undefined) book!.learn(this.#read(own)!.address, own);
    return own;
  }

  #read(record: Uint8Array): NodeRecord | undefined {
    return verifyRecord(this.#parts.host.crypto, record, 0);
  }

  /** Cards have come, one behind the other. */
  learnAll(from: Uint8Array, records: Uint8Array): void {
    for (let at = 0; at + RECORD_BYTES <= records.length; at += RECORD_BYTES)
      this.learn(from, records.slice(at, at + RECORD_BYTES));
  }

  /** A card has come: of a member, or from somebody who may be about to let us in. */
  learn(from: Uint8Array, record: Uint8Array): void {
    const { book, networkId, seats, hasAsked } = this.#parts;
    const read = this.#read(record);
    if (book === undefined || read?.networkId !== networkId) return;
    const { address } = read;
    const isMember = [...seats].some((seat) => seats.isMember(seat, address));
    // Before the welcome nobody can say who is a member.
    if (!isMember && !(hasAsked(from) && this.#early++ < EARLY_MAX)) return;
    const known = book.record(address);
    const before = known && this.#read(known);
    if (before === undefined || before.sequence < read.sequence) book.learn(address, record);
  }

  /** Somebody asks for the card of a member. */
  asked(seat: Seat, from: Uint8Array, address: Uint8Array): void {
    const { book, post, seats } = this.#parts;
    if (!seats.isMember(seat, from) || !seats.isMember(seat, address)) return;
    const record = book?.record(address);
    if (record !== undefined) post.answer(from, encodeCard(record));
  }
}
