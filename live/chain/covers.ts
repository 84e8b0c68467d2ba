/**
 * What the chequebooks of this node and its neighbours hold, as of one confirmed block; and whether that agrees with what happened since the block before.
 *
 * Money that a chequebook has is read from its state, money that moves from its events. Both come from the same endpoint, so one can be held against the
 * other: what a chequebook has paid somebody, and what it has, must have changed by exactly the events in between.
 */
import type { LedgerEvent } from '../../protocols/ledger/frame.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import type { ChequebookView } from '../../protocols/swap/ledger-port.ts';
import type { Contracts, KnownContracts } from './contracts.ts';
import { believe } from './trouble.ts';

/** What one chequebook holds. Amounts in wei of the token. */
export interface Cover {
  issuer: Address;
  balance: bigint;
  totalHardDeposit: bigint;
  bounced: boolean;
  /** By beneficiary. */
  for: ReadonlyMap<Address, { hardDeposit: bigint; paidOut: bigint }>;
}

export class Covers {
  readonly #contracts: Contracts;
  /** Beneficiaries to look at, by chequebook. */
  readonly #watched = new Map<Address, Set<Address>>();
  /** Contracts that the factory vouches for. */
  readonly #genuine = new Set<Address>();
  #covers: ReadonlyMap<Address, Cover> = new Map();
  #complete = true;

  constructor(contracts: Contracts) {
    this.#contracts = contracts;
  }

  /** Begins to look at what `chequebook` has for `beneficiary`. */
  watch(chequebook: Address, beneficiary: Address): void {
    const beneficiaries = this.#watched.get(chequebook) ?? new Set();
    this.#complete &&= beneficiaries.has(beneficiary);
    this.#watched.set(chequebook, beneficiaries.add(beneficiary));
  }

  /** Those watched that the factory vouches for: nobody else's events are read, whatever a neighbour names. */
  get genuine(): readonly Address[] {
    return [...this.#genuine];
  }

  /** Whether everything that is watched has been looked at. */
  get complete(): boolean {
    return this.#complete;
  }

  cover(chequebook: Address): Cover | undefined {
    return this.#covers.get(chequebook);
  }

  view(chequebook: Address, beneficiary: Address): ChequebookView | undefined {
    const cover = this.#covers.get(chequebook);
    const own = cover?.for.get(beneficiary);
    if (cover === undefined || own === undefined) return undefined;
    const { issuer, balance, totalHardDeposit, bounced } = cover;
    return { issuer, liquid: balance - totalHardDeposit, ...own, bounced };
  }

  /** What everything watched holds in a block; nothing is taken over yet. */
  async at(blockHash: string, known: KnownContracts): Promise<ReadonlyMap<Address, Cover>> {
    const found = await Promise.all(
      [...this.#watched].map(async ([chequebook, beneficiaries]) => {
        const cover = await this.#coverOf(chequebook, [...beneficiaries], blockHash, known);
        return [chequebook, cover] as const;
      }),
    );
    return new Map(found.flatMap(([at, cover]) => (cover === undefined ? [] : [[at, cover]])));
  }

  /** @throws ChainTrouble where `next` is not what was there before with what `events` moved. */
  check(next: ReadonlyMap<Address, Cover>, events: readonly LedgerEvent[], token: Address): void {
    for (const [chequebook, before] of this.#covers) {
      const after = next.get(chequebook);
      believe(after !== undefined, `A chequebook that was at ${chequebook} is there no more`);
      const moved = sum(events, token, 'Transfer', ([from, to, value]) => {
        const incoming = to === chequebook ? (value as bigint) : 0n;
        return from === chequebook ? incoming - (value as bigint) : incoming;
      });
      believe(
        after.balance === before.balance + moved,
        `The chequebook ${chequebook} has ${after.balance} wei and should have ${before.balance + moved} by the transfers that are told`,
      );
      for (const [beneficiary, { paidOut }] of before.for) {
        const paid = sum(events, chequebook, 'ChequeCashed', ([to, , , payout]) =>
          to === beneficiary ? (payout as bigint) : 0n,
        );
        const now = after.for.get(beneficiary)?.paidOut ?? -1n;
        believe(
          now === paidOut + paid,
          `The chequebook ${chequebook} says that it has paid ${beneficiary} ${now} wei, which should be ${paidOut + paid} by the cashings that are told`,
        );
      }
    }
  }

  /** Goes by `next` from now on. */
  take(next: ReadonlyMap<Address, Cover>): void {
    this.#covers = next;
    this.#complete = [...this.#watched].every(([chequebook, beneficiaries]) => {
      const cover = next.get(chequebook);
      // One that is not there yet has been looked at too.
      return cover === undefined || [...beneficiaries].every((one) => cover.for.has(one));
    });
  }

  async #coverOf(
    chequebook: Address,
    beneficiaries: readonly Address[],
    blockHash: string,
    { factory }: KnownContracts,
  ): Promise<Cover | undefined> {
    const at = { blockHash };
    const contracts = this.#contracts;
    if (!this.#genuine.has(chequebook)) {
      const [vouched] = await contracts.read(
        'factory',
        factory,
        'deployedContracts',
        [chequebook],
        at,
      );
      if (vouched !== true) return undefined;
      this.#genuine.add(chequebook);
    }
    const amount = (method: string) => contracts.amount('chequebook', chequebook, method, [], at);
    const [balance, totalHardDeposit, [bounced], [issuer], rows] = await Promise.all([
      amount('balance'),
      amount('totalHardDeposit'),
      contracts.read('chequebook', chequebook, 'bounced', [], at),
      contracts.read('chequebook', chequebook, 'issuer', [], at),
      Promise.all(
        beneficiaries.map(async (beneficiary) => {
          const of = (method: string) =>
            contracts.amount('chequebook', chequebook, method, [beneficiary], at);
          const [hardDeposit, paidOut] = await Promise.all([of('hardDeposits'), of('paidOut')]);
          return [beneficiary, { hardDeposit, paidOut }] as const;
        }),
      ),
    ]);
    believe(balance >= totalHardDeposit, `The chequebook ${chequebook} reserves more than it has`);
    return {
      issuer: issuer as Address,
      balance,
      totalHardDeposit,
      bounced: bounced as boolean,
      for: new Map(rows),
    };
  }
}

function sum(
  events: readonly LedgerEvent[],
  contract: Address,
  name: string,
  amount: (values: LedgerEvent['values']) => bigint,
): bigint {
  return events
    .filter((event) => event.contract === contract && event.name === name)
    .reduce((total, event) => total + amount(event.values), 0n);
}
