/**
 * What relays link by tags alone: packets that show the same one. Two packets of one session do so where tags are fixed; where they rotate, two packets
 * of anybody's do once in 2^64.
 *
 * Everybody on the way reads a packet's tag and nobody changes it, so the observer knows the tags of the packets of which one of its nodes
 * had a copy: the tags are those on the wire, the copies those that came. It is asked about packets of conversations, those with an opening included.
 */
import type { ActiveMessage } from './messages.ts';

interface Linked {
  /** Packets seen that show it. */
  packets: number;
  /** Senders of those that are counted: sent after the warm-up. */
  senders: number[];
}

export class TagLinks {
  readonly #linked = new Map<string, Linked>();

  /** A packet has expired. */
  settled({ text, tag, sightings, sender }: ActiveMessage, isMeasured: boolean): void {
    if (text === undefined || tag === undefined || sightings.length === 0) return;
    const linked = this.#linked.get(tag) ?? { packets: 0, senders: [] };
    this.#linked.set(tag, linked);
    linked.packets++;
    if (isMeasured) linked.senders.push(sender);
  }

  /** At the end: a sample for each packet and for each tag that the observer has seen. */
  judge(add: (metric: string, value: number, node: number) => void): void {
    for (const { packets, senders } of this.#linked.values()) {
      for (const sender of senders) add('anonymity.linked', packets > 1 ? 1 : 0, sender);
      if (senders.length > 0) add('anonymity.linked_set', packets, senders[0]!);
    }
  }
}
