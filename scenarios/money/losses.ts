/** What creditors cannot hope for, and where the tokens are: the same for worlds of flows and of packets. */
import type { Pair } from '../../protocols/swap/pair.ts';
import type { Account } from '../../protocols/swap/typed-data.ts';
import type { MetricBook } from '../run/metric-book.ts';
import type { WorldLedger } from './world-ledger.ts';
import { RATE } from './rate.ts';

const UNIT_WEI = RATE.weiPerUnit;

/** What the creditor of a pair would lose if the debtor paid nothing more: its debt, and cheques that nothing covers. Units. */
export function uncovered(pair: Pair, bank: Pick<WorldLedger, 'view'>, creditor: Account): number {
  return Math.max(0, pair.balance) + uncoveredCheques(pair, bank, creditor);
}

/** Cheques of a pair that their chequebook could not pay now, units. */
export function uncoveredCheques(
  pair: Pair,
  bank: Pick<WorldLedger, 'view'>,
  creditor: Account,
): number {
  const { chequebook } = pair.terms;
  if (pair.uncashed === 0) return 0;
  const view = chequebook === undefined ? undefined : bank.view(chequebook, creditor);
  const cover = view === undefined ? 0 : RATE.wholeUnits(view.liquid + view.hardDeposit);
  return Math.max(0, pair.uncashed - cover);
}

/** Samples of what was issued and where it is. @throws if a promise of a contract is not covered. */
export function countTokens(book: MetricBook, bank: Pick<WorldLedger, 'audit' | 'tokens'>): void {
  const wrong = bank.audit();
  if (wrong.length > 0) throw new Error(`tokens do not add up: ${wrong.join('; ')}`);
  const { minted, held, locked, burned } = bank.tokens();
  book.add('tokens.issued', Number(minted / UNIT_WEI));
  book.add('tokens.total', Number((held + locked + burned) / UNIT_WEI));
}
