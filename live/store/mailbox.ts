/**
 * A node's mailbox: contacts, sessions, outbox, inbox and known peers, as typed records over a store.
 *
 * All changes go through transactions. Between them the mailbox remembers three things, so that a commit decides at once and without reading: the
 * highest session version of each contact (a lower one is refused: it would bring back used keys), the next number of each contact's inbox, and
 * when each peer was last seen (to drop the oldest). They move on when a commit begins, not when it succeeds: a failed write may still have reached
 * the disk, so its versions and numbers count as used.
 *
 * A record that cannot be read (see `record-codec.ts`) is moved aside to the namespace `broken`, under its old namespace and key, and reported; the
 * mailbox goes on without it. Contacts, sessions, outbox and peers are looked through when the mailbox is opened. The inbox may be long: it
 * is checked where it is read, and an entry is moved only if no commit was under way when the read began and none began since, lest a good record
 * that has just replaced the broken one be removed instead.
 */
import { ADDRESS_BYTES } from '../../protocols/identity/proximity.ts';
import { KEY_LENGTH_MAX, type Change, type Entry, type ScanRange, type Store } from './port.ts';
import { UINT48_MAX, type RecordCodec } from './record-codec.ts';
import {
  addressKey,
  CONTACTS,
  INBOX,
  INBOX_NEXT,
  inboxKey,
  OUTBOX,
  outboxKey,
  PEERS,
  SESSIONS,
  type ContactRecord,
  type InboxRecord,
  type OutboxRecord,
  type PeerRecord,
  type SessionRecord,
} from './records.ts';
import { Transaction, type Committed, type Draft } from './transaction.ts';

/** Known peers that are kept by default. */
export const PEERS_MAX = 5_000;
const BROKEN = 'broken';
/** Sorts behind the number or id of every entry of a contact. */
const BEHIND_CONTACT = '/~';

/** A record that could not be read. */
export interface BrokenRecord {
  namespace: string;
  key: string;
  lengthBytes: number;
  /** Goes on after "the record was moved aside because ...". */
  reason: string;
}

export type MailboxErrorCode = 'SESSION_STALE' | 'TRANSACTION_SPENT';

/** A transaction that must not be made true; nothing of it was. */
export class MailboxError extends Error {
  readonly code: MailboxErrorCode;

  constructor(code: MailboxErrorCode, message: string) {
    super(message);
    this.name = 'MailboxError';
    this.code = code;
  }
}

export interface MailboxOptions {
  /** Hears of every broken record, also of those that could not be moved (they are reported again at the next read). */
  onBroken?: (broken: BrokenRecord) => void;
  peersMax?: number;
}

/** Which part of an inbox to read. */
export interface InboxRange {
  /** Only entries with a greater number. */
  after?: number;
  /** Most entries. */
  limit?: number;
  /** Latest first. */
  latestFirst?: boolean;
}

export class Mailbox {
  readonly #store: Store;
  readonly #onBroken: (broken: BrokenRecord) => void;
  readonly #peersMax: number;
  readonly #versions = new Map<string, number>();
  readonly #nextSequences = new Map<string, number>();
  readonly #lastSeenMs = new Map<string, number>();
  readonly #spent = new WeakSet<Draft>();
  /** Commits begun and not yet settled, and begun at all: to tell whether what was read may have been replaced since. */
  #underWay = 0;
  #commits = 0;

  private constructor(store: Store, { onBroken, peersMax = PEERS_MAX }: MailboxOptions) {
    this.#store = store;
    this.#onBroken = onBroken ?? (() => undefined);
    this.#peersMax = peersMax;
  }

  /** Reads what there is. The store belongs to one mailbox at a time, and stays the caller's to close. @throws StoreError */
  static async open(store: Store, options: MailboxOptions = {}): Promise<Mailbox> {
    const mailbox = new Mailbox(store, options);
    await mailbox.#load();
    return mailbox;
  }

  begin(): Transaction {
    return new Transaction((draft) => this.#commit(draft));
  }

  contact(address: Uint8Array): Promise<ContactRecord | undefined> {
    return this.#get(CONTACTS, addressKey(address));
  }

  /** In the order of their addresses. */
  contacts(): Promise<ContactRecord[]> {
    return this.#scan(CONTACTS);
  }

  session(contact: Uint8Array): Promise<SessionRecord | undefined> {
    return this.#get(SESSIONS, addressKey(contact));
  }

  sessions(): Promise<SessionRecord[]> {
    return this.#scan(SESSIONS);
  }

  /** The highest version ever committed for a contact, safe yet or not; 0 if none. The next must be higher. */
  sessionVersion(contact: Uint8Array): number {
    return this.#versions.get(addressKey(contact)) ?? 0;
  }

  outboxMessage(contact: Uint8Array, id: Uint8Array): Promise<OutboxRecord | undefined> {
    return this.#get(OUTBOX, outboxKey(contact, id));
  }

  /** Messages to one contact, or to all; earliest first. */
  async outbox(contact?: Uint8Array): Promise<OutboxRecord[]> {
    const range = contact === undefined ? {} : { prefix: `${addressKey(contact)}/` };
    const messages = await this.#scan(OUTBOX, range);
    return messages.toSorted((a, b) => a.createdAtMs - b.createdAtMs);
  }

  inboxEntry(contact: Uint8Array, sequence: number): Promise<InboxRecord | undefined> {
    return this.#get(INBOX, inboxKey(contact, sequence));
  }

  /** Messages from a contact, in the order of their numbers. Broken ones count in `limit`. */
  inbox(contact: Uint8Array, range: InboxRange = {}): Promise<InboxRecord[]> {
    const { after, limit, latestFirst = false } = range;
    return this.#scan(INBOX, {
      prefix: `${addressKey(contact)}/`,
      reverse: latestFirst,
      ...(after === undefined ? {} : { after: inboxKey(contact, after) }),
      ...(limit === undefined ? {} : { limit }),
    });
  }

  /** Seen last first. */
  async peers(): Promise<PeerRecord[]> {
    return (await this.#scan(PEERS)).toSorted((a, b) => b.lastSeenMs - a.lastSeenMs);
  }

  /** What was moved aside: old namespace and key with the bytes. */
  async broken(): Promise<{ namespace: string; key: string; bytes: Uint8Array }[]> {
    const entries = await this.#store.scan(BROKEN);
    return entries.map(({ key, value }) => {
      const slash = key.indexOf('/');
      return { namespace: key.slice(0, slash), key: key.slice(slash + 1), bytes: value };
    });
  }

  async #load(): Promise<void> {
    await this.#scan(CONTACTS);
    await this.#scan(OUTBOX);
    for (const { contact, version } of await this.#scan(SESSIONS))
      this.#versions.set(addressKey(contact), version);
    for (const { address, lastSeenMs } of await this.#scan(PEERS))
      this.#lastSeenMs.set(addressKey(address), lastSeenMs);
    for (const { contact, next } of await this.#scan(INBOX_NEXT))
      this.#nextSequences.set(addressKey(contact), next);
    await this.#checkNextSequences();
  }

  /** A counter that was broken is made from the last entry; looks at one key per contact, however long the inboxes are. */
  async #checkNextSequences(): Promise<void> {
    let after = '';
    for (;;) {
      const [first] = await this.#store.scan(INBOX.namespace, { after, limit: 1 });
      if (first === undefined) return;
      const contact = first.key.split('/', 1)[0]!;
      const behind = contact + BEHIND_CONTACT;
      // A foreign key can be too long, stand behind all others of its contact, or be no contact's: pass it.
      after = behind.length <= KEY_LENGTH_MAX && behind > first.key ? behind : first.key;
      if (contact.length !== 2 * ADDRESS_BYTES) continue;
      const [last] = await this.#store.scan(INBOX.namespace, {
        prefix: `${contact}/`,
        limit: 1,
        reverse: true,
      });
      const sequence = Number(last?.key.slice(contact.length + 1));
      if (
        Number.isSafeInteger(sequence) &&
        sequence < UINT48_MAX &&
        sequence >= (this.#nextSequences.get(contact) ?? 1)
      )
        this.#nextSequences.set(contact, sequence + 1);
    }
  }

  #commit(draft: Draft): Promise<Committed> {
    if (this.#spent.has(draft))
      return Promise.reject(
        new MailboxError('TRANSACTION_SPENT', 'This transaction was committed before.'),
      );
    const versions = new Map<string, number>();
    for (const { contact, version } of draft.versions) {
      const highest = versions.get(contact) ?? this.#versions.get(contact) ?? 0;
      if (version <= highest)
        return Promise.reject(
          new MailboxError(
            'SESSION_STALE',
            `Version ${version} of the session with ${contact} is not above ${highest}.`,
          ),
        );
      versions.set(contact, version);
    }
    this.#spent.add(draft);
    this.#commits++;
    for (const [contact, version] of versions) this.#versions.set(contact, version);
    const changes = [...draft.changes];
    const sequences = this.#number(draft, changes);
    this.#sight(draft, changes);
    this.#underWay++;
    return this.#store
      .batch(changes)
      .finally(() => {
        this.#underWay--;
      })
      .then(() => ({ sequences }));
  }

  /** Gives what was received its numbers. */
  #number(draft: Draft, changes: Change[]): number[] {
    const touched = new Map<string, Uint8Array>();
    const sequences = draft.receipts.map((receipt) => {
      const contact = addressKey(receipt.contact);
      const sequence = this.#nextSequences.get(contact) ?? 1;
      this.#nextSequences.set(contact, sequence + 1);
      touched.set(contact, receipt.contact);
      changes.push(put(INBOX, { ...receipt, sequence, read: false }));
      return sequence;
    });
    for (const [key, contact] of touched)
      changes.push(put(INBOX_NEXT, { contact, next: this.#nextSequences.get(key)! }));
    return sequences;
  }

  /** Takes note of peers, and drops those seen longest ago if there are too many. */
  #sight(draft: Draft, changes: Change[]): void {
    for (const peer of draft.peers) {
      if (peer instanceof Uint8Array) {
        this.#lastSeenMs.delete(addressKey(peer));
        changes.push(remove(PEERS, addressKey(peer)));
        continue;
      }
      const key = addressKey(peer.address);
      if (peer.lastSeenMs < (this.#lastSeenMs.get(key) ?? 0)) continue;
      this.#lastSeenMs.set(key, peer.lastSeenMs);
      changes.push(put(PEERS, peer));
    }
    const excess = this.#lastSeenMs.size - this.#peersMax;
    if (excess <= 0) return;
    const oldest = [...this.#lastSeenMs].toSorted(([, a], [, b]) => a - b).slice(0, excess);
    for (const [key] of oldest) {
      this.#lastSeenMs.delete(key);
      changes.push(remove(PEERS, key));
    }
  }

  async #get<T>(codec: RecordCodec<T>, key: string): Promise<T | undefined> {
    const moment = this.#quietMoment();
    const value = await this.#store.get(codec.namespace, key);
    if (value === undefined) return undefined;
    return (await this.#decode(codec, [{ key, value }], moment))[0];
  }

  async #scan<T>(codec: RecordCodec<T>, range?: ScanRange): Promise<T[]> {
    const moment = this.#quietMoment();
    return this.#decode(codec, await this.#store.scan(codec.namespace, range), moment);
  }

  /** How many commits have begun, if all of them are settled. */
  #quietMoment(): number | undefined {
    return this.#underWay === 0 ? this.#commits : undefined;
  }

  /** The records that are good; moves the others aside. @param moment the quiet moment at which the entries were read. */
  async #decode<T>(
    { namespace, decode }: RecordCodec<T>,
    entries: Entry[],
    moment: number | undefined,
  ): Promise<T[]> {
    const records: T[] = [];
    const moves: Change[][] = [];
    for (const { key, value } of entries) {
      const decoded = decode(key, value);
      if (decoded.ok) {
        records.push(decoded.record);
        continue;
      }
      this.#onBroken({ namespace, key, lengthBytes: value.length, reason: decoded.reason });
      moves.push([
        { namespace: BROKEN, key: `${namespace}/${key}`.slice(0, KEY_LENGTH_MAX), value },
        { namespace, key, value: undefined },
      ]);
    }
    // One by one, so that a key that cannot be written holds up no other. A disk that refuses must still be readable.
    if (moves.length > 0 && moment === this.#commits)
      await Promise.allSettled(moves.map((move) => this.#store.batch(move)));
    return records;
  }
}

function put<T>(codec: RecordCodec<T>, record: T): Change {
  return { namespace: codec.namespace, key: codec.key(record), value: codec.encode(record) };
}

function remove({ namespace }: { namespace: string }, key: string): Change {
  return { namespace, key, value: undefined };
}
