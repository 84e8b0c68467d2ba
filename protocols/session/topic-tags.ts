/**
 * Tags: eight bytes by which a message finds its session without being tried on all of them.
 *
 * A tag is made of a key that only the two participants have and the number of the message, so to anybody else each is new and says nothing of the
 * one before. A participant knows which tags may come next: a window of them per session stands in one table, which is asked once per message,
 * however many sessions there are. Tags may collide, by chance or malice; then both sessions are tried, and only the right one opens.
 *
 * These tags travel inside the sealed packet. Its header has a tag of its own, which everybody on the way reads. By default it is the view tag of
 * the sealed box, new with every packet. The 2018 paper has a *topic* there, agreed once and the same for all messages of a session,
 * both ways: cheap to look for, and a name by which everybody on the way knows the session again (docs/decisions/0033). Which of the two stands in
 * the header is the sender's choice (`TagKind`); a recipient listens for both.
 */
import { writeUint32 } from '../codec/bytes.ts';
import type { CryptoSuite } from '../crypto/port.ts';
import { deriveKeys } from './kdf.ts';

export const TAG_BYTES = 8;
/** Messages that may be lost or late before a session is no longer found by its tags. */
export const TAG_WINDOW = 64;

/** Tag number `counter` (an integer >= 0) under a tag key. */
export function topicTag(suite: CryptoSuite, key: Uint8Array, counter: number): Uint8Array {
  const salt = new Uint8Array(8);
  writeUint32(salt, 0, Math.floor(counter / 0x1_0000_0000));
  writeUint32(salt, 4, counter % 0x1_0000_0000);
  return deriveKeys(suite, 'tag', key, salt, 1)[0]!.subarray(0, TAG_BYTES);
}

/** What stands in the headers of a conversation's packets: a new tag each, or the topic of the session. */
export const TAG_KINDS = ['rotating', 'fixed'] as const;
export type TagKind = (typeof TAG_KINDS)[number];

/** The topic of a session, which both sides derive alike. @param openerTag key of the tags of the side that opened it. */
export function sessionTopic(suite: CryptoSuite, openerTag: Uint8Array): Uint8Array {
  return deriveKeys(suite, 'topic', openerTag, new Uint8Array(0), 1)[0]!.subarray(0, TAG_BYTES);
}

/** The topics that somebody listens for. Sessions may share one, by chance; it is listened for until all have gone. */
export class TopicSet {
  readonly #sessions = new Map<string, number>();

  add(topic: Uint8Array): void {
    const name = nameOf(topic, 0);
    this.#sessions.set(name, (this.#sessions.get(name) ?? 0) + 1);
  }

  remove(topic: Uint8Array): void {
    const name = nameOf(topic, 0);
    const rest = (this.#sessions.get(name) ?? 0) - 1;
    if (rest > 0) this.#sessions.set(name, rest);
    else this.#sessions.delete(name);
  }

  /** Whether one stands at `bytes[at..+8)`; one look, however many there are. */
  has(bytes: Uint8Array, at: number): boolean {
    return this.#sessions.size > 0 && this.#sessions.has(nameOf(bytes, at));
  }
}

interface Expected<Owner> {
  owner: Owner;
  counter: number;
}

interface Window {
  key: Uint8Array;
  /** Counters in [from, to) stand in the table, those that came excepted. */
  from: number;
  to: number;
  names: Map<number, string>;
}

/** The tags that may come, of any number of owners. */
export class TagTable<Owner> {
  readonly #suite: CryptoSuite;
  readonly #expected = new Map<string, Expected<Owner>[]>();
  readonly #windows = new Map<Owner, Window>();

  constructor(suite: CryptoSuite) {
    this.#suite = suite;
  }

  /** Tags in the table. */
  get size(): number {
    return this.#expected.size;
  }

  /** Expects the tags of `owner` from number `from` on. */
  watch(owner: Owner, key: Uint8Array, from: number): void {
    this.forget(owner);
    this.#windows.set(owner, { key, from, to: from, names: new Map() });
    this.#extend(owner, from + TAG_WINDOW);
  }

  /** Owners whose tag stands at `bytes[at..+8)`, with its number; most often one or none. */
  find(bytes: Uint8Array, at: number): readonly Expected<Owner>[] {
    return this.#expected.get(nameOf(bytes, at)) ?? [];
  }

  /** A message with this tag has come and was genuine: the window moves on. */
  came(owner: Owner, counter: number): void {
    const window = this.#windows.get(owner);
    if (window === undefined) return;
    this.#remove(owner, window, counter);
    this.#extend(owner, counter + 1 + TAG_WINDOW);
    for (; window.from < window.to - 2 * TAG_WINDOW; window.from++)
      this.#remove(owner, window, window.from);
  }

  /** Number of the tag after the highest that has come, to begin from after a restart. */
  next(owner: Owner): number {
    const window = this.#windows.get(owner);
    return window === undefined ? 0 : window.to - TAG_WINDOW;
  }

  forget(owner: Owner): void {
    const window = this.#windows.get(owner);
    if (window === undefined) return;
    for (const counter of [...window.names.keys()]) this.#remove(owner, window, counter);
    this.#windows.delete(owner);
  }

  #extend(owner: Owner, to: number): void {
    const window = this.#windows.get(owner)!;
    for (; window.to < to; window.to++) {
      const name = nameOf(topicTag(this.#suite, window.key, window.to), 0);
      window.names.set(window.to, name);
      const entry = { owner, counter: window.to };
      const others = this.#expected.get(name);
      if (others === undefined) this.#expected.set(name, [entry]);
      else others.push(entry);
    }
  }

  #remove(owner: Owner, window: Window, counter: number): void {
    const name = window.names.get(counter);
    if (name === undefined) return;
    window.names.delete(counter);
    const rest = this.#expected
      .get(name)
      ?.filter((e) => e.owner !== owner || e.counter !== counter);
    if (rest === undefined || rest.length === 0) this.#expected.delete(name);
    else this.#expected.set(name, rest);
  }
}

function nameOf(bytes: Uint8Array, at: number): string {
  let name = '';
  for (let i = 0; i < TAG_BYTES; i++) name += String.fromCharCode(bytes[at + i]!);
  return name;
}
