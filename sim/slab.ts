/**
 * Where datagrams live while they are in flight: fixed slots in large chunks, reused, counted by reference.
 *
 * A typed array per datagram costs 0.6 to 1.6 us and a scavenge later; a slot costs the copy of its bytes. One datagram
 * that goes to many peers (flooding) is stored once and counted, and a relay that passes on exactly what it received
 * does not copy at all. Three slot sizes keep small control messages from occupying room for large ones.
 */

/** The largest holds what a host may send (`WIRE_BYTES_MAX`, 1,232) and the ports that `nat-host.ts` adds. */
const CLASS_BYTES = [128, 384, 1240] as const;
const CLASS_BITS = 2;
const CLASS_MASK = 3;
const SLOTS_PER_CHUNK = 1024;
const CHUNK_SHIFT = 10;

interface SlabClass {
  chunks: Uint8Array[];
  references: Int32Array;
  lengths: Uint16Array;
  free: Int32Array;
  freeCount: number;
  slots: number;
}

export class Slab {
  readonly #classes: SlabClass[] = CLASS_BYTES.map(() => ({
    chunks: [],
    references: new Int32Array(0),
    lengths: new Uint16Array(0),
    free: new Int32Array(0),
    freeCount: 0,
    slots: 0,
  }));
  #live = 0;

  /** Slots in use: 0 after a run in which everything was delivered or dropped. */
  get live(): number {
    return this.#live;
  }

  /** Bytes held in chunks, in use or not. */
  get bytes(): number {
    return this.#classes.reduce((sum, c, i) => sum + c.slots * CLASS_BYTES[i]!, 0);
  }

  /** Copies `bytes[offset..+length)` into a new slot with one reference. `length` <= 1,240; a longer one would lie in its neighbour's slot. */
  store(bytes: Uint8Array, offset: number, length: number): number {
    if (length > CLASS_BYTES[2])
      throw new Error(`a datagram of ${length} bytes; a slot holds ${CLASS_BYTES[2]}`);
    const index = length <= CLASS_BYTES[0] ? 0 : length <= CLASS_BYTES[1] ? 1 : 2;
    const own = this.#classes[index]!;
    if (own.freeCount === 0) this.#addChunk(own, index);
    const slot = own.free[--own.freeCount]!;
    own.references[slot] = 1;
    own.lengths[slot] = length;
    this.#live++;
    const chunk = own.chunks[slot >>> CHUNK_SHIFT]!;
    const at = (slot & (SLOTS_PER_CHUNK - 1)) * CLASS_BYTES[index]!;
    if (bytes.length === length && offset === 0) chunk.set(bytes, at);
    else chunk.set(bytes.subarray(offset, offset + length), at);
    return (slot << CLASS_BITS) | index;
  }

  /** One more reference to `id`. */
  retain(id: number): void {
    this.#classes[id & CLASS_MASK]!.references[id >>> CLASS_BITS]!++;
  }

  /** One reference less; the slot is reused after the last. */
  release(id: number): void {
    const own = this.#classes[id & CLASS_MASK]!;
    const slot = id >>> CLASS_BITS;
    const left = own.references[slot]! - 1;
    if (left < 0) throw new Error(`datagram slot ${id} released more often than retained`);
    own.references[slot] = left;
    if (left === 0) {
      own.free[own.freeCount++] = slot;
      this.#live--;
    }
  }

  lengthOf(id: number): number {
    return this.#classes[id & CLASS_MASK]!.lengths[id >>> CLASS_BITS]!;
  }

  /** The chunk that holds slot `id`; its bytes start at `offsetOf(id)`. */
  bytesOf(id: number): Uint8Array {
    return this.#classes[id & CLASS_MASK]!.chunks[id >>> (CLASS_BITS + CHUNK_SHIFT)]!;
  }

  offsetOf(id: number): number {
    return ((id >>> CLASS_BITS) & (SLOTS_PER_CHUNK - 1)) * CLASS_BYTES[id & CLASS_MASK]!;
  }

  #addChunk(own: SlabClass, index: number): void {
    const first = own.slots;
    own.slots += SLOTS_PER_CHUNK;
    own.chunks.push(new Uint8Array(SLOTS_PER_CHUNK * CLASS_BYTES[index]!));
    const capacity = own.chunks.length * SLOTS_PER_CHUNK;
    if (capacity > own.references.length) {
      const room = Math.max(capacity, own.references.length * 2);
      const references = new Int32Array(room);
      references.set(own.references);
      own.references = references;
      const lengths = new Uint16Array(room);
      lengths.set(own.lengths);
      own.lengths = lengths;
      const free = new Int32Array(room);
      free.set(own.free);
      own.free = free;
    }
    for (let i = SLOTS_PER_CHUNK - 1; i >= 0; i--) own.free[own.freeCount++] = first + i;
  }
}
