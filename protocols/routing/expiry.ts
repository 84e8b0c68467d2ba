/**
 * When a packet ends. The field is coarse by default: it names the last epoch in which the packet lives, so that all packets of
 * about a minute look alike and none tells how long it has been on its way. The 2018 code wrote send time plus lifetime to the second,
 * from which every relay could subtract: that is the leak `exactExpiry`.
 */
import { MICROS_PER_SECOND, type Micros } from '../host.ts';
import { FLAG_EXACT_EXPIRY } from './packet.ts';
import { EXPIRY_EPOCH_US } from './params.ts';

/** The expiry field of a packet made now. */
export function expiryField(nowUs: Micros, lifetimeUs: Micros, exact: boolean): number {
  const endUs = nowUs + lifetimeUs;
  return exact ? Math.ceil(endUs / MICROS_PER_SECOND) : Math.floor(endUs / EXPIRY_EPOCH_US);
}

/** Time until a packet with these fields ends, in microseconds; negative when it has ended. */
export function lifeLeftUs(flags: number, expiry: number, nowUs: Micros): Micros {
  return (flags & FLAG_EXACT_EXPIRY) !== 0
    ? expiry * MICROS_PER_SECOND - nowUs
    : (expiry + 1) * EXPIRY_EPOCH_US - nowUs;
}

/** The longest that any packet lives after it was made, in microseconds. Nobody relays one that claims more. */
export function lifetimeMaxUs(lifetimeUs: Micros): Micros {
  return lifetimeUs + EXPIRY_EPOCH_US;
}
