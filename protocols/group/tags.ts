/**
 * Tags: eight bytes by which a packet finds its group, and its epoch, without being tried on all of them.
 *
 * A tag is made of a secret of the epoch, the sender's leaf and the packet's number, so outsiders, and members who have left, see only bytes that never
 * repeat. Everybody knows which tags may come next from everybody else: those stand in one table, which is asked once per packet however many groups
 * there are. They are derived sixteen at a time (four for handshakes, of which there are few), which makes a table for a group of n about 3n
 * key derivations per epoch. At least `AHEAD` packets of one sender in a row may be lost; a member who says more than that in one epoch
 * should update their key (`GroupMember.updateDue`), which begins new tags for everybody.
 */
import type { CryptoSuite } from '../crypto/port.ts';
import { expandWithLabel } from './kdf.ts';
import { GROUP_TAG_BYTES } from './packet.ts';
import { concat, uint32, uint8 } from './presentation.ts';
import type { Stream } from './secret-tree.ts';

/** Tags derived at once, and packets of one sender that may be lost in a row at the least. */
export const AHEAD: { readonly [stream in Stream]: number } = { application: 16, handshake: 4 };
const STREAMS: readonly Stream[] = ['application', 'handshake'];

/** Tag of packet `generation` of a leaf's stream, under the tag secret of an epoch. */
export function groupTag(
  suite: CryptoSuite,
  tagSecret: Uint8Array,
  leaf: number,
  stream: Stream,
  generation: number,
): Uint8Array {
  const block = Math.floor(generation / AHEAD[stream]);
  const at = (generation % AHEAD[stream]) * GROUP_TAG_BYTES;
  return tagBlock(suite, tagSecret, leaf, stream, block).slice(at, at + GROUP_TAG_BYTES);
}

function tagBlock(
  suite: CryptoSuite,
  tagSecret: Uint8Array,
  leaf: number,
  stream: Stream,
  block: number,
): Uint8Array {
  const context = concat(uint32(leaf), uint8(stream === 'handshake' ? 1 : 0), uint32(block));
  const length = AHEAD[stream] * GROUP_TAG_BYTES;
  return expandWithLabel(suite, tagSecret, 'tag', context, length);
}

/** An epoch whose tags are expected. */
export interface Watched {
  tagSecret: Uint8Array;
  /** Leaves that may send: everybody but ourselves. */
  leaves: readonly number[];
  /** Number of a leaf's next packet, and of those before it that have not come. */
  next(leaf: number, stream: Stream): number;
  missing(leaf: number, stream: Stream): readonly number[];
}

interface Window {
  /** First block that is not in the table. */
  nextBlock: number;
  /** Tags in the table by number. */
  names: Map<number, string>;
}

/** The tags that may come, of any number of epochs of any number of groups. */
export class GroupTagTable<Owner> {
  readonly #suite: CryptoSuite;
  readonly #owners = new Map<string, Owner[]>();
  readonly #windows = new Map<Owner, { watched: Watched; windows: Map<string, Window> }>();

  constructor(suite: CryptoSuite) {
    this.#suite = suite;
  }

  /** Tags in the table. */
  get size(): number {
    return this.#owners.size;
  }

  /** Expects the packets of an epoch, from where it stands. */
  watch(owner: Owner, watched: Watched): void {
    this.forget(owner);
    this.#windows.set(owner, { watched, windows: new Map() });
    for (const leaf of watched.leaves)
      for (const stream of STREAMS) this.moved(owner, leaf, stream);
  }

  /** A packet of this stream has come: the window moves on. */
  moved(owner: Owner, leaf: number, stream: Stream): void {
    const entry = this.#windows.get(owner);
    if (entry === undefined) return;
    const { watched, windows } = entry;
    const name = `${leaf} ${stream}`;
    const next = watched.next(leaf, stream);
    const missing = new Set(watched.missing(leaf, stream));
    const ahead = AHEAD[stream];
    let window = windows.get(name);
    if (window === undefined) {
      const oldest = Math.min(next, ...missing);
      window = { nextBlock: Math.floor(oldest / ahead), names: new Map() };
      windows.set(name, window);
    }
    for (; window.nextBlock * ahead < next + ahead; window.nextBlock++) {
      const block = tagBlock(this.#suite, watched.tagSecret, leaf, stream, window.nextBlock);
      for (let i = 0; i < ahead; i++) {
        const tag = nameOf(block, i * GROUP_TAG_BYTES);
        window.names.set(window.nextBlock * ahead + i, tag);
        this.#owners.set(tag, [...(this.#owners.get(tag) ?? []), owner]);
      }
    }
    for (const [number, tag] of [...window.names]) {
      if (number >= next || missing.has(number)) continue;
      window.names.delete(number);
      this.#remove(owner, tag);
    }
  }

  /** Owners whose tag a packet begins with: most often one or none. */
  find(packet: Uint8Array): readonly Owner[] {
    return packet.length < GROUP_TAG_BYTES ? [] : (this.#owners.get(nameOf(packet, 0)) ?? []);
  }

  forget(owner: Owner): void {
    const entry = this.#windows.get(owner);
    if (entry === undefined) return;
    for (const { names } of entry.windows.values())
      for (const tag of names.values()) this.#remove(owner, tag);
    this.#windows.delete(owner);
  }

  #remove(owner: Owner, tag: string): void {
    const rest = (this.#owners.get(tag) ?? []).filter((one) => one !== owner);
    if (rest.length === 0) this.#owners.delete(tag);
    else this.#owners.set(tag, rest);
  }
}

function nameOf(bytes: Uint8Array, at: number): string {
  let name = '';
  for (let i = 0; i < GROUP_TAG_BYTES; i++) name += String.fromCharCode(bytes[at + i]!);
  return name;
}
