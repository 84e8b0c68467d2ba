/** What a node with money gives its protocols: the terms that discovery offers to neighbours, and SWAP's settings, both from the same options. */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { DiscoverySettings } from '../../protocols/discovery/machine.ts';
import { manifestMemory } from '../../protocols/discovery/manifest-codec.ts';
import type { Self } from '../../protocols/discovery/own-manifests.ts';
import { DEFAULT_DISCOVERY_OPTIONS } from '../../protocols/discovery/params.ts';
import {
  DECLINED_PRICE,
  honestPolicy,
  type DiscoveryPolicy,
} from '../../protocols/discovery/policy.ts';
import { serviceNumber } from '../../protocols/discovery/services.ts';
import { MICROS_PER_SECOND } from '../../protocols/host.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import type { SwapSettings } from '../../protocols/swap/context.ts';
import { DEFAULT_SCORE_OPTIONS } from '../../protocols/swap/params.ts';
import { dearestPacket, PERMILLE } from '../../protocols/swap/price.ts';
import { TypedData } from '../../protocols/swap/typed-data.ts';
import { relayPrices } from '../../protocols/node/relay-accounts.ts';
import { policyOf, priceOptionsOf, swapOptionsOf, type MoneySettings } from './options.ts';

const RELAY = serviceNumber('relay');

export interface ProtocolSettings {
  discovery: DiscoverySettings;
  swap: SwapSettings;
}

/** Agrees with whoever asks for no more than `priceMax` units for any packet, by the packet or by the byte. */
function peeringPolicy(priceMax: number): DiscoveryPolicy {
  const honest = honestPolicy({ service: RELAY, priceMax, creditMin: 1 });
  return {
    ...honest,
    declines(offer) {
      const prices = relayPrices(offer.manifest);
      // What `priceMax` is held against elsewhere is the price of a packet and step; of bytes it has to be that of the longest packet.
      if (prices?.per === 'byte' && dearestPacket(prices) > priceMax) return DECLINED_PRICE;
      return honest.declines(offer);
    },
  };
}

/** @throws MoneySettingsError for settings that contradict each other. */
export function protocolSettings(
  suite: CryptoSuite,
  settings: MoneySettings,
  own: Pick<SwapSettings, 'rate' | 'ledger' | 'scores'> & { self: Self; chequebook: Address },
): ProtocolSettings {
  const { self, chequebook, rate, ledger, scores } = own;
  const { signer } = self;
  const options = swapOptionsOf(settings);
  const { paymentThreshold, disconnectThreshold, allowancePerSecond } = options;
  const { base, law, per, proximityMax } = priceOptionsOf(settings);
  const { bands, minScore } = DEFAULT_SCORE_OPTIONS;
  return {
    discovery: {
      self,
      options: DEFAULT_DISCOVERY_OPTIONS,
      policy: peeringPolicy(options.priceMax),
      scores,
      offer: {
        chequebook,
        stake: 0,
        limits: { paymentThreshold, disconnectThreshold, allowancePerSecond },
        deadlineSeconds: Math.floor(options.deadlineUs / MICROS_PER_SECOND),
        minScorePermille: Math.round(minScore * PERMILLE),
        bands,
        services: [{ service: RELAY, per, law, base, proximityMax }],
      },
      // Neighbours are told by themselves; nobody is looked for yet.
      advertised: [],
      manifests: manifestMemory(suite, signer),
    },
    swap: {
      options,
      policy: policyOf(settings),
      rate,
      ledger,
      signer,
      typed: new TypedData(suite, ledger.chainId),
      scores,
      chequebook,
    },
  };
}
