/**
 * Keys that one side has and the other has lost, most often because it was started anew.
 *
 * Who gets DATA under keys that it does not know says so. That word is not authentic: anybody who has seen the index can say it. So it
 * only makes the other side call again, now and then, and its keys stay in use until that call has worked.
 */
import type { Micros } from '../host.ts';
import type { EndpointHandle } from './host.ts';
import type { Link } from './state.ts';
import { unknownReply } from './wire.ts';

/** At most one such word in this time, to all together. */
const TELL_EVERY_US = 10_000;
/** Keys younger than this are not doubted. */
const YOUNG_US = 2_000_000;

export class LostKeys {
  #toldUs = -TELL_EVERY_US;

  /** What to answer to the DATA at `bytes[offset]`, if anything now. */
  tell(nowUs: Micros, bytes: Uint8Array, offset: number): Uint8Array | undefined {
    if (nowUs - this.#toldUs < TELL_EVERY_US) return undefined;
    this.#toldUs = nowUs;
    return unknownReply(bytes, offset);
  }
}

/** Whether a link is called again because somebody at `endpoint` says that its keys are unknown there. */
export function mayCallAgain(
  link: Link | undefined,
  endpoint: EndpointHandle,
  nowUs: Micros,
): link is Link {
  const session = link?.current;
  return (
    link !== undefined &&
    session !== undefined &&
    link.endpoint === endpoint &&
    link.call === undefined &&
    nowUs - session.createdUs >= YOUNG_US
  );
}
