/**
 * Tickets: an applicant's place in the queue, kept by the applicant.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 6 | when the first ticket of this row was asked for, milliseconds of the registrar |
 * | 6 | 6 | good from |
 * | 12 | 16 | keyed hash of these, the applicant's address and endpoint, service and shelf |
 *
 * The registrar keeps nothing about those who wait, so that waiting cannot be used to fill its memory. Bound to address and endpoint, a ticket is
 * worth nothing to anybody else; good for one window, it cannot be saved up for the day of the attack. Used twice it gets nothing twice, since
 * nobody has two advertisements on a shelf and windows are shorter than advertisements live.
 */
import { readUint48, writeUint16, writeUint48 } from '../codec/bytes.ts';
import { equalConstantTime } from '../crypto/bytes.ts';
import type { CryptoSuite } from '../crypto/port.ts';
import type { PeerHandle } from '../host.ts';
import { ENDPOINT_BYTES, type PeerBook } from '../identity/peer-book.ts';
import { ADDRESS_BYTES } from '../identity/proximity.ts';
import type { RandomStream } from '../random.ts';
import { TICKET_BYTES, type Shelf } from './messages.ts';

const SECRET_BYTES = 32;
const AT_GOOD_FROM = 6;
const AT_HASH = 12;
const HASH_BYTES = TICKET_BYTES - AT_HASH;

export interface Ticket {
  firstMs: number;
  goodFromMs: number;
}

export class TicketPrinter {
  readonly #suite: Pick<CryptoSuite, 'sha256'>;
  readonly #peers: PeerBook;
  readonly #secret = new Uint8Array(SECRET_BYTES);

  constructor(suite: Pick<CryptoSuite, 'sha256'>, peers: PeerBook, random: RandomStream) {
    this.#suite = suite;
    this.#peers = peers;
    random.fill(this.#secret, 0, SECRET_BYTES);
  }

  print(applicant: PeerHandle, shelf: Shelf, { firstMs, goodFromMs }: Ticket): Uint8Array {
    const ticket = new Uint8Array(TICKET_BYTES);
    writeUint48(ticket, 0, firstMs);
    writeUint48(ticket, AT_GOOD_FROM, goodFromMs);
    ticket.set(this.#hash(applicant, shelf, ticket), AT_HASH);
    return ticket;
  }

  /** What a ticket of ours for this applicant and shelf says; undefined for any other 28 bytes. */
  read(applicant: PeerHandle, shelf: Shelf, ticket: Uint8Array): Ticket | undefined {
    const expected = this.#hash(applicant, shelf, ticket);
    if (!equalConstantTime(expected, 0, ticket, AT_HASH, HASH_BYTES)) return undefined;
    return { firstMs: readUint48(ticket, 0), goodFromMs: readUint48(ticket, AT_GOOD_FROM) };
  }

  #hash(applicant: PeerHandle, { service, shelf }: Shelf, ticket: Uint8Array): Uint8Array {
    const input = new Uint8Array(SECRET_BYTES + AT_HASH + ADDRESS_BYTES + ENDPOINT_BYTES + 3);
    let at = SECRET_BYTES;
    input.set(this.#secret);
    input.set(ticket.subarray(0, AT_HASH), at);
    at += AT_HASH;
    this.#peers.writeAddress(applicant, input, at);
    at += ADDRESS_BYTES;
    this.#peers.writeEndpoint(applicant, input, at);
    at += ENDPOINT_BYTES;
    writeUint16(input, at, service);
    input[at + 2] = shelf;
    return this.#suite.sha256(this.#suite.sha256(input)).slice(0, HASH_BYTES);
  }
}
