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

/** The argument is the number of something that waits to be sent. */
export const TIMER_FRAME = 0x603;

/** A frame that answers something waits between one and two of these. */
export const ANSWER_US = 250_000;
/** A packet that changes the key goes out once more after between one and two of these. */
const AGAIN_US = 1_000_000;

export interface PostParts {
  host: Host;
  options: GroupOptions;
  random: RandomStream;
  multicast: MulticastRouter;
  /** Address and key of a person, if their card is at hand. */
  card(address: Uint8Array): Party | undefined;
  /** Says something in the conversation with somebody. */
  say(to: Party, frame: Uint8Array): void;
  nextNumber(): number;
}

export class GroupPost {
  readonly #parts: PostParts;
  readonly #waiting = new Map<number, () => void>();

  constructor(parts: PostParts) {
    this.#parts = parts;
  }

  clear(): void {
    this.#waiting.clear();
  }

  /**
   * Sends what all must have before they can read on, twice. A packet reaches each of them nearly always, but all of many less often; and whoever has missed it
   * learns of it only when somebody asks.
   */
  toAllTwice(to: readonly Uint8Array[], packet: Uint8Array): void {
    this.toAll(to, packet);
    if (!this.#isLong(packet))
      this.#later(AGAIN_US, () => {
        this.toAll(to, packet);
      });
  }

  /** Sends a packet to some: in one packet for all or one for each, through the conversations where it is too long for either. */
  toAll(to: readonly Uint8Array[], packet: Uint8Array): void {
    if (this.#isLong(packet)) {
      for (const one of to) this.whole(one, 'commit', packet);
      return;
    }
    const sealed = packet.subarray(GROUP_TAG_BYTES);
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
    this.#later(ANSWER_US, () => {
      this.tell(to, frame);
    });
  }

  due(number: number): void {
    const send = this.#waiting.get(number);
    this.#waiting.delete(number);
    send?.();
  }

  /** After between one and two times `waitUs`. */
  #later(waitUs: number, send: () => void): void {
    const number = this.#parts.nextNumber();
    this.#waiting.set(number, send);
    const afterUs = waitUs + this.#parts.random.below(waitUs);
    this.#parts.host.setTimer(afterUs, TIMER_FRAME, number);
  }

  /** Whether it fits no datagram. */
  #isLong(packet: Uint8Array): boolean {
    const prefix = prefixBytes(this.#parts.options.luminosityBits);
    return HEADER_BYTES + packet.length - GROUP_TAG_BYTES + prefix > DATAGRAM_BYTES_MAX;
  }

  tell(to: Uint8Array, frame: Uint8Array): void {
    const party = this.#parts.card(to);
    if (party !== undefined) this.#parts.say(party, frame);
  }
}

/** The first bits of an address, as multicast packets carry them. */
function prefixOf(address: Uint8Array, bits: number): Uint8Array {
  const prefix = address.slice(0, prefixBytes(bits));
  const spare = prefix.length * 8 - bits;
  if (spare > 0) prefix[prefix.length - 1]! &= 0xff << spare;
  return prefix;
}
