/**
 * The manifest: what a node sells, at which prices, and on which terms it lets others owe it money. Signed by its chain account.
 *
 * One list of credit bands holds for all services of a node: a band multiplies prices and limits, as SWAP has it, so that a manifest grows with
 * services plus bands and not with their product. Nothing in it can be false without the signature failing, except the stake, which a reader looks
 * up on the ledger, and the promise itself.
 *
 * Manifests of one account form a chain: each says by its number which one it replaces and names it. Of two the higher number counts, so an old
 * price cannot be played back; two with one number are proof that their signer tells different people different things.
 */
import type { PairLimits } from '../swap/options.ts';
import { isUnits } from '../swap/money.ts';
import { PERMILLE } from '../swap/price.ts';
import type { CreditBand } from '../swap/score.ts';
import type { Account } from '../swap/typed-data.ts';
import { equalConstantTime } from '../crypto/bytes.ts';
import { SERVICE_MAX } from './services.ts';

/** What a price is charged for. */
export const PER = ['packet', 'byte', 'MiB', 'MiB and day'] as const;
export type Per = (typeof PER)[number];

export const SERVICES_MAX = 8;
export const BANDS_MAX = 4;
export const PROXIMITY_MAX = 256;
/** Longest that a manifest may be good for, seconds: thirty days. Prices older than that nobody should rely on. */
export const LIFETIME_MAX_SECONDS = 30 * 86_400;
/** Multipliers of a band, thousandths: 32 bits. */
const BAND_PERMILLE_MAX = 0xffff_ffff;
const SECONDS_MAX = 0xffff_ffff_ffff;

export interface ServicePrice {
  service: number;
  per: Per;
  law: 'flat' | 'proximity';
  /** Accounting units for each `per`, and for `proximity` for each step that is left. */
  base: number;
  /** Proximity order beyond which the price no longer falls; 0 where the law is flat. */
  proximityMax: number;
}

/** What an owner decides. */
export interface Offer {
  /** 20 bytes, as text; undefined for a node that pays nobody. */
  chequebook: Account | undefined;
  /** What it says it has at stake, units; the ledger knows. */
  stake: number;
  /** What it grants a peer, before its credit band. */
  limits: PairLimits;
  /** Invoices are to be paid within this, seconds. */
  deadlineSeconds: number;
  /** Nobody with a lower credit score is served, thousandths. */
  minScorePermille: number;
  /** From the lowest score to the highest; the first begins at 0. Scores are whole thousandths. */
  bands: readonly CreditBand[];
  /** In the order of their numbers. */
  services: readonly ServicePrice[];
}

export interface Manifest extends Offer {
  networkId: bigint;
  /** Who signed. */
  account: Account;
  /** Overlay address, 32 bytes. */
  address: Uint8Array;
  /** 1 for the first. */
  sequence: number;
  /** Holds from here on, network time, seconds. */
  fromSeconds: number;
  /** And until here. */
  untilSeconds: number;
  /** Name of the one it replaces, 32 bytes; zeros for the first. */
  replaces: Uint8Array;
  /** 32 bytes: what was signed. Another signature over the same makes no other manifest. */
  name: Uint8Array;
  /** As signed. */
  bytes: Uint8Array;
}

/** Why nobody should sign or believe this; undefined if it can stand. */
export function offerFault(offer: Offer): string | undefined {
  const { limits, bands, services } = offer;
  for (const [what, value] of [
    ['stake', offer.stake],
    ['payment threshold', limits.paymentThreshold],
    ['disconnect threshold', limits.disconnectThreshold],
    ['allowance per second', limits.allowancePerSecond],
  ] as const)
    if (!isUnits(value)) return `${what}: expected 0..2^53 - 1 units, got ${value}`;
  if (limits.paymentThreshold < 1) return 'a payment threshold of 0 units asks for nothing';
  if (limits.disconnectThreshold < limits.paymentThreshold)
    return `service would stop at ${limits.disconnectThreshold} units, before payment is asked for at ${limits.paymentThreshold}`;
  if (!within(offer.deadlineSeconds, 1, 0xffff_ffff))
    return `deadline: expected 1..2^32 - 1 seconds, got ${offer.deadlineSeconds}`;
  if (!within(offer.minScorePermille, 0, PERMILLE))
    return `least score: expected 0..1000 thousandths, got ${offer.minScorePermille}`;
  return bandsFault(bands) ?? servicesFault(services);
}

/** Why a manifest cannot hold in this time; undefined if it can. */
export function termFault(
  parts: Pick<Manifest, 'sequence' | 'fromSeconds' | 'untilSeconds' | 'replaces'>,
): string | undefined {
  const { sequence, fromSeconds, untilSeconds, replaces } = parts;
  if (!within(sequence, 1, SECONDS_MAX)) return `number: expected 1..2^48 - 1, got ${sequence}`;
  if (!within(fromSeconds, 0, SECONDS_MAX) || !within(untilSeconds, 0, SECONDS_MAX))
    return 'times: expected 0..2^48 - 1 seconds';
  if (untilSeconds <= fromSeconds) return 'it ends before it begins';
  if (untilSeconds - fromSeconds > LIFETIME_MAX_SECONDS) return 'it holds for more than 30 days';
  const first = replaces.every((byte) => byte === 0);
  if (first !== (sequence === 1))
    return 'the first replaces nothing, and every other one something';
  return undefined;
}

function bandsFault(bands: readonly CreditBand[]): string | undefined {
  if (bands.length < 1 || bands.length > BANDS_MAX)
    return `credit bands: expected 1..${BANDS_MAX}, got ${bands.length}`;
  let last = -1;
  for (const { minScore, pricePermille, creditPermille } of bands) {
    const permille = scorePermille(minScore);
    if (permille / PERMILLE !== minScore || !within(permille, 0, PERMILLE) || permille <= last)
      return `credit bands: expected rising scores of whole thousandths, got ${minScore}`;
    if (last < 0 && permille !== 0) return 'credit bands: the first begins at a score of 0';
    if (
      !within(pricePermille, 0, BAND_PERMILLE_MAX) ||
      !within(creditPermille, 0, BAND_PERMILLE_MAX)
    )
      return 'credit bands: expected multipliers of 0..2^32 - 1 thousandths';
    last = permille;
  }
  return undefined;
}

function servicesFault(services: readonly ServicePrice[]): string | undefined {
  if (services.length < 1 || services.length > SERVICES_MAX)
    return `services: expected 1..${SERVICES_MAX}, got ${services.length}`;
  let last = 0;
  for (const { service, base, law, proximityMax } of services) {
    if (!within(service, 1, SERVICE_MAX) || service <= last)
      return `services: expected rising numbers in 1..${SERVICE_MAX}, got ${service}`;
    if (!isUnits(base)) return `price: expected 0..2^53 - 1 units, got ${base}`;
    if (!within(proximityMax, 0, law === 'flat' ? 0 : PROXIMITY_MAX))
      return `largest proximity of a ${law} price: got ${proximityMax}`;
    last = service;
  }
  return undefined;
}

function within(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

/** A score as the wire has it. */
export function scorePermille(score: number): number {
  return Math.round(score * PERMILLE);
}

/** What somebody with `score` gets: the last band that begins at or below it. */
export function bandAt(bands: readonly CreditBand[], score: number): CreditBand {
  let found = bands[0]!;
  for (const band of bands) if (band.minScore <= score) found = band;
  return found;
}

export function serviceOf(offer: Offer, service: number): ServicePrice | undefined {
  return offer.services.find((one) => one.service === service);
}

/** Units that somebody with `score` pays for each `per`, rounded up; Infinity where nobody with that score is served. */
export function priceFor(offer: Offer, price: ServicePrice, score: number): number {
  if (scorePermille(score) < offer.minScorePermille) return Infinity;
  const exact = BigInt(price.base) * BigInt(bandAt(offer.bands, score).pricePermille);
  return Number((exact + BigInt(PERMILLE - 1)) / BigInt(PERMILLE));
}

/** Whether a manifest holds, or will: it is not over at `nowSeconds`. */
export function isCurrent(manifest: Manifest, nowSeconds: number): boolean {
  return nowSeconds < manifest.untilSeconds;
}

/** How a manifest relates to the one of the same account that is known. */
export type Succession =
  | 'newer'
  | 'same'
  /** Played back. */
  | 'older'
  /** Another one with the number of the one that is known, or one that says it replaces another than the one that is known. */
  | 'forked';

export function succession(known: Manifest, next: Manifest): Succession {
  if (next.sequence < known.sequence) return 'older';
  if (next.sequence === known.sequence) return sameName(known.name, next.name) ? 'same' : 'forked';
  if (next.sequence === known.sequence + 1 && !sameName(next.replaces, known.name)) return 'forked';
  return 'newer';
}

export function sameName(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalConstantTime(a, 0, b, 0, a.length);
}
