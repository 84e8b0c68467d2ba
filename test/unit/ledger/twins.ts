/**
 * Random lives of the ledger: people who pay, promise, cash, protest, stake and slash, with right and wrong signatures, and amounts that lie at
 * the edges. Each act becomes one call; the tests play the calls to the model and to the compiled contracts.
 */
import fc from 'fast-check';
import type { AbiValue, Call } from '../../../protocols/ledger/abi.ts';
import { chequebookAddress } from '../../../protocols/ledger/contracts/factory.ts';
import {
  PARAMETER_BURN_SHARE,
  PARAMETER_PROTEST_FEE,
  PARAMETER_WITHDRAWAL_DELAY,
} from '../../../protocols/ledger/contracts/parameters.ts';
import {
  cashoutDigest,
  chequeDigest,
  invoiceDigest,
  timeoutDigest,
} from '../../../protocols/ledger/eip712.ts';
import type { ContractAddresses } from '../../../protocols/ledger/genesis.ts';
import {
  addressOf,
  hexOf,
  nameWord,
  UINT256_MAX,
  uintBytes,
  ZERO_ADDRESS,
  type Address,
  type Word,
} from '../../../protocols/ledger/values.ts';
import { accountFromPublicKey } from '../../../protocols/identity/address.ts';
import { suite } from './small-chain.ts';

export const CHAIN_ID = 12_345n;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const SECRETS = [1, 2, 3, 4].map((n) => new Uint8Array(32).fill(n));
/** The first owns everything at the beginning. */
export const PEOPLE: readonly Address[] = SECRETS.map((secret) =>
  addressOf(accountFromPublicKey(suite, suite.accountPublicKey(secret))),
);
const SERVICES = ['relay', 'storage'].map(nameWord);
const SALTS = ['a', 'b'].map(nameWord);

/** Ways in which a signature can be wrong; 'right' is by whom it should be. */
type Forgery = 'right' | 'other' | 'high' | 'short' | 'odd' | 'zero';

function sign(digest: Uint8Array, who: number, how: Forgery): Uint8Array {
  const signature = suite.accountSign(digest, SECRETS[how === 'other' ? (who + 1) % 4 : who]!);
  switch (how) {
    case 'high':
      signature.set(uintBytes(ORDER - BigInt(hexOf(signature.slice(32, 64)))), 32);
      signature[64] = 55 - signature[64]!;
      return signature;
    case 'short':
      return signature.slice(1);
    case 'odd':
      signature[64] = signature[64]! - 27;
      return signature;
    case 'zero':
      signature.fill(0, 0, 64);
      return signature;
    default:
      return signature;
  }
}

export interface Act {
  /** Index into PEOPLE of who sends. */
  from: number;
  /** Seconds since the act before. */
  later: bigint;
  /** What is called, given where things are and who sends; `by` is who must send for it to have a chance. */
  call(at: ContractAddresses, from: number): Call & { by?: number };
}

const person = fc.nat({ max: 3 });
const forgery: fc.Arbitrary<Forgery> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Forgery>('right') },
  { weight: 2, arbitrary: fc.constantFrom<Forgery>('other', 'high', 'short', 'odd', 'zero') },
);
const EDGES = [0n, 1n, 9_999n, 10_000n, 10_001n, (1n << 53n) - 1n, 1n << 53n, (1n << 53n) + 1n];
const TOP = [UINT256_MAX >> 1n, UINT256_MAX - 1n, UINT256_MAX];
const amount = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: 0n, max: 3_000n }) },
  { weight: 2, arbitrary: fc.constantFrom(...EDGES) },
  { weight: 1, arbitrary: fc.constantFrom(...TOP) },
);
const seconds = fc.constantFrom(0n, 1n, 59n, 60n, 3_600n);

/** A chequebook: mostly one of the two that the prelude makes. */
const book = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom({ owner: 0, salt: 0 }, { owner: 1, salt: 0 }) },
  { weight: 1, arbitrary: fc.record({ owner: person, salt: fc.nat({ max: 1 }) }) },
);
type Book = { owner: number; salt: number };

export function bookAddress(at: ContractAddresses, { owner, salt }: Book): Address {
  return chequebookAddress(suite, at.factory, at.master, PEOPLE[owner]!, SALTS[salt]!);
}

function on(to: (at: ContractAddresses) => Address, method: string, ...args: AbiValue[]) {
  return (at: ContractAddresses): Call => ({ to: to(at), method, args });
}
const token = (at: ContractAddresses): Address => at.token;
const stakes = (at: ContractAddresses): Address => at.stakes;
const parameters = (at: ContractAddresses): Address => at.parameters;

const anyone = fc.oneof(
  { weight: 12, arbitrary: person.map((who) => PEOPLE[who]!) },
  { weight: 1, arbitrary: fc.constant(ZERO_ADDRESS) },
);
/** An account that may take tokens: a person, nobody, or a contract. */
const payee = fc.oneof(
  { weight: 6, arbitrary: anyone.map((who) => () => who) },
  { weight: 4, arbitrary: book.map((b: Book) => (at: ContractAddresses) => bookAddress(at, b)) },
  { weight: 1, arbitrary: fc.constant(stakes) },
);
const spender = fc.constantFrom(
  stakes,
  (at: ContractAddresses) => at.protests,
  () => PEOPLE[2]!,
  () => ZERO_ADDRESS,
);

/** A cheque of a book for somebody, right or wrong. */
function cheque(at: ContractAddresses, b: Book, to: Address, sum: bigint, how: Forgery) {
  const message = { chequebook: bookAddress(at, b), beneficiary: to, cumulativePayout: sum };
  return sign(chequeDigest(suite, CHAIN_ID, message), b.owner, how);
}

const cashing = fc
  .tuple(book, person, amount, amount, forgery, forgery, fc.boolean(), anyone)
  .map(([b, who, sum, tip, how, agreed, direct, recipient]): Act['call'] => (at, from) => {
    const to = bookAddress(at, b);
    const beneficiary = direct ? PEOPLE[from]! : PEOPLE[who]!;
    const promised = cheque(at, b, beneficiary, sum, how);
    if (direct) return { to, method: 'cashChequeBeneficiary', args: [recipient, sum, promised] };
    const message = {
      chequebook: to,
      sender: PEOPLE[from]!,
      requestPayout: sum,
      recipient,
      callerPayout: tip % 50n,
    };
    const word = sign(cashoutDigest(suite, CHAIN_ID, message), who, agreed);
    const args = [beneficiary, recipient, sum, word, message.callerPayout, promised];
    return { to, method: 'cashCheque', args };
  });
/** Often the one who may, sometimes whoever comes. */
const mostly = (who: number, chance: number): { by?: number } => (chance > 0 ? { by: who } : {});
const chance = fc.nat({ max: 4 });

/** Mostly the one for whom the prelude has made a hard deposit. */
const holder = fc.oneof(
  { weight: 4, arbitrary: fc.constant(PEOPLE[2]!) },
  { weight: 1, arbitrary: anyone },
);

const deposits = fc
  .tuple(book, holder, amount, person, forgery, fc.nat({ max: 5 }), chance)
  .map(([b, who, sum, signer, how, which, luck]): Act['call'] => (at) => {
    const to = bookAddress(at, b);
    const by = mostly(b.owner, luck);
    const part = sum > 5_000n ? sum : sum / 10n;
    if (which === 0) return { ...by, to, method: 'prepareDecreaseHardDeposit', args: [who, part] };
    if (which < 3) return { to, method: 'decreaseHardDeposit', args: [who] };
    if (which === 3) return { ...by, to, method: 'increaseHardDeposit', args: [who, part] };
    const beneficiary = PEOPLE[signer]!;
    const change = { chequebook: to, beneficiary, decreaseTimeout: sum };
    const agreed = sign(timeoutDigest(suite, CHAIN_ID, change), signer, how);
    const args = [beneficiary, sum, agreed];
    return { ...by, to, method: 'setCustomHardDepositTimeout', args };
  });

const withdrawing = fc.tuple(book, amount).map(([b, sum]): Act['call'] => (at) => ({
  to: bookAddress(at, b),
  method: 'withdraw',
  args: [sum],
}));

const deploying = fc
  .tuple(anyone, amount, fc.nat({ max: 1 }))
  .map(([issuer, timeout, salt]) =>
    on((at) => at.factory, 'deploySimpleSwap', issuer, timeout, SALTS[salt]!),
  );

/** Few invoices, so that protests, answers and settlements meet. */
const invoices = fc.record({
  creditor: fc.constantFrom(3, 3, 3, 2),
  b: fc.constantFrom({ owner: 0, salt: 0 }, { owner: 0, salt: 0 }, { owner: 1, salt: 1 }),
  sum: fc.constantFrom(100n, 1_000n),
  dueAt: fc.constantFrom(0n, 0n, 0n, 1_000_500n),
});
const protesting = fc
  .tuple(invoices, forgery, fc.nat({ max: 5 }), fc.constantFrom(0n, 1n, 500n), person)
  .map(([{ creditor, b, sum, dueAt }, how, which, more, liar]): Act['call'] => (at) => {
    const to = at.protests;
    const debtor = which === 5 && how !== 'right' ? PEOPLE[liar]! : PEOPLE[b.owner]!;
    const invoice = {
      creditor: PEOPLE[creditor]!,
      debtor,
      chequebook: bookAddress(at, b),
      cumulativePayout: sum,
      dueAt,
    };
    const digest = invoiceDigest(suite, CHAIN_ID, invoice);
    const id: Word = hexOf(digest);
    if (which < 1) return { to, method: 'settle', args: [id] };
    if (which < 3) {
      const shown = cheque(at, b, invoice.creditor, sum - 1n + more, how);
      return { to, method: 'answer', args: [id, sum - 1n + more, shown] };
    }
    const signed = sign(digest, creditor, how);
    const args = [invoice.creditor, debtor, invoice.chequebook, sum, dueAt, signed];
    return { to, method: 'protest', args };
  });

const service = fc.constantFrom(...SERVICES);
/** By one of two stakers. */
const staked = (method: string, rest: (n: bigint) => bigint[]): fc.Arbitrary<Act['call']> =>
  fc
    .tuple(service, amount, fc.constantFrom(1, 3))
    .map(([s, n, by]): Act['call'] => (at) => ({ ...on(stakes, method, s, ...rest(n))(at), by }));
const staking = fc.oneof(
  { weight: 3, arbitrary: staked('deposit', (n) => [n]) },
  { weight: 3, arbitrary: staked('requestWithdrawal', (n) => [n > 5_000n ? n : n / 10n]) },
  { weight: 3, arbitrary: staked('withdraw', () => []) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(person, service, amount, anyone, chance)
      .map(([who, s, n, to, luck]): Act['call'] => (at) => ({
        ...on(stakes, 'slash', PEOPLE[who]!, s, n, to)(at),
        ...mostly(2, luck),
      })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(anyone, fc.boolean())
      .map(([who, yes]) => on(stakes, 'authoriseCourt', who, yes)),
  },
);
const governing = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom(PARAMETER_PROTEST_FEE, PARAMETER_WITHDRAWAL_DELAY, PARAMETER_BURN_SHARE),
        amount,
      )
      .map(([key, value]) => on(parameters, 'set', key, value)),
  },
  { weight: 1, arbitrary: anyone.map((who) => on(parameters, 'transferOwnership', who)) },
);
const paying = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(payee, amount).map(
      ([to, n]): Act['call'] =>
        (at) =>
          on(token, 'transfer', to(at), n)(at),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(spender, amount).map(
      ([to, n]): Act['call'] =>
        (at) =>
          on(token, 'approve', to(at), n)(at),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(anyone, payee, amount).map(
      ([from, to, n]): Act['call'] =>
        (at) =>
          on(token, 'transferFrom', from, to(at), n)(at),
    ),
  },
  { weight: 1, arbitrary: amount.map((n) => on(token, 'burn', n)) },
);
/** Calls that nothing understands. */
const nonsense = fc.constantFrom<Act['call']>(
  on(token, 'mint', PEOPLE[0]!, 5n),
  on(token, 'transfer', PEOPLE[0]!),
  on(token, 'transfer', PEOPLE[0]!, -1n),
  on(token, 'transfer', PEOPLE[0]!, UINT256_MAX + 1n),
  on(token, 'transfer', 'somebody', 1n),
  on(stakes, 'constructor'),
  on(() => PEOPLE[3]!, 'withdraw', 1n),
  on((at) => at.master, 'withdraw', 1n),
  on((at) => at.master, 'init', PEOPLE[0]!, PEOPLE[0]!, 0n),
);

const anyCall: fc.Arbitrary<Act['call']> = fc.oneof(
  { weight: 5, arbitrary: paying },
  { weight: 7, arbitrary: cashing },
  { weight: 5, arbitrary: deposits },
  { weight: 1, arbitrary: withdrawing },
  { weight: 1, arbitrary: deploying },
  { weight: 8, arbitrary: protesting },
  { weight: 5, arbitrary: staking },
  { weight: 1, arbitrary: governing },
  { weight: 1, arbitrary: nonsense },
);

export const act: fc.Arbitrary<Act> = fc.record({ from: person, later: seconds, call: anyCall });

/** What comes before every life: two chequebooks with something in them, allowances, a court. */
export function prelude(at: ContractAddresses): { from: number; call: Call }[] {
  const calls: { from: number; call: Call }[] = [];
  for (const owner of [0, 1]) {
    const args = [PEOPLE[owner]!, 60n, SALTS[0]!];
    calls.push({ from: owner, call: { to: at.factory, method: 'deploySimpleSwap', args } });
    const fund = [bookAddress(at, { owner, salt: 0 }), 2_000n];
    calls.push({ from: 0, call: { to: at.token, method: 'transfer', args: fund } });
    const hard = [PEOPLE[2]!, 300n];
    calls.push({
      from: owner,
      call: { to: fund[0] as Address, method: 'increaseHardDeposit', args: hard },
    });
  }
  for (const from of [0, 1, 2, 3])
    for (const to of [at.stakes, at.protests])
      calls.push({ from, call: { to: at.token, method: 'approve', args: [to, 5_000n] } });
  for (const from of [1, 3])
    for (const s of SERVICES)
      calls.push({ from, call: { to: at.stakes, method: 'deposit', args: [s, 500n] } });
  const court = [PEOPLE[2]!, true];
  calls.push({ from: 0, call: { to: at.stakes, method: 'authoriseCourt', args: court } });
  return calls;
}

/** Everything that can be asked of the ledger about the people and the two chequebooks. */
export function questions(at: ContractAddresses): Call[] {
  const ask = (to: Address, method: string, ...args: AbiValue[]): Call => ({ to, method, args });
  const books = [0, 1].map((owner) => bookAddress(at, { owner, salt: 0 }));
  const perBook = books.flatMap((to) => [
    ...['issuer', 'token', 'bounced', 'totalPaidOut', 'totalHardDeposit', 'balance'].map((m) =>
      ask(to, m),
    ),
    ask(to, 'liquidBalance'),
    ask(to, 'defaultHardDepositTimeout'),
    ...PEOPLE.flatMap((who) =>
      ['paidOut', 'hardDeposits', 'liquidBalanceFor'].map((m) => ask(to, m, who)),
    ),
    ask(at.factory, 'deployedContracts', to),
  ]);
  const perPerson = PEOPLE.flatMap((who) => [
    ask(at.token, 'balanceOf', who),
    ask(at.token, 'allowance', who, at.stakes),
    ask(at.token, 'allowance', who, at.protests),
    ask(at.token, 'allowance', who, PEOPLE[2]!),
    ask(at.protests, 'openAgainst', who),
    ask(at.protests, 'totalAgainst', who),
    ask(at.stakes, 'courts', who),
    ...SERVICES.map((s) => ask(at.stakes, 'stakeOf', who, s)),
  ]);
  const keys = [PARAMETER_PROTEST_FEE, PARAMETER_WITHDRAWAL_DELAY, PARAMETER_BURN_SHARE];
  const general = [
    ...['name', 'symbol', 'decimals', 'totalSupply', 'totalBurned'].map((m) => ask(at.token, m)),
    ...['ERC20Address', 'master'].map((m) => ask(at.factory, m)),
    ...['token', 'factory', 'parameters'].map((m) => ask(at.protests, m)),
    ...['token', 'parameters', 'owner', 'totalStaked'].map((m) => ask(at.stakes, m)),
    ask(at.parameters, 'owner'),
    ...keys.map((key) => ask(at.parameters, 'get', key)),
    ask(at.protests, 'statusOf', keys[0]!),
    // What no view is, and what no contract is.
    ask(at.token, 'transfer', PEOPLE[0]!, 0n),
    ask(PEOPLE[0]!, 'balance'),
  ];
  return [...perBook, ...perPerson, ...general];
}
