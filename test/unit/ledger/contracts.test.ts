/** Token, protests, stakes and parameters by worked examples; that they agree with their compiled twins is another test's. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AbiValue } from '../../../protocols/ledger/abi.ts';
import { apply, view, type Environment } from '../../../protocols/ledger/apply.ts';
import { audit, fullAudit, quickAudit } from '../../../protocols/ledger/audit.ts';
import {
  PARAMETER_BURN_SHARE,
  PARAMETER_PROTEST_FEE,
} from '../../../protocols/ledger/contracts/parameters.ts';
import { withBalance } from '../../../protocols/ledger/contracts/token.ts';
import { chequeDigest, invoiceDigest } from '../../../protocols/ledger/eip712.ts';
import type { LedgerEvent } from '../../../protocols/ledger/frame.ts';
import {
  contractAddresses,
  GENESIS_DEFAULTS,
  genesisState,
  MFT,
  MFT_SUPPLY,
} from '../../../protocols/ledger/genesis.ts';
import type { LedgerState } from '../../../protocols/ledger/state.ts';
import { hexOf, nameWord, UINT256_MAX, type Address } from '../../../protocols/ledger/values.ts';
import { suite } from './small-chain.ts';
import { bookAddress, CHAIN_ID, PEOPLE } from './twins.ts';

const [OWNER, ALICE, BOB, CAROL] = PEOPLE as [Address, Address, Address, Address];
const RELAY = nameWord('relay');
const DAY = 86_400n;
const at = contractAddresses(suite, OWNER);
const BOOK = bookAddress(at, { owner: 1, salt: 0 });

/** A ledger of which every step is audited. */
class Ledger {
  now = 1_000_000n;
  state: LedgerState;
  events: readonly LedgerEvent[] = [];

  constructor(supply = MFT_SUPPLY) {
    const holders =
      supply === MFT_SUPPLY ? [ALICE, BOB].map((who) => [who, 100n * MFT] as const) : [];
    const options = { ...GENESIS_DEFAULTS, supply, treasury: OWNER, holders };
    this.state = genesisState(options, this.environment());
  }

  environment(): Environment {
    const block = { number: 1n, timestamp: this.now, randomness: 0n };
    return { chainId: CHAIN_ID, block, crypto: suite };
  }

  /** The reason of refusal, or the values. */
  try(from: Address, to: Address, method: string, ...args: AbiValue[]): unknown {
    const outcome = apply(this.state, from, { to, method, args }, this.environment());
    if (!outcome.ok) return outcome.reason;
    this.state = outcome.state;
    this.events = outcome.events;
    expect(quickAudit(this.state, at.token)).toBeUndefined();
    expect(fullAudit(this.state, at.token)).toEqual([]);
    return outcome.values;
  }

  read(to: Address, method: string, ...args: AbiValue[]): readonly AbiValue[] {
    const reading = view(this.state, { to, method, args }, this.environment());
    if (!reading.ok) throw new Error(reading.reason);
    return reading.values;
  }

  balance(who: Address): bigint {
    return this.read(at.token, 'balanceOf', who)[0] as bigint;
  }
}

describe('the token', () => {
  it('begins with ten thousand million of eighteen decimals, all somewhere', () => {
    const ledger = new Ledger();
    expect(ledger.read(at.token, 'totalSupply')).toEqual([10n ** 28n]);
    expect(ledger.read(at.token, 'decimals')).toEqual([18n]);
    expect(ledger.balance(OWNER)).toBe(MFT_SUPPLY - 200n * MFT);
    expect(ledger.try(OWNER, at.token, 'mint', OWNER, 1n)).toBe('no such method');
  });

  it('lets others spend what it was told, once', () => {
    const ledger = new Ledger();
    ledger.try(ALICE, at.token, 'approve', BOB, 10n);
    expect(ledger.try(BOB, at.token, 'transferFrom', ALICE, CAROL, 7n)).toEqual([true]);
    expect(ledger.events.map(({ name }) => name)).toEqual(['Transfer', 'Approval']);
    expect(ledger.try(BOB, at.token, 'transferFrom', ALICE, CAROL, 4n)).toBe(
      'ERC20: transfer amount exceeds allowance',
    );
    expect(ledger.balance(CAROL)).toBe(7n);
    expect(ledger.read(at.token, 'allowance', ALICE, BOB)).toEqual([3n]);
  });

  it('pays itself without gain, and counts what is burned', () => {
    const ledger = new Ledger();
    ledger.try(ALICE, at.token, 'transfer', ALICE, 100n * MFT);
    expect(ledger.balance(ALICE)).toBe(100n * MFT);
    ledger.try(ALICE, at.token, 'burn', 40n * MFT);
    expect(audit(ledger.state, at.token)).toEqual({
      minted: MFT_SUPPLY,
      held: MFT_SUPPLY - 40n * MFT,
      locked: 0n,
      burned: 40n * MFT,
    });
  });

  it('is exact at 2^53 and at 2^256', () => {
    const edges = [(1n << 53n) - 1n, 1n << 53n, (1n << 53n) + 1n, UINT256_MAX - 1n, UINT256_MAX];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...edges, 1n, 2n), { maxLength: 12 }), (amounts) => {
        const ledger = new Ledger(UINT256_MAX);
        let [mine, theirs] = [UINT256_MAX, 0n];
        for (const [i, amount] of amounts.entries()) {
          const forth = i % 2 === 0;
          const done = ledger.try(
            forth ? OWNER : ALICE,
            at.token,
            'transfer',
            forth ? ALICE : OWNER,
            amount,
          );
          const has = forth ? mine : theirs;
          expect(Array.isArray(done)).toBe(amount <= has);
          if (amount <= has) {
            mine += forth ? -amount : amount;
            theirs += forth ? amount : -amount;
          }
          expect([ledger.balance(OWNER), ledger.balance(ALICE)]).toEqual([mine, theirs]);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('audits', () => {
  it('see a token that appeared, one that vanished, and a promise without cover', () => {
    const ledger = new Ledger();
    const token = ledger.state.get(at.token)!;
    if (token.kind !== 'token') throw new Error('no token');
    const more = withBalance(token, CAROL, 1n);
    expect(quickAudit(ledger.state.set(at.token, more), at.token)).toContain('differ from minted');
    const hidden = { ...token, balances: token.balances.set(ALICE, 0n) };
    const state = ledger.state.set(at.token, hidden);
    expect(quickAudit(state, at.token)).toBeUndefined();
    expect(fullAudit(state, at.token)).toHaveLength(1);
    const stakes = ledger.state.get(at.stakes)!;
    if (stakes.kind !== 'stakes') throw new Error('no stakes');
    const stake = { active: 1n, pending: 2n, releaseAt: 0n };
    const owing = { ...stakes, stakes: stakes.stakes.set('somebody', stake) };
    expect(fullAudit(ledger.state.set(at.stakes, owing), at.token)).toEqual([
      `stakes ${at.stakes} holds 0, owes 3`,
    ]);
  });
});

/** Alice owes: a chequebook of hers with 50 MFT, and Bob who may pay for protests. */
function debt(): Ledger {
  const ledger = new Ledger();
  expect(ledger.try(ALICE, at.factory, 'deploySimpleSwap', ALICE, DAY, nameWord('a'))).toEqual([
    BOOK,
  ]);
  ledger.try(ALICE, at.token, 'transfer', BOOK, 50n * MFT);
  ledger.try(BOB, at.token, 'approve', at.protests, 2n * MFT);
  return ledger;
}

function invoice(dueAt: bigint, sum = 30n * MFT) {
  const fields = { creditor: BOB, debtor: ALICE, chequebook: BOOK, cumulativePayout: sum, dueAt };
  const digest = invoiceDigest(suite, CHAIN_ID, fields);
  const signature = suite.accountSign(digest, new Uint8Array(32).fill(3));
  return { id: hexOf(digest), args: [...(Object.values(fields) as AbiValue[]), signature] };
}

function cheque(sum: bigint, key = 2): Uint8Array {
  const message = { chequebook: BOOK, beneficiary: BOB, cumulativePayout: sum };
  return suite.accountSign(chequeDigest(suite, CHAIN_ID, message), new Uint8Array(32).fill(key));
}

describe('a protest', () => {
  it('needs an overdue invoice signed by the creditor, costs a fee that is burned, and is there for all to see', () => {
    const ledger = debt();
    const { id, args } = invoice(ledger.now);
    expect(ledger.try(BOB, at.protests, 'protest', ...args)).toBe('invoice not overdue');
    ledger.now += 1n;
    const forged = [...args.slice(0, 5), cheque(30n * MFT)];
    expect(ledger.try(BOB, at.protests, 'protest', ...forged)).toBe('invalid creditor signature');
    expect(ledger.try(CAROL, at.protests, 'protest', ...args)).toBe(
      'ERC20: transfer amount exceeds balance',
    );
    expect(ledger.read(at.protests, 'openAgainst', ALICE)).toEqual([0n]);
    expect(ledger.try(BOB, at.protests, 'protest', ...args)).toEqual([id]);
    expect(ledger.events.at(-1)).toEqual({
      contract: at.protests,
      name: 'Protested',
      values: [id, ALICE, BOB, BOOK, 30n * MFT, ledger.now - 1n, MFT / 2n],
    });
    expect(ledger.read(at.token, 'totalBurned')).toEqual([MFT / 2n]);
    expect(ledger.try(BOB, at.protests, 'protest', ...args)).toBe('already protested');
    expect(ledger.read(at.protests, 'openAgainst', ALICE)).toEqual([1n]);
  });

  it('ends with a cheque over the sum, by whoever brings it, and then for good', () => {
    const ledger = debt();
    const { id, args } = invoice(0n);
    ledger.try(BOB, at.protests, 'protest', ...args);
    const answer = (sum: bigint, key?: number): unknown =>
      ledger.try(CAROL, at.protests, 'answer', id, sum, cheque(sum, key));
    expect(answer(30n * MFT - 1n)).toBe('cheque too small');
    expect(answer(30n * MFT, 1)).toBe('invalid issuer signature');
    expect(answer(31n * MFT)).toEqual([]);
    expect(ledger.read(at.protests, 'statusOf', id)).toEqual([2n]);
    expect(answer(31n * MFT)).toBe('no open protest');
    expect(ledger.read(at.protests, 'openAgainst', ALICE)).toEqual([0n]);
    expect(ledger.read(at.protests, 'totalAgainst', ALICE)).toEqual([1n]);
    // The answer hands the creditor what it can cash.
    const [, , , sum, signature] = ledger.events[0]!.values;
    ledger.try(BOB, BOOK, 'cashChequeBeneficiary', BOB, sum!, signature!);
    expect(ledger.balance(BOB)).toBe(100n * MFT - MFT / 2n + 31n * MFT);
  });

  it('ends when the sum has been paid, and cannot begin after that', () => {
    const ledger = debt();
    const { id, args } = invoice(0n);
    ledger.try(BOB, at.protests, 'protest', ...args);
    ledger.try(BOB, BOOK, 'cashChequeBeneficiary', BOB, 29n * MFT, cheque(29n * MFT));
    expect(ledger.try(CAROL, at.protests, 'settle', id)).toBe('not yet paid');
    ledger.try(BOB, BOOK, 'cashChequeBeneficiary', BOB, 30n * MFT, cheque(30n * MFT));
    expect(ledger.try(CAROL, at.protests, 'settle', id)).toEqual([]);
    expect(ledger.read(at.protests, 'statusOf', id)).toEqual([3n]);
    const later = invoice(1n, 30n * MFT);
    expect(ledger.try(BOB, at.protests, 'protest', ...later.args)).toBe('already paid');
    expect(ledger.try(BOB, at.protests, 'protest', ...invoice(1n, 31n * MFT).args)).toHaveLength(1);
  });

  it('accuses only issuers of known chequebooks', () => {
    const ledger = debt();
    const sign = (fields: { [name: string]: AbiValue }): AbiValue[] => {
      const digest = invoiceDigest(suite, CHAIN_ID, fields as never);
      return [...Object.values(fields), suite.accountSign(digest, new Uint8Array(32).fill(3))];
    };
    const fields = {
      creditor: BOB,
      debtor: CAROL,
      chequebook: BOOK,
      cumulativePayout: 5n,
      dueAt: 0n,
    };
    expect(ledger.try(BOB, at.protests, 'protest', ...sign(fields))).toBe(
      'debtor is not the issuer',
    );
    expect(
      ledger.try(BOB, at.protests, 'protest', ...sign({ ...fields, chequebook: at.token })),
    ).toBe('unknown chequebook');
  });
});

describe('a stake', () => {
  const staked = (): Ledger => {
    const ledger = new Ledger();
    ledger.try(ALICE, at.token, 'approve', at.stakes, 100n * MFT);
    ledger.try(ALICE, at.stakes, 'deposit', RELAY, 40n * MFT);
    ledger.try(OWNER, at.stakes, 'authoriseCourt', CAROL, true);
    return ledger;
  };
  const stake = (ledger: Ledger): readonly AbiValue[] =>
    ledger.read(at.stakes, 'stakeOf', ALICE, RELAY);

  it('comes back after the delay, not a second earlier', () => {
    const ledger = staked();
    expect(audit(ledger.state, at.token).locked).toBe(40n * MFT);
    expect(ledger.try(ALICE, at.stakes, 'requestWithdrawal', RELAY, 41n * MFT)).toBe(
      'stake not sufficient',
    );
    ledger.try(ALICE, at.stakes, 'requestWithdrawal', RELAY, 15n * MFT);
    const releaseAt = ledger.now + 21n * DAY;
    expect(stake(ledger)).toEqual([25n * MFT, 15n * MFT, releaseAt]);
    ledger.now = releaseAt - 1n;
    expect(ledger.try(ALICE, at.stakes, 'withdraw', RELAY)).toBe('stake not yet released');
    ledger.now = releaseAt;
    ledger.try(ALICE, at.stakes, 'withdraw', RELAY);
    expect(stake(ledger)).toEqual([25n * MFT, 0n, 0n]);
    expect(ledger.balance(ALICE)).toBe(75n * MFT);
    expect(ledger.try(ALICE, at.stakes, 'withdraw', RELAY)).toBe('nothing to withdraw');
  });

  it('can be taken by a court until it is out, the share burned', () => {
    const ledger = staked();
    ledger.try(ALICE, at.stakes, 'requestWithdrawal', RELAY, 30n * MFT);
    ledger.now += 22n * DAY;
    expect(ledger.try(BOB, at.stakes, 'slash', ALICE, RELAY, 5n, BOB)).toBe('not a court');
    expect(ledger.try(CAROL, at.stakes, 'slash', ALICE, RELAY, 20n * MFT, BOB)).toEqual([
      MFT,
      19n * MFT,
    ]);
    expect(stake(ledger)).toEqual([0n, 20n * MFT, 1_000_000n + 21n * DAY]);
    expect(ledger.try(CAROL, at.stakes, 'slash', ALICE, RELAY, 1_000n * MFT, BOB)).toEqual([
      MFT,
      19n * MFT,
    ]);
    expect(stake(ledger)).toEqual([0n, 0n, 0n]);
    expect(ledger.try(CAROL, at.stakes, 'slash', ALICE, RELAY, 1n, BOB)).toBe('nothing to slash');
    expect(audit(ledger.state, at.token)).toMatchObject({ locked: 0n, burned: 38n * MFT });
    ledger.try(OWNER, at.stakes, 'authoriseCourt', CAROL, false);
    expect(ledger.try(CAROL, at.stakes, 'slash', ALICE, RELAY, 1n, BOB)).toBe('not a court');
  });

  it('does not go to a friend: with the share s burned, a self-challenge still costs s of it', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 12_000 }),
        fc.bigInt({ min: 1n, max: 40n * MFT }),
        (share, taken) => {
          const ledger = staked();
          ledger.try(OWNER, at.parameters, 'set', PARAMETER_BURN_SHARE, BigInt(share));
          ledger.try(CAROL, at.stakes, 'slash', ALICE, RELAY, taken, ALICE);
          // A share above one burns all.
          const burned = (taken * BigInt(Math.min(share, 10_000))) / 10_000n;
          expect(ledger.read(at.token, 'totalBurned')).toEqual([burned]);
          expect(ledger.balance(ALICE)).toBe(60n * MFT + taken - burned);
        },
      ),
    );
  });
});

describe('parameters', () => {
  it('belong to their owner, who can hand them on', () => {
    const ledger = new Ledger();
    expect(ledger.read(at.parameters, 'get', PARAMETER_PROTEST_FEE)).toEqual([MFT / 2n]);
    expect(ledger.try(ALICE, at.parameters, 'set', PARAMETER_PROTEST_FEE, 0n)).toBe('not owner');
    ledger.try(OWNER, at.parameters, 'transferOwnership', ALICE);
    ledger.try(ALICE, at.parameters, 'set', PARAMETER_PROTEST_FEE, 3n);
    expect(ledger.events[0]!.values).toEqual([PARAMETER_PROTEST_FEE, MFT / 2n, 3n]);
    expect(ledger.try(OWNER, at.parameters, 'set', PARAMETER_PROTEST_FEE, 0n)).toBe('not owner');
    expect(ledger.read(at.parameters, 'get', nameWord('nothing'))).toEqual([0n]);
  });
});
