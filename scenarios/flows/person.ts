/** Somebody in a world of flows: an account, a chequebook, the real SWAP, and a hand-operated host for it. */
import { RATE } from '../money/rate.ts';
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { SwapHost } from '../../protocols/swap/context.ts';
import { Swap } from '../../protocols/swap/machine.ts';
import type { SwapOptions } from '../../protocols/swap/options.ts';
import type { Signer } from '../../protocols/swap/signer.ts';
import { TypedData, type Account } from '../../protocols/swap/typed-data.ts';
import type { LedgerFact } from '../../protocols/swap/ledger-port.ts';
import type { Family } from '../behaviours/families.ts';
import type { Payer, Standing } from '../behaviours/payers.ts';
import { WORLD_CHAIN_ID } from '../money/bank.ts';
import type { WorldLedger } from '../money/world-ledger.ts';
import type { SharedScores } from '../money/scores.ts';

const US_PER_DAY = 86_400_000_000;

export interface PersonParts {
  number: number;
  place: number;
  role: number;
  /** Its owner's, if that one has other names. */
  family: Family | undefined;
  bornUs: number;
  signer: Signer;
  chequebook: Account;
  depositUnits: number;
  options: SwapOptions;
  payer: Payer;
  /** What it asks for carrying, in thousandths of the list price. */
  askPermille: number;
  host: SwapHost;
  bank: WorldLedger;
  scores: SharedScores;
  suite: CryptoSuite;
  submitted: () => void;
  /** Told of each fact that this person has heard of for itself, before SWAP is. */
  heard: (fact: LedgerFact) => void;
}

export class Person {
  readonly number: number;
  readonly place: number;
  readonly role: number;
  readonly family: Family | undefined;
  readonly bornUs: number;
  readonly signer: Signer;
  readonly chequebook: Account;
  readonly depositUnits: number;
  readonly swap: Swap;
  readonly payer: Payer;
  readonly askPermille: number;
  readonly #options: SwapOptions;
  /** Value of services given and taken, whether or not anybody paid. */
  earnedUnits = 0;
  spentUnits = 0;
  /** Part of that which was for itself, not for a service passed on; and what it carried for others, at the list price. */
  usedUnits = 0;
  carriedUnits = 0;
  /** When its score first fell below what is served, -1 for never. */
  shutOutUs = -1;
  /** It has left for good. */
  gone = false;

  constructor(parts: PersonParts) {
    this.number = parts.number;
    this.place = parts.place;
    this.role = parts.role;
    this.family = parts.family;
    this.bornUs = parts.bornUs;
    this.chequebook = parts.chequebook;
    this.depositUnits = parts.depositUnits;
    this.#options = parts.options;
    this.signer = parts.signer;
    this.payer = parts.payer;
    this.askPermille = parts.askPermille;
    this.swap = new Swap(parts.host, {
      options: parts.options,
      policy: parts.payer.policy,
      rate: RATE,
      ledger: parts.bank.portFor({
        place: this.place,
        signer: this.signer,
        chequebook: this.chequebook,
        now: () => parts.host.now(),
        submitted: parts.submitted,
        cashingFailed: (chequebook) => {
          this.swap.onCashingFailed(chequebook);
        },
        fact: (fact) => {
          parts.heard(fact);
          this.swap.onLedgerFact(fact);
        },
        head: () => {
          this.swap.onLedgerHead();
        },
      }),
      signer: this.signer,
      typed: new TypedData(parts.suite, WORLD_CHAIN_ID),
      scores: parts.scores.face(),
      chequebook: parts.chequebook,
    });
  }

  readonly #known: Person[] = [];

  /** Whether both are names of one owner. */
  sharesWalletWith(other: Person): boolean {
    return this.family !== undefined && this.family === other.family;
  }

  /** Makes an account with a neighbour. */
  agree(other: Person): void {
    this.#known.push(other);
    this.swap.open(other.number, {
      account: other.signer.account,
      chequebook: other.chequebook,
      limits: this.#options,
    });
  }

  /** What it owes to all, and what carrying has left it a day so far. */
  standing(nowUs: number): Standing {
    const owedUnits = this.#known.reduce(
      (sum, other) => sum + Math.max(0, -(this.swap.pair(other.number)?.balance ?? 0)),
      0,
    );
    const days = Math.max(nowUs - this.bornUs, US_PER_DAY) / US_PER_DAY;
    return {
      owedUnits,
      surplusPerDayUnits: (this.earnedUnits - this.spentUnits + this.usedUnits) / days,
    };
  }

  get known(): readonly Person[] {
    return this.#known;
  }
}
