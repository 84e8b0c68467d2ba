/**
 * How groups send: one packet to many, one to each, or pieces through the conversation with one person.
 *
 * A frame that answers something waits first, since a reaction at once would show who the recipient of a packet is.
 */
import { GROUP_TAG_BYTES } from '../group/packet.ts';
import { DATAGRAM_BYTES_MAX, type Host } from '../host.ts';
import type { RandomStream } from '../random.ts';
import type { MulticastRouter } from '../routing/multicast/machine.ts';
import { prefixBytes } from '../routing/multicast/packet.ts';
import { HEADER_BYTES } from '../routing/packet.ts';
import type { Party } from '../session/opening.ts';
import { cut, type Whole } from './group-frames.ts';
import type { GroupOptions } from './group-options.ts';
import { MESSAGE_TEXT_BYTES_MAX } from '../session/contact.ts';

/** The argument is the number of a frame that waits. */
export const TIMER_FRAME = 0x603;

/** A frame that answers something waits between one and two of these. */
export const ANSWER_US = 250_000;

export interface PostParts {
  host: Host;
  options: GroupOptions;
  random: RandomStream;
  multicast: MulticastRouter;
  /** Address and key of a person, if their card is at hand. */
  card(address: Uint8Array): Party | undefined;
  /** A frame could not be sent, for want of a card. */
  missing(address: Uint8Array): void;
  /** Says something in the conversation with somebody. */
  say(to: Party, frame: Uint8Array): void;
  nextNumber(): number;
}

export class GroupPost {
  readonly #parts: PostParts;
  readonly #frames = new Map<number, { to: Uint8Array; frame: Uint8Array }>();

  constructor(parts: PostParts) {
    this.#parts = parts;
  }

  clear(): void {
    this.#frames.clear();
  }

  /** Sends a packet to some: in one packet for all or one for each, through the conversations where it is too long for either. */
  toAll(to: readonly Uint8Array[], packet: Uint8Array): void {
    const sealed = packet.subarray(GROUP_TAG_BYTES);
    if (
      HEADER_BYTES + sealed.length + prefixBytes(this.#parts.options.luminosityBits) >
      DATAGRAM_BYTES_MAX
    ) {
      for (const one of to) this.whole(one, 'commit', packet);
      return;
    }
    const tag = packet.subarray(0, GROUP_TAG_BYTES);
    const { luminosityBits, together } = this.#parts.options;
    const prefixes = to.map((address) => prefixOf(address, luminosityBits));
    const lists = together ? [prefixes] : prefixes.map((prefix) => [prefix]);
    for (const list of lists) this.#parts.multicast.send(list, luminosityBits, tag, sealed);
  }

  whole(to: Uint8Array, whole: Whole, bytes: Uint8Array): void {
    for (const frame of cut(this.#parts.host.crypto, whole, bytes, MESSAGE_TEXT_BYTES_MAX))
      this.answer(to, frame);
  }

  /** Sends a frame after a wait. */
  answer(to: Uint8Array, frame: Uint8Array): void {
    const number = this.#parts.nextNumber();
    this.#frames.set(number, { to, frame });
    this.#parts.host.setTimer(ANSWER_US + this.#parts.random.below(ANSWER_US), TIMER_FRAME, number);
  }

  due(number: number): void {
    const waiting = this.#frames.get(number);
    this.#frames.delete(number);
    if (waiting !== undefined) this.tell(waiting.to, waiting.frame);
  }

  tell(to: Uint8Array, frame: Uint8Array): void {
    const party = this.#parts.card(to);
    if (party === undefined) this.#parts.missing(to);
    else this.#parts.say(party, frame);
  }
}

/** The first bits of an address, as multicast packets carry them. */
function prefixOf(address: Uint8Array, bits: number): Uint8Array {
  const prefix = address.slice(0, prefixBytes(bits));
  const spare = prefix.length * 8 - bits;
  if (spare > 0) prefix[prefix.length - 1]! &= 0xff << spare;
  return prefix;
}
