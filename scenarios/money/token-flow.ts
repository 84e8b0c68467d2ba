/**
 * Where the tokens of a world go, from the ledger's own log: every Transfer that the contracts emit, so that nothing moves unseen and nothing is told twice.
 *
 * A run goes round: what a wallet is paid it may pay out again. A picture of it cannot, so the round is cut where it is natural: what wallets had at first, what
 * was put into chequebooks, what cheques paid out of them (in full, or bouncing, which pays what is left), what wallets have had of both, and what became of it.
 * At every node as much comes in as goes out; the last are what holders have at the end, which a test compares with the contracts' balances.
 */
import type { LedgerEvent } from '../../protocols/ledger/frame.ts';
import { ZERO_ADDRESS, type Address } from '../../protocols/ledger/values.ts';
import type { TokenFlow, TokenNode } from '../summary.ts';
import { RATE } from './rate.ts';

/** Who somebody is to a picture. */
export interface Holders {
  /** Role of whoever has this account; undefined if nobody of the world has. */
  roleOf(account: Address): string | undefined;
  /** Whose chequebook an address is. */
  issuerOf(address: Address): Address | undefined;
}

interface Holding {
  wei: bigint;
  sinceUs: number;
  /** Units times microseconds since the measuring began. */
  unitTimeUs: number;
}

export class TokenFlows {
  readonly #moved = new Map<
    string,
    { from: Address; to: Address; bounced: boolean; wei: bigint }
  >();
  readonly #holdings = new Map<Address, Holding>();
  readonly #first: readonly (readonly [Address, bigint])[];
  readonly #now: () => number;
  /** What each transfer moved, units. */
  readonly transfersUnits: number[] = [];

  /** @param wallets what everybody has before the first transfer, wei. */
  constructor(wallets: readonly (readonly [Address, bigint])[], now: () => number) {
    this.#first = wallets;
    this.#now = now;
    for (const [account, wei] of wallets)
      this.#holdings.set(account, { wei, sinceUs: 0, unitTimeUs: 0 });
  }

  /** A transaction has left these in the log. */
  see(events: readonly LedgerEvent[]): void {
    const bounced = new Set<Address>();
    for (const { contract, name, values } of events) {
      // The contract says that a cheque bounces before it pays what it can.
      if (name === 'ChequeBounced') bounced.add(contract);
      if (name !== 'Transfer') continue;
      const [from, to, wei] = values as readonly [Address, Address, bigint];
      const key = `${from}${to}${bounced.has(from) ? '!' : ''}`;
      const known = this.#moved.get(key);
      if (known === undefined) this.#moved.set(key, { from, to, bounced: bounced.has(from), wei });
      else known.wei += wei;
      this.#hold(from).wei -= wei;
      this.#hold(to).wei += wei;
      this.transfersUnits.push(RATE.wholeUnits(wei));
    }
  }

  /** From now on it is measured what lies where, and for how long. */
  warm(): void {
    for (const holding of this.#holdings.values()) {
      holding.unitTimeUs = 0;
      holding.sinceUs = this.#now();
    }
  }

  /** What a holder has, and for how long it has had it since `warm`: units times microseconds. */
  holding(address: Address): { wei: bigint; unitTimeUs: number } {
    return this.#hold(address);
  }

  /** The picture. Amounts of a node that come in are those that go out. */
  picture(holders: Holders): TokenFlow[] {
    const sums = new Map<string, TokenFlow & { wei: bigint }>();
    const add = (from: TokenNode, to: TokenNode, of: string, wei: bigint): void => {
      if (wei === 0n) return;
      const key = JSON.stringify([from, to, of]);
      const known = sums.get(key);
      if (known === undefined) sums.set(key, { from, to, of, units: 0, wei });
      else known.wei += wei;
    };
    /** By role: what wallets keep of what they had at first. */
    const kept = new Map<string, bigint>();
    const keep = (role: string, wei: bigint): void => {
      kept.set(role, (kept.get(role) ?? 0n) + wei);
    };
    for (const [account, wei] of this.#first) {
      const role = holders.roleOf(account);
      if (role !== undefined) keep(role, wei);
    }
    for (const { from, to, bounced, wei } of this.#moved.values()) {
      const issuer = holders.issuerOf(from);
      const [payer, payee] = [holders.roleOf(issuer ?? from), holders.roleOf(to)];
      const filled = holders.roleOf(holders.issuerOf(to) ?? ZERO_ADDRESS);
      if (issuer !== undefined && payer !== undefined && payee !== undefined) {
        const how: TokenNode = { stage: bounced ? 'bounced' : 'cashed', role: '' };
        add({ stage: 'deposited', role: payer }, how, payer, wei);
        add(how, { stage: 'wallets', role: payee }, payer, wei);
      } else if (payer !== undefined && filled !== undefined) {
        add({ stage: 'at first', role: payer }, { stage: 'deposited', role: filled }, payer, wei);
        keep(payer, -wei);
      } else if (payer !== undefined) {
        // Anything else that leaves a wallet leaves the people: fees, and what is burned with protests.
        add({ stage: 'wallets', role: payer }, { stage: 'spent', role: '' }, payer, wei);
      } else if (payee !== undefined) keep(payee, wei);
    }
    for (const [role, wei] of kept)
      add({ stage: 'at first', role }, { stage: 'wallets', role }, role, wei);
    for (const [address, { wei }] of this.#holdings) {
      const issuer = holders.issuerOf(address);
      const role = holders.roleOf(issuer ?? address);
      if (role === undefined) continue;
      const stage = issuer === undefined ? 'wallets' : 'deposited';
      add(
        { stage, role },
        { stage: issuer === undefined ? 'kept' : 'still deposited', role: '' },
        role,
        wei,
      );
    }
    return [...sums.values()].map(({ wei, ...flow }) => ({ ...flow, units: RATE.wholeUnits(wei) }));
  }

  #hold(address: Address): Holding {
    const nowUs = this.#now();
    const holding = this.#holdings.get(address) ?? { wei: 0n, sinceUs: nowUs, unitTimeUs: 0 };
    this.#holdings.set(address, holding);
    holding.unitTimeUs += RATE.wholeUnits(holding.wei) * (nowUs - holding.sinceUs);
    holding.sinceUs = nowUs;
    return holding;
  }
}
