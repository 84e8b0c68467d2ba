/**
 * What colluders could know of who talks with whom: of each conversation, the longest prefix that they saw of either end. A packet shows bits of its
 * recipient only, but conversations go both ways: an acknowledgement or an answer shows bits of who wrote first.
 */
import type { ActiveMessage } from './messages.ts';

interface SeenPair {
  /** The end with the lower index first. */
  ends: [number, number];
  /** Most bits seen of each, -1 for no packet. */
  shown: [number, number];
  /** A packet of the measured time was seen. */
  counted: boolean;
}

export class SeenPairs {
  readonly #pairs = new Map<string, SeenPair>();

  /** A packet has expired. */
  settled(message: ActiveMessage, isMeasured: boolean): void {
    if (message.text === undefined || message.sightings.length === 0) return;
    const { sender, recipient, luminosity } = message;
    const ends: [number, number] = sender < recipient ? [sender, recipient] : [recipient, sender];
    const name = ends.join('/');
    const pair = this.#pairs.get(name) ?? { ends, shown: [-1, -1], counted: false };
    this.#pairs.set(name, pair);
    const end = recipient === ends[0] ? 0 : 1;
    pair.shown[end] = Math.max(pair.shown[end], luminosity);
    pair.counted ||= isMeasured;
  }

  /** Judges every conversation of which a packet was seen. */
  judge(
    judgePair: (ends: SeenPair['ends'], shown: SeenPair['shown']) => number | undefined,
    add: (bits: number) => void,
  ): void {
    for (const { ends, shown, counted } of this.#pairs.values()) {
      const bits = counted ? judgePair(ends, shown) : undefined;
      if (bits !== undefined) add(bits);
    }
  }
}
