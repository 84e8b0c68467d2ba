/**
 * The ledger of a world of flows: the contracts that every ledger runs, on blocks that are made only when there is something to put in them.
 *
 * A month has two hundred thousand blocks and a thousand nodes would hear each of them; nearly all are empty, and an empty block tells nobody anything. So a
 * transaction waits for the next multiple of the block time, runs there in the order of submission, and what it did is told at once to those whom it
 * concerns. No pool, no reorganisation, no market for gas: each call costs a fixed fee in the token, paid to the treasury. Where the chain itself is the
 * question there is the whole of it (`market.ts`); its chequebooks are opened here. After each transaction the tokens are counted.
 */
import { accountFromPublicKey } from '../../protocols/identity/address.ts';
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { Call } from '../../protocols/ledger/abi.ts';
import type { LedgerEvent } from '../../protocols/ledger/frame.ts';
import { GENESIS_DEFAULTS, type GenesisOptions } from '../../protocols/ledger/genesis.ts';
import type { BlockEnvironment } from '../../protocols/ledger/state.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import { factsOf } from '../../protocols/swap/facts.ts';
import { answerCall, cashCall, protestCall } from '../../protocols/swap/ledger-calls.ts';
import type { Audit } from '../../protocols/ledger/audit.ts';
import type {
  ChequebookView,
  LedgerFact,
  SignedCheque,
  SignedInvoice,
  SwapLedger,
} from '../../protocols/swap/ledger-port.ts';
import { accountOf } from '../../protocols/swap/signer.ts';
import type { Executor } from '../../sim/ledger/executor.ts';
import type { WorldLedger, Seat } from './world-ledger.ts';

export const WORLD_CHAIN_ID = 12_345n;
const US_PER_S = 1_000_000;
const GAS_ENOUGH = 1_000_000;
/** Ledger time at network time 0, seconds: hard deposits and deadlines need a clock that has begun. */
const GENESIS_S = 1_767_225_600n;

interface Waiting {
  from: Address;
  call: Call;
  /** Told the outcome. */
  done: (ok: boolean) => void;
}

export interface BankOptions {
  blockUs: number;
  /** Fee of a call and of a protest, wei. */
  feeWei: bigint;
  protestFeeWei: bigint;
  /** First balances of wallets, by account. */
  wallets: readonly (readonly [Address, bigint])[];
}

/** The treasury's account: nobody's key. */
export function treasuryOf(suite: CryptoSuite): Address {
  return accountOf(accountFromPublicKey(suite, new Uint8Array(64).fill(9)));
}

/** What the ledger of a world begins with. */
export function genesisOf(suite: CryptoSuite, options: BankOptions): GenesisOptions {
  return {
    ...GENESIS_DEFAULTS,
    treasury: treasuryOf(suite),
    holders: options.wallets,
    protestFee: options.protestFeeWei,
  };
}

/** `State` is whatever the executor keeps: the model's values, or a name for a state of the EVM. */
export class Bank<State = unknown> implements WorldLedger {
  readonly executor: Executor<State>;
  readonly treasury: Address;
  readonly issuers = new Map<Address, Address>();
  feesWei = 0n;
  failed = 0;
  state: State;
  /** Told of what each transaction leaves in the log, for measuring. */
  onLog: (events: readonly LedgerEvent[]) => void = () => undefined;
  /** Calls that were paid for, by account. */
  readonly #calls = new Map<Address, number>();
  readonly #options: BankOptions;
  readonly #waiting: Waiting[] = [];
  #block: BlockEnvironment = { number: 0n, timestamp: GENESIS_S, randomness: 0n };

  constructor(suite: CryptoSuite, executor: Executor<State>, options: BankOptions) {
    this.#options = options;
    this.treasury = treasuryOf(suite);
    this.executor = executor;
    this.state = executor.genesis();
  }

  get #contracts() {
    return this.executor.contracts;
  }

  seconds(nowUs: number): bigint {
    return GENESIS_S + BigInt(Math.floor(nowUs / US_PER_S));
  }

  /** Opens a chequebook with `wei` in it; before the world begins, or for a newcomer. No fee: it is how one enters. */
  openChequebook(issuer: Address, wei: bigint, salt: number): Address {
    const { factory, token, protests } = this.#contracts;
    const word = `0x${salt.toString(16).padStart(64, '0')}`;
    const deployed = this.#must(issuer, {
      to: factory,
      method: 'deploySimpleSwap',
      args: [issuer, 0n, word],
    });
    const chequebook = deployed[0] as Address;
    this.#must(issuer, { to: token, method: 'transfer', args: [chequebook, wei] });
    const most = (1n << 256n) - 1n;
    this.#must(issuer, { to: token, method: 'approve', args: [protests, most] });
    this.issuers.set(chequebook, issuer);
    return chequebook;
  }

  /** Moves tokens from the treasury: what a newcomer brings along. */
  endow(account: Address, wei: bigint): void {
    const { token } = this.#contracts;
    this.#must(this.treasury, { to: token, method: 'transfer', args: [account, wei] });
  }

  balanceOf(account: Address): bigint {
    return this.#read(this.#contracts.token, 'balanceOf', account)[0] as bigint;
  }

  submit(from: Address, call: Call, done: (ok: boolean) => void): void {
    this.#waiting.push({ from, call, done });
  }

  /** When the transactions that wait will be in a block, -1 if none waits. */
  nextBlockUs(nowUs: number): number {
    if (this.#waiting.length === 0) return -1;
    const { blockUs } = this.#options;
    return (Math.floor(nowUs / blockUs) + 1) * blockUs;
  }

  /** Makes a block of all that waits. @returns what it did, in order. @throws if a token was made or lost. */
  makeBlock(nowUs: number): LedgerFact[] {
    const { blockUs } = this.#options;
    const number = BigInt(Math.floor(nowUs / blockUs));
    this.#block = { number, timestamp: this.seconds(nowUs), randomness: number };
    const facts: LedgerFact[] = [];
    for (const { from, call, done } of this.#waiting.splice(0)) {
      const ok = this.#paid(from) && this.#execute(from, call, facts);
      if (!ok) this.failed++;
      done(ok);
      this.#count();
    }
    return facts;
  }

  /** Everything that does not add up: empty if every token is somewhere and every promise of a contract is covered. */
  audit(): string[] {
    return this.executor.fullAudit(this.state);
  }

  tokens(): Audit {
    return this.executor.audit(this.state);
  }

  callsOf(account: Address): number {
    return this.#calls.get(account) ?? 0;
  }

  feesOf(account: Address): bigint {
    return BigInt(this.callsOf(account)) * this.#options.feeWei;
  }

  view(chequebook: Address, beneficiary: Address): ChequebookView | undefined {
    const issuer = this.issuers.get(chequebook);
    if (issuer === undefined) return undefined;
    const [hardDeposit] = this.#read(chequebook, 'hardDeposits', beneficiary) as [bigint];
    return {
      issuer,
      liquid: this.#read(chequebook, 'liquidBalance')[0] as bigint,
      hardDeposit,
      paidOut: this.#read(chequebook, 'paidOut', beneficiary)[0] as bigint,
      bounced: this.#read(chequebook, 'bounced')[0] as boolean,
    };
  }

  /** The ledger as one node's SWAP sees it. */
  portFor(seat: Seat): SwapLedger {
    const { signer } = seat;
    const submit = (call: Call, done: (ok: boolean) => void = () => undefined): void => {
      this.submit(signer.account, call, done);
      seat.submitted();
    };
    const { protests } = this.#contracts;
    return {
      chainId: WORLD_CHAIN_ID,
      seconds: () => this.seconds(seat.now()),
      chequebook: (chequebook, beneficiary) => this.view(chequebook, beneficiary),
      cashingFee: () => this.#options.feeWei,
      protestFee: () => this.#options.feeWei + this.#options.protestFeeWei,
      cash: (signed: SignedCheque) => {
        submit(cashCall(signer.account, signed), (ok) => {
          if (!ok) seat.cashingFailed(signed.cheque.chequebook);
        });
      },
      protest: (signed: SignedInvoice) => {
        submit(protestCall(protests, signed));
      },
      answer: (protest: string, signed: SignedCheque) => {
        submit(answerCall(protests, protest, signed));
      },
    };
  }

  #paid(from: Address): boolean {
    const { feeWei } = this.#options;
    if (feeWei === 0n) return true;
    const args = [this.treasury, feeWei];
    const paid = this.executor.execute(
      this.state,
      from,
      { to: this.#contracts.token, method: 'transfer', args },
      this.#block,
      GAS_ENOUGH,
    );
    if (!paid.ok) return false;
    this.#step(paid.state);
    this.onLog(paid.events);
    this.feesWei += feeWei;
    this.#calls.set(from, this.callsOf(from) + 1);
    return true;
  }

  #execute(from: Address, call: Call, facts: LedgerFact[]): boolean {
    const result = this.executor.execute(this.state, from, call, this.#block, GAS_ENOUGH);
    if (!result.ok) return false;
    this.#step(result.state);
    this.onLog(result.events);
    facts.push(...factsOf(result.events, (chequebook) => this.issuers.get(chequebook)));
    return true;
  }

  #read(to: Address, method: string, ...args: readonly (string | bigint)[]) {
    const reading = this.executor.view(this.state, { to, method, args }, this.#block);
    if (!reading.ok) throw new Error(`${method}: ${reading.reason}`);
    return reading.values;
  }

  /** A call of the set-up, which cannot fail. */
  #must(from: Address, call: Call) {
    const result = this.executor.execute(this.state, from, call, this.#block, GAS_ENOUGH);
    if (!result.ok) throw new Error(`${call.method}: ${result.reason ?? ''}`);
    this.#step(result.state);
    this.onLog(result.events);
    return result.values;
  }

  #step(next: State): void {
    const before = this.state;
    this.state = next;
    if (before !== next) this.executor.release(before);
  }

  #count(): void {
    const wrong = this.executor.quickAudit(this.state);
    if (wrong !== undefined) throw new Error(`tokens do not add up: ${wrong}`);
  }
}
