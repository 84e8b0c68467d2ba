/** What a node with money gives its protocols: the terms that discovery offers to neighbours, and SWAP's settings, both from the same options. */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { DiscoverySettings } from '../../protocols/discovery/machine.ts';
import { manifestMemory } from '../../protocols/discovery/manifest-codec.ts';
import type { Self } from '../../protocols/discovery/own-manifests.ts';
import { DEFAULT_DISCOVERY_OPTIONS } from '../../protocols/discovery/params.ts';
import { honestPolicy } from '../../protocols/discovery/policy.ts';
import { serviceNumber } from '../../protocols/discovery/services.ts';
import { MICROS_PER_SECOND } from '../../protocols/host.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import type { SwapSettings } from '../../protocols/swap/context.ts';
import { DEFAULT_SCORE_OPTIONS } from '../../protocols/swap/params.ts';
import { PERMILLE } from '../../protocols/swap/price.ts';
import { TypedData } from '../../protocols/swap/typed-data.ts';
import { policyOf, priceOptionsOf, swapOptionsOf, type MoneySettings } from './options.ts';

const RELAY = serviceNumber('relay');

export interface ProtocolSettings {
  discovery: DiscoverySettings;
  swap: SwapSettings;
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
      policy: honestPolicy({ service: RELAY, priceMax: options.priceMax, creditMin: 1 }),
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
