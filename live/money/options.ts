/** What a node's money settings mean to SWAP, and whether they can be gone by at all. */
import type { Address } from '../../protocols/ledger/values.ts';
import type { CashRule } from '../../protocols/swap/cash.ts';
import { optionsFault, type SwapOptions } from '../../protocols/swap/options.ts';
import {
  DEFAULT_PRICE,
  DEFAULT_SCORE_OPTIONS,
  DEFAULT_SWAP_OPTIONS,
  WEI_PER_UNIT,
} from '../../protocols/swap/params.ts';
import {
  DEFAULT_HONEST_OPTIONS,
  honestPolicy,
  type SwapPolicy,
} from '../../protocols/swap/policy.ts';
import {
  dearestPacket,
  PERMILLE,
  unitsPerByte,
  wholePricesPerMib,
  type PriceOptions,
} from '../../protocols/swap/price.ts';
import type { NamedContracts } from '../chain/contracts.ts';
import type { NodeSettings } from '../config/schema.ts';
import { MoneySettingsError } from './settings-error.ts';

export type MoneySettings = NodeSettings['money'];

/** Where the contracts are; undefined if none is named. @throws MoneySettingsError if only some are. */
export function contractsOf({
  token,
  factory,
  protests,
}: MoneySettings): NamedContracts | undefined {
  const named = { token, factory, protests };
  const missing = Object.entries(named).flatMap(([name, at]) => (at === 'none' ? [name] : []));
  if (missing.length === 3) return undefined;
  if (missing.length > 0)
    throw new MoneySettingsError(
      `Settings name some contracts and not others: money.${missing.join(' and money.')} ${missing.length === 1 ? 'is' : 'are'} none. Name all three, or none to deploy them (mainframe money deploy).`,
    );
  return named as NamedContracts;
}

/** The chain's number. @throws MoneySettingsError */
export function chainIdOf({ chain_id: chainId }: MoneySettings): bigint {
  if (chainId === 'none')
    throw new MoneySettingsError(
      'money.rpc names an endpoint, and money.chain_id no chain: say which one is meant, for example mainframe config set money.chain_id 31337.',
    );
  return BigInt(chainId);
}

/** The price list. @throws MoneySettingsError for a price of a MiB of which no byte has its share. */
export function priceOptionsOf({ price, price_per, pricing: law }: MoneySettings): PriceOptions {
  const proximityMax = law === 'flat' ? 0 : DEFAULT_PRICE.proximityMax;
  if (price_per === 'packet') return { law, per: 'packet', base: price, proximityMax };
  const base = unitsPerByte(price);
  if (base === undefined) {
    const near = wholePricesPerMib(price).map((units) => `${units / 1e9} MFT`);
    throw new MoneySettingsError(
      `money.price: a byte costs a whole number of units of 10^-9 MFT, and this price of a MiB is not near one. Write ${near.join(' or ')}.`,
    );
  }
  return { law, per: 'byte', base, proximityMax };
}

/** Limits and habits of the accounts. @throws MoneySettingsError, with the reason, where no pair could live. */
export function swapOptionsOf(settings: MoneySettings): SwapOptions {
  const { threshold, tolerance } = settings;
  const disconnectThreshold = threshold + Math.floor(threshold * tolerance);
  const scaled = (units: number): number =>
    Math.floor((units / DEFAULT_SWAP_OPTIONS.paymentThreshold) * threshold);
  const options: SwapOptions = {
    ...DEFAULT_SWAP_OPTIONS,
    paymentThreshold: threshold,
    disconnectThreshold,
    minimumPayment: Math.max(1, scaled(DEFAULT_SWAP_OPTIONS.minimumPayment)),
    priceMax: Math.max(1, dearestPacket(priceOptionsOf(settings))),
    exposureMax: Math.max(disconnectThreshold, scaled(DEFAULT_SWAP_OPTIONS.exposureMax)),
    driftMax: scaled(DEFAULT_SWAP_OPTIONS.driftMax),
    deadlineUs: settings.deadline,
  };
  // The lowest band that is served pays the dearest price under the narrowest limits.
  const bands = DEFAULT_SCORE_OPTIONS.bands;
  for (const { pricePermille, creditPermille } of bands) {
    const scale = (units: number): number => Math.floor((units * creditPermille) / PERMILLE);
    const fault = optionsFault({
      ...options,
      paymentThreshold: scale(threshold),
      disconnectThreshold: scale(disconnectThreshold),
      priceMax: Math.ceil((options.priceMax * pricePermille) / PERMILLE),
    });
    if (fault !== undefined)
      throw new MoneySettingsError(
        `money.price, money.threshold and money.tolerance contradict each other: ${fault} (in units of 10^-9 MFT). Raise money.threshold, or lower money.price.`,
      );
  }
  return options;
}

/** An honest node with the user's rules for cashing and protesting. */
export function policyOf({ cash, grace: graceUs }: MoneySettings): SwapPolicy {
  const honest = honestPolicy({ ...DEFAULT_HONEST_OPTIONS, graceUs, cash: RULES[cash] });
  return cash === 'by hand' ? { ...honest, cashAt: () => Infinity } : honest;
}

const RULES: { readonly [rule in MoneySettings['cash']]: CashRule } = {
  worth: DEFAULT_HONEST_OPTIONS.cash,
  'at once': { kind: 'at-once' },
  covered: { kind: 'covered' },
  'by hand': { kind: 'covered' },
};

/** Units of the settings as wei. */
export function weiOf(units: number): bigint {
  return BigInt(units) * WEI_PER_UNIT;
}

/** Our chequebook where the settings name one. */
export function namedChequebook({ chequebook }: MoneySettings): Address | undefined {
  return chequebook === 'auto' ? undefined : chequebook;
}
