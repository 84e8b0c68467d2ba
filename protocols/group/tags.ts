/**
 * Tags: eight bytes by which a packet finds its group, and its epoch, without being tried on all of them.
 *
 * A tag is made of a secret of the epoch, the sender's leaf and the packet's number, so outsiders, and members who have left, see only bytes that never
 * repeat. Everybody knows which tags may come next from everybody else: those stand in one table, which is asked once per packet however many groups
 * there are. Four come from one hash of secret, sender and number, all of fixed length, so nothing can be appended to it; that makes 5n hashes for each new
 * epoch of a group of n, the one cost of an update that grows with n (bench/group.ts). At least `AHEAD` packets of one sender in a row may be
 * lost; a member who says more than that in one epoch should renew their key (`Group.updateDue`), which begins new tags for everybody.
 */
import { readUint48, writeUint32 } from '../codec/bytes.ts';
import { HASH_BYTES, type CryptoSuite } from '../crypto/port.ts';
import { SECRET_BYTES } from './kdf.ts';
import { GROUP_TAG_BYTES } from './packet.ts';
import { ratchetName, type Stream } from './secret-tree.ts';

/** Packets of one sender that may be lost in a row at the least. Multiples of the tags in a hash. */
export const AHEAD: { readonly [stream in Stream]: number } = { application: 16, handshake: 4 };
/** Tags in one hash. */
const PER_HASH = HASH_BYTES / GROUP_TAG_BYTES;
const STREAMS: readonly Stream[] = ['application', 'handshake'];

/** Tag of packet `generation` of a leaf's stream, under the tag secret of an epoch. */
export function groupTag(
  suite: CryptoSuite,
  tagSecret: Uint8Array,
  leaf: number,
  stream: Stream,
  generation: number,
): Uint8Array {
  const at = (generation % PER_HASH) * GROUP_TAG_BYTES;
  const four = fourTags(suite, tagSecret, leaf, stream, Math.floor(generation / PER_HASH));
  return four.slice(at, at + GROUP_TAG_BYTES);
}

function fourTags(
  suite: CryptoSuite,
  tagSecret: Uint8Array,
  leaf: number,
  stream: Stream,
  block: number,
): Uint8Array {
  const input = new Uint8Array(SECRET_BYTES + 8);
  input.set(tagSecret);
  writeUint32(input, SECRET_BYTES, ratchetName(leaf, stream));
  writeUint32(input, SECRET_BYTES + 4, block);
  return suite.sha256(input);
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
  /** Number of the first tag that is not in the table. */
  to: number;
  /** Tags in the table by number. */
  names: Map<number, number>;
}

/** The tags that may come, of any number of epochs of any number of groups. */
export class GroupTagTable<Owner> {
  readonly #suite: CryptoSuite;
  readonly #owners = new Map<number, Owner[]>();
  readonly #windows = new Map<Owner, { watched: Watched; windows: Map<number, Window> }>();

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
    const name = ratchetName(leaf, stream);
    const next = watched.next(leaf, stream);
    const missing = new Set(watched.missing(leaf, stream));
    let window = windows.get(name);
    if (window === undefined) {
      const oldest = Math.min(next, ...missing);
      window = { to: oldest - (oldest % PER_HASH), names: new Map() };
      windows.set(name, window);
    }
    for (; window.to < next + AHEAD[stream]; window.to += PER_HASH) {
      const block = window.to / PER_HASH;
      const four = fourTags(this.#suite, watched.tagSecret, leaf, stream, block);
      for (let i = 0; i < PER_HASH; i++) {
        const tag = nameOf(four, i * GROUP_TAG_BYTES);
        window.names.set(window.to + i, tag);
        const others = this.#owners.get(tag);
        if (others === undefined) this.#owners.set(tag, [owner]);
        else others.push(owner);
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

  #remove(owner: Owner, tag: number): void {
    const owners = this.#owners.get(tag);
    if (owners === undefined) return;
    const rest = owners.filter((one) => one !== owner);
    if (rest.length === 0) this.#owners.delete(tag);
    else this.#owners.set(tag, rest);
  }
}

/** A tag by its first 48 bits: an integer is found several times faster than a text. Where two tags share them, both owners are tried. */
function nameOf(bytes: Uint8Array, at: number): number {
  return readUint48(bytes, at);
}
