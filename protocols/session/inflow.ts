/**
 * What has come of the streams of one conversation and cannot be told yet: texts of which segments are missing, and texts before which others are missing.
 *
 * Segments that will not come again (since they have been acknowledged, or never are sent twice) must be kept. The first kind belongs on disk, and
 * `held` lists it; the second may be lost, so it stays in memory.
 *
 * Whoever sends us segments decides how much of them we hold, hence the limit. Honest senders cannot reach it: they are never more than 32 segments ahead of
 * the first that is missing, so all that is held lies between the beginning of that segment's text, at most 255 segments earlier, of at most 64 KiB, and those 32. What does not fit is
 * not taken, and so not acknowledged: it comes again.
 */
import {
  STREAM_TEXT_BYTES_MAX,
  streamKey,
  streamOfKey,
  type Segment,
  type Stream,
} from './streams.ts';

/** Most bytes held of one conversation, and what a segment counts for besides its own bytes. */
export const HELD_BYTES_MAX = 2 * STREAM_TEXT_BYTES_MAX;
const HELD_SEGMENT_BYTES = 32;

/** A text that can be told. */
export interface Told {
  /** Of its first packet in the conversation; of the text in its stream, where nothing is acknowledged. */
  number: number;
  text: Uint8Array;
  stream: Stream;
}

/** A text that is not whole, or not in turn. */
export interface Partial {
  key: number;
  text: number;
  number: number;
  segments: (Uint8Array | undefined)[];
  missing: number;
  bytes: number;
}

export class Inflow {
  /** Number of the next text of each ordered stream. */
  readonly next = new Map<number, number>();
  readonly #partials = new Map<string, Partial>();
  #heldBytes = 0;

  /** Texts of acknowledged streams that wait: what has to be on disk. */
  held(): Partial[] {
    return [...this.#partials.values()].filter(({ key }) => streamOfKey(key).acknowledged);
  }

  /** Puts a segment back that was read from disk. */
  hold(key: number, segment: Segment, number: number): void {
    this.#add(key, segment, number);
  }

  /** The other side numbers anew: nothing that waits will ever be whole. */
  reset(): void {
    this.next.clear();
    this.#partials.clear();
    this.#heldBytes = 0;
  }

  /**
   * Takes a segment in.
   * @param number of its packet in the conversation; undefined where nothing is acknowledged
   * @returns the texts that can be told now, in order; undefined if there is no room for it
   */
  take(segment: Segment, number: number | undefined): Told[] | undefined {
    const acknowledged = number !== undefined;
    const stream: Stream = { ordered: segment.ordered, acknowledged, id: segment.id };
    const key = streamKey(stream);
    const first = acknowledged ? number - segment.index : segment.text;
    const isLate = stream.ordered && segment.text < (this.next.get(key) ?? 0);
    if (isLate || first < 0) return [];
    const inTurn = !stream.ordered || !acknowledged || segment.text === (this.next.get(key) ?? 0);
    const known = this.#partials.get(nameOf(key, segment.text));
    const isWhole = known === undefined ? segment.count === 1 : known.missing === 1;
    // Whatever can be told at once needs no room.
    if (!(inTurn && isWhole) && !this.#makeRoom(segment)) return acknowledged ? undefined : [];
    const partial = this.#add(key, segment, first);
    if (partial === undefined || partial.missing > 0) return [];
    if (partial.bytes > STREAM_TEXT_BYTES_MAX) {
      this.#drop(partial);
      return [];
    }
    return stream.ordered ? this.#inOrder(stream, key, partial) : [this.#tell(stream, partial)];
  }

  #inOrder(stream: Stream, key: number, partial: Partial): Told[] {
    const told: Told[] = [];
    if (!stream.acknowledged) {
      this.next.set(key, partial.text + 1);
      told.push(this.#tell(stream, partial));
      for (const one of [...this.#partials.values()])
        if (one.key === key && one.text < partial.text) this.#drop(one);
      return told;
    }
    for (let next = this.next.get(key) ?? 0; ; next++) {
      const one = this.#partials.get(nameOf(key, next));
      if (one === undefined || one.missing > 0) return told;
      this.next.set(key, next + 1);
      told.push(this.#tell(stream, one));
    }
  }

  #tell(stream: Stream, partial: Partial): Told {
    this.#drop(partial);
    const text = new Uint8Array(partial.bytes);
    let at = 0;
    for (const segment of partial.segments) {
      text.set(segment!, at);
      at += segment!.length;
    }
    return { number: partial.number, text, stream };
  }

  /** Undefined for a segment that contradicts the others of its text. */
  #add(key: number, segment: Segment, number: number): Partial | undefined {
    const name = nameOf(key, segment.text);
    const { index, count, bytes } = segment;
    const partial = this.#partials.get(name) ?? {
      key,
      text: segment.text,
      number,
      segments: new Array<Uint8Array | undefined>(count).fill(undefined),
      missing: count,
      bytes: 0,
    };
    const { segments } = partial;
    if (segments.length !== count || segments[index] !== undefined || partial.number !== number)
      return undefined;
    this.#partials.set(name, partial);
    segments[index] = bytes;
    partial.missing--;
    partial.bytes += bytes.length;
    this.#heldBytes += bytes.length + HELD_SEGMENT_BYTES;
    return partial;
  }

  /** What is never sent again gives way, the oldest first; what was acknowledged does not. */
  #makeRoom({ bytes }: Segment): boolean {
    const wanted = bytes.length + HELD_SEGMENT_BYTES;
    for (const one of [...this.#partials.values()]) {
      if (this.#heldBytes + wanted <= HELD_BYTES_MAX) break;
      if (!streamOfKey(one.key).acknowledged) this.#drop(one);
    }
    return this.#heldBytes + wanted <= HELD_BYTES_MAX;
  }

  #drop(partial: Partial): void {
    const came = partial.segments.length - partial.missing;
    this.#partials.delete(nameOf(partial.key, partial.text));
    this.#heldBytes -= partial.bytes + came * HELD_SEGMENT_BYTES;
  }
}

function nameOf(key: number, text: number): string {
  return `${key}/${text}`;
}
