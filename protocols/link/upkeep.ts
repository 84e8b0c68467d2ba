/**
 * When a link needs looking after, and when it is over.
 *
 * A translator of addresses between the peers forgets a mapping that nothing has gone *out* through for a while (RFC 4787, REQ-5: not before two
 * minutes; many forget after 30 s). So the wait counts from what was sent last, never from what was received, and the ping at its end is
 * answered, which keeps the peer's translator awake too.
 */
import type { Micros } from '../host.ts';
import type { LinkOptions } from './options.ts';
import type { Link } from './state.ts';

/** Keepalives without an answer after which a peer counts as gone. */
const KEEPALIVES_MISSED = 4;

/** When the link is to be looked at next; later than `nowUs`. */
export function upkeepDueUs(link: Link, options: LinkOptions, nowUs: Micros): Micros {
  const { idleUs, keepaliveUs } = options;
  let dueUs = link.lastUsedUs + idleUs;
  if (keepaliveUs > 0)
    dueUs = Math.min(dueUs, (link.current === undefined ? nowUs : link.lastSentUs) + keepaliveUs);
  return Math.max(nowUs + 1, dueUs);
}

/** Whether the link is to be forgotten: unused by the protocols above, or its peer silent. */
export function isOver(link: Link, options: LinkOptions, nowUs: Micros): boolean {
  const { idleUs, keepaliveUs } = options;
  if (nowUs - link.lastUsedUs >= idleUs) return true;
  const silent = keepaliveUs > 0 && nowUs - link.lastReceivedUs >= KEEPALIVES_MISSED * keepaliveUs;
  return silent && link.current !== undefined;
}

/** Whether nothing was sent for so long that a translator may forget us. */
export function isQuiet(link: Link, { keepaliveUs }: LinkOptions, nowUs: Micros): boolean {
  return keepaliveUs > 0 && nowUs - link.lastSentUs >= keepaliveUs;
}
