/**
 * What a message costs the one for whom it is relayed.
 *
 * Two laws: flat, or falling with what is left of the way. The second is Swarm's: `(proximityMax - min(proximity, proximityMax) + 1) · base`,
 * where proximity is that of the relaying node to the target, so that every relay on a route that comes nearer keeps the difference between what it
 * earns and what it pays. A credit band multiplies either by a whole number of thousandths, rounded up: nobody pays less for rounding.
 */
import { DATAGRAM_BYTES_MAX } from '../host.ts';
import { assertUnits, isUnits, UNITS_MAX } from './money.ts';

/** Thousandths: bands and shares are integers of this. */
export const PERMILLE = 1_000;

export interface PriceOptions {
  law: 'flat' | 'proximity';
  /** What `base` is charged for. */
  per: 'packet' | 'byte';
  /** Accounting units per packet or byte, and for `proximity` per step of proximity that is left. */
  base: number;
  /** Proximity order beyond which the price no longer falls (Swarm: 31 in Bee, 16 in its models). Ignored by `flat`. */
  proximityMax: number;
}

/** Why these prices are none; undefined if they are. */
export function priceFault(options: PriceOptions): string | undefined {
  if (!isUnits(options.base)) return `base price: expected 0..2^53 - 1 units, got ${options.base}`;
  if (
    !Number.isInteger(options.proximityMax) ||
    options.proximityMax < 0 ||
    options.proximityMax > 256
  )
    return `largest proximity: expected 0..256, got ${options.proximityMax}`;
  return undefined;
}

/**
 * Price of one message in accounting units.
 * @param proximity proximity order of relay and target, 0..256.
 * @param bytes size of the message.
 * @param bandPermille thousandths of the price that the peer's credit band pays.
 * @returns undefined where the price would pass 2^53 - 1: such a message is not served.
 */
export function priceOf(
  options: PriceOptions,
  proximity: number,
  bytes: number,
  bandPermille = PERMILLE,
): number | undefined {
  assertUnits('bytes', bytes);
  const steps =
    options.law === 'flat'
      ? 1
      : options.proximityMax - Math.min(proximity, options.proximityMax) + 1;
  const quantity = options.per === 'byte' ? bytes : 1;
  const product = steps * options.base * quantity * bandPermille;
  // On the packet path: whole numbers below 2^53 are exact in floating point too.
  if (product <= UNITS_MAX - PERMILLE) {
    const rest = product % PERMILLE;
    return (product - rest) / PERMILLE + (rest > 0 ? 1 : 0);
  }
  const exact = BigInt(steps) * BigInt(options.base) * BigInt(quantity) * BigInt(bandPermille);
  const units = Number((exact + BigInt(PERMILLE - 1)) / BigInt(PERMILLE));
  return isUnits(units) ? units : undefined;
}

/** What the dearest packet costs, units; Infinity beyond 2^53 - 1. */
export function dearestPacket(options: PriceOptions): number {
  return priceOf(options, 0, DATAGRAM_BYTES_MAX) ?? Infinity;
}

const MIB_BYTES = 1_048_576;
/** How far the price of a byte may be from the one that was written, as a part of it: of 0.05 MFT a MiB it is 47.7 units, and 48 are taken. */
const ROUNDING_MAX = 0.01;

/** What a byte costs where a MiB costs `perMib` units. Accounts know whole units only: undefined where the nearest would be another price. */
export function unitsPerByte(perMib: number): number | undefined {
  const exact = perMib / MIB_BYTES;
  const units = Math.round(exact);
  return Math.abs(units - exact) <= ROUNDING_MAX * exact ? units : undefined;
}

/** Prices of a MiB, units, on either side of `perMib`, of which a byte costs whole units. */
export function wholePricesPerMib(perMib: number): number[] {
  const below = Math.floor(perMib / MIB_BYTES);
  return [below, below + 1].filter((units) => units > 0).map((units) => units * MIB_BYTES);
}
