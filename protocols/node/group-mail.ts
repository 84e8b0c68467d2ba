/**
 * What comes to a node's groups in conversations: pieces are put together, everything else goes to whoever it is for.
 *
 * Anybody may write to anybody, so nothing is kept for strangers: pieces are taken from members, and from those whom we have asked to let us in.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { KeyPackage } from '../group/leaf.ts';
import type { Host } from '../host.ts';
import type { GroupAsking } from './group-asking.ts';
import type { GroupCards } from './group-cards.ts';
import { Pieces, splitWords, type Frame, type Piece } from './group-frames.ts';
import type { Seat } from './group-seat.ts';
import type { GroupSeats } from './group-seats.ts';
import { WORDS_AT_ONCE } from './group-words.ts';

/** People whose pieces are waited for at once: whoever began first makes room. */
const PEOPLE_MAX = 32;

export interface MailParts {
  host: Pick<Host, 'crypto'>;
  asking: GroupAsking;
  cards: GroupCards;
  seats: GroupSeats;
  /** Whether pieces of such a whole are expected from somebody. */
  expects(whole: Piece['whole'], from: Uint8Array): boolean;
  commit(packet: Uint8Array): void;
  /** Words that we have missed, as they travelled. */
  words(packet: Uint8Array): void;
  welcome(bytes: Uint8Array): void;
  /** Somebody asks to be let in. */
  asks(seat: Seat, from: Uint8Array, one: KeyPackage): void;
  invited(from: Uint8Array, groupId: Uint8Array, name: string): void;
}

export class GroupMail {
  readonly #parts: MailParts;
  /** By the sender's address. */
  readonly #pieces = new Map<string, Pieces>();

  constructor(parts: MailParts) {
    this.#parts = parts;
  }

  clear(): void {
    this.#pieces.clear();
  }

  take(from: Uint8Array, frame: Frame): void {
    const { asking, cards, seats, asks, invited } = this.#parts;
    switch (frame.kind) {
      case 'piece':
        this.#piece(from, frame);
        return;
      case 'card':
        cards.learn(from, frame.record);
        return;
      case 'invite':
        invited(from, frame.groupId, frame.name);
        return;
      default: {
        const seat = seats.get(bytesToHex(frame.groupId));
        if (seat === undefined) return;
        if (frame.kind === 'head') asking.compare(seat, from, frame);
        else if (frame.kind === 'who') cards.asked(seat, from, frame.address);
        else asks(seat, from, frame.package);
      }
    }
  }

  #words(from: Uint8Array, bytes: Uint8Array): void {
    const { seats, asking, words } = this.#parts;
    const whole = splitWords(bytes);
    const seat = whole && seats.get(bytesToHex(whole.groupId));
    if (seat === undefined) return;
    for (const packet of whole!.packets) words(packet);
    if (whole!.packets.length >= WORDS_AT_ONCE) asking.more(seat, from);
  }

  #piece(from: Uint8Array, piece: Piece): void {
    const { host, cards, expects, commit, welcome } = this.#parts;
    if (!expects(piece.whole, from)) return;
    const name = bytesToHex(from);
    const pieces = this.#pieces.get(name) ?? new Pieces(host.crypto);
    this.#pieces.delete(name);
    const bytes = pieces.take(piece);
    if (!pieces.isEmpty) this.#pieces.set(name, pieces);
    if (this.#pieces.size > PEOPLE_MAX) this.#pieces.delete(this.#pieces.keys().next().value!);
    if (bytes === undefined) return;
    if (piece.whole === 'commit') commit(bytes);
    else if (piece.whole === 'welcome') welcome(bytes);
    else if (piece.whole === 'cards') cards.learnAll(from, bytes);
    else this.#words(from, bytes);
  }
}
