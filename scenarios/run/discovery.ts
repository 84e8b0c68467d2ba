/** What nodes of a scenario sell and look for: settings of their discovery, and the searches of their users. */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { DiscoverySettings } from '../../protocols/discovery/machine.ts';
import { manifestMemory } from '../../protocols/discovery/manifest-codec.ts';
import type { Offer, Per } from '../../protocols/discovery/manifest.ts';
import type { Query } from '../../protocols/discovery/messages.ts';
import { nearAddress } from '../../protocols/discovery/query.ts';
import { serviceNumber, type ServiceName } from '../../protocols/discovery/services.ts';
import { accountFromPublicKey } from '../../protocols/identity/address.ts';
import {
  DEFAULT_PRICE,
  DEFAULT_SCORE_OPTIONS,
  DEFAULT_SWAP_OPTIONS,
} from '../../protocols/swap/params.ts';
import { PERMILLE } from '../../protocols/swap/price.ts';
import { CreditScores } from '../../protocols/swap/score.ts';
import { accountOf, accountSigner } from '../../protocols/swap/signer.ts';
import { createDiscoveryPolicy, discoveryOptionsOf, isGenuine } from '../behaviours/sellers.ts';
import type { ResolvedScenario, Role, ScenarioDiscovery } from '../model.ts';
import type { PacketMoney } from './money.ts';
import { SIMULATED_NETWORK_ID, type Identity } from './population.ts';

/** What each service is sold by. */
const SOLD_PER: { readonly [service in ServiceName]: Per } = {
  relay: 'packet',
  delivery: 'packet',
  holding: 'MiB and day',
  storage: 'MiB and day',
  data: 'MiB',
};

/** A user's searches. */
export interface Searching {
  query: Query;
  wanted: number;
  everyUs: number;
}

/** The offer of a role: everybody relays, at the usual price and with the usual credit where the world's money says nothing else. */
function offerOf(role: Role, terms: Offer = usualTerms()): Offer {
  return {
    ...terms,
    services: [
      ...terms.services,
      ...(role.sells ?? []).map(({ service, units }) => ({
        service: serviceNumber(service),
        per: SOLD_PER[service],
        law: 'flat' as const,
        base: units,
        proximityMax: 0,
      })),
    ],
  };
}

function usualTerms(): Offer {
  const { paymentThreshold, disconnectThreshold, allowancePerSecond } = DEFAULT_SWAP_OPTIONS;
  const { base, law, per, proximityMax } = DEFAULT_PRICE;
  return {
    chequebook: undefined,
    stake: 0,
    limits: { paymentThreshold, disconnectThreshold, allowancePerSecond },
    deadlineSeconds: Math.floor(DEFAULT_SWAP_OPTIONS.deadlineUs / 1_000_000),
    minScorePermille: Math.round(DEFAULT_SCORE_OPTIONS.minScore * PERMILLE),
    bands: DEFAULT_SCORE_OPTIONS.bands,
    services: [{ service: serviceNumber('relay'), per, law, base, proximityMax }],
  };
}

export class DiscoveryPlan {
  readonly #suite: CryptoSuite;
  readonly #discovery: ScenarioDiscovery;
  readonly #scenario: ResolvedScenario;
  readonly #roleOf: Uint8Array;
  /** Accounts of each role. */
  readonly #accounts: Set<string>[];
  readonly #manifests: DiscoverySettings['manifests'];
  /** Scores where there is no ledger: everybody is a newcomer. */
  readonly #scores = new CreditScores(DEFAULT_SCORE_OPTIONS);
  readonly #money: PacketMoney | undefined;

  constructor(
    suite: CryptoSuite,
    scenario: ResolvedScenario,
    discovery: ScenarioDiscovery,
    roleOf: Uint8Array,
    money: PacketMoney | undefined,
  ) {
    this.#money = money;
    this.#suite = suite;
    this.#scenario = scenario;
    this.#discovery = discovery;
    this.#roleOf = roleOf;
    this.#accounts = scenario.roles.map(() => new Set<string>());
    const checker = accountSigner(suite, new Uint8Array(32).fill(1));
    this.#manifests = manifestMemory(suite, checker, 4 * scenario.world.nodes);
  }

  /** To be told of everybody before any node is made: who the friends of a spammer are. */
  enter(node: number, { accountSecret }: Identity): void {
    const publicKey = this.#suite.accountPublicKey(accountSecret!);
    const account = accountOf(accountFromPublicKey(this.#suite, publicKey));
    this.#accounts[this.#roleOf[node]!]!.add(account);
  }

  settings(node: number, { accountSecret, nonce }: Identity): DiscoverySettings {
    const terms = this.#money?.terms(node);
    const index = this.#roleOf[node]!;
    const role = this.#scenario.roles[index]!;
    return {
      self: {
        signer: accountSigner(this.#suite, accountSecret!),
        networkId: SIMULATED_NETWORK_ID,
        nonce,
      },
      options: discoveryOptionsOf(role.behaves, this.#discovery.options),
      policy: createDiscoveryPolicy(role.behaves, this.#accounts[index]!),
      scores: terms?.scores ?? this.#scores,
      offer: offerOf(role, terms?.offer),
      advertised: (role.sells ?? []).map(({ service }) => serviceNumber(service)),
      manifests: this.#manifests,
    };
  }

  /** What the user of a node looks for; undefined for one that sells it, and for liars. */
  searching(node: number, { address }: Identity): Searching | undefined {
    const { searches } = this.#discovery;
    const role = this.#scenario.roles[this.#roleOf[node]!]!;
    if (searches === undefined || !isGenuine(role.behaves)) return undefined;
    if (role.sells?.some(({ service }) => service === searches.service)) return undefined;
    const query: Query = {
      service: serviceNumber(searches.service),
      per: SOLD_PER[searches.service],
      priceMax: Math.min(searches.priceMaxUnits, Number.MAX_SAFE_INTEGER),
      ownScorePermille: Math.round(this.#scores.score(NOBODY) * PERMILLE),
      minScorePermille: Math.round(searches.minScore * PERMILLE),
      near: nearAddress(address, searches.nearBits),
      nearBits: searches.nearBits,
    };
    return { query, wanted: searches.wanted, everyUs: searches.everyUs };
  }
}

/** Somebody of whom nothing is known. */
const NOBODY = `0x${'0'.repeat(40)}`;
