/**
 * A transaction: everything that one event changes in a mailbox, collected and then made true in one stroke.
 *
 * A message that has come is an inbox entry and a session that has moved on. With only the first on disk, the message that is sent again opens a
 * second time; with only the second it is lost, since its key is gone. A message that was sealed is a session that has moved on and an outbox entry:
 * with only the entry, the next message is sealed with the same key. So the two are one batch, and the caller cannot write one without
 * having the other at hand.
 *
 * Building changes nothing and may be abandoned. All that depends on the mailbox's state (inbox numbers, whether a session version is new) is
 * decided in `commit`, synchronously, so transactions take effect in the order of their commits.
 */
import type { Change } from './port.ts';
import type { RecordCodec } from './record-codec.ts';
import {
  addressKey,
  CONTACTS,
  INBOX,
  inboxKey,
  OUTBOX,
  outboxKey,
  PEERS,
  SESSIONS,
  type ContactRecord,
  type InboxRecord,
  type OutboxRecord,
  type PeerRecord,
} from './records.ts';

/** A message that has come: an inbox entry before it has a number. */
export type Receipt = Omit<InboxRecord, 'sequence' | 'read'>;

/** What a transaction has collected. */
export interface Draft {
  readonly changes: Change[];
  /** Session versions in the order in which they were put. */
  readonly versions: { contact: string; version: number }[];
  readonly receipts: Receipt[];
  /** Peers seen (a record) and forgotten (an address). */
  readonly peers: (PeerRecord | Uint8Array)[];
}

/** What came of a commit. */
export interface Committed {
  /** Inbox numbers of the messages received, in the order of the calls. */
  sequences: number[];
}

/** Calls can be chained. All but `commit` throw RangeError for what a record cannot hold. */
export class Transaction {
  readonly #commit: (draft: Draft) => Promise<Committed>;
  readonly #draft: Draft = { changes: [], versions: [], receipts: [], peers: [] };

  /** Made by `Mailbox.begin`. */
  constructor(commit: (draft: Draft) => Promise<Committed>) {
    this.#commit = commit;
  }

  /** Adds a contact or replaces what is known of one. */
  putContact(contact: ContactRecord): this {
    return this.#put(CONTACTS, contact);
  }

  /** Forgets a contact and the session with them; their messages stay. */
  removeContact(address: Uint8Array): this {
    return this.#remove(CONTACTS, addressKey(address)).removeSession(address);
  }

  /**
   * Keeps a session's state. `version` must be above all that were ever committed for this contact, whether or not their commits came through:
   * a state that is put back is a key that is used twice. See `Mailbox.sessionVersion`.
   */
  putSession(contact: Uint8Array, version: number, bytes: Uint8Array): this {
    this.#put(SESSIONS, { contact, version, bytes });
    this.#draft.versions.push({ contact: addressKey(contact), version });
    return this;
  }

  /** Forgets a session. The mailbox goes on to refuse its versions until it is opened again. */
  removeSession(contact: Uint8Array): this {
    return this.#remove(SESSIONS, addressKey(contact));
  }

  /** Adds a message of the user's or replaces its state. */
  putOutbox(message: OutboxRecord): this {
    return this.#put(OUTBOX, message);
  }

  removeOutbox(contact: Uint8Array, id: Uint8Array): this {
    return this.#remove(OUTBOX, outboxKey(contact, id));
  }

  /** Puts a message into the inbox, unread, under the contact's next number. */
  receive(receipt: Receipt): this {
    // Encoded in `commit`, when it has its number; checked now, where the mistake is, and copied, since it waits.
    INBOX.encode({ ...receipt, sequence: 0, read: false });
    this.#draft.receipts.push({ ...receipt, text: new Uint8Array(receipt.text) });
    return this;
  }

  /** Replaces an inbox entry that was read from the mailbox, for instance with its `read` flag set. */
  putInbox(entry: InboxRecord): this {
    return this.#put(INBOX, entry);
  }

  removeInbox(contact: Uint8Array, sequence: number): this {
    return this.#remove(INBOX, inboxKey(contact, sequence));
  }

  /** A peer was there. Of two sightings the later counts; beyond the mailbox's limit the peer seen longest ago is dropped. */
  seePeer(peer: PeerRecord): this {
    PEERS.encode(peer);
    this.#draft.peers.push({
      address: new Uint8Array(peer.address),
      endpoint: new Uint8Array(peer.endpoint),
      lastSeenMs: peer.lastSeenMs,
    });
    return this;
  }

  removePeer(address: Uint8Array): this {
    addressKey(address);
    this.#draft.peers.push(new Uint8Array(address));
    return this;
  }

  /**
   * Makes all of it true or nothing; resolves when it is safe on disk. Once only.
   * @throws MailboxError (as a rejection) SESSION_STALE or TRANSACTION_SPENT, with nothing written; StoreError as the store does.
   */
  commit(): Promise<Committed> {
    return this.#commit(this.#draft);
  }

  #put<T>(codec: RecordCodec<T>, record: T): this {
    const { namespace } = codec;
    this.#draft.changes.push({ namespace, key: codec.key(record), value: codec.encode(record) });
    return this;
  }

  #remove({ namespace }: { namespace: string }, key: string): this {
    this.#draft.changes.push({ namespace, key, value: undefined });
    return this;
  }
}
