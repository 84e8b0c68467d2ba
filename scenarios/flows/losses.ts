/** What creditors cannot hope for, and where the tokens are: the same for worlds of flows and of packets. */
import type { Pair } from '../../protocols/swap/pair.ts';
import type { Account } from '../../protocols/swap/typed-data.ts';
import type { MetricBook } from '../run/metric-book.ts';
import type { Bank } from './bank.ts';
import { RATE } from './person.ts';

const UNIT_WEI = RATE.weiPerUnit;

/** What the creditor of a pair would lose if the debtor paid nothing more: its debt, and cheques that nothing covers. Units. */
export function uncovered(pair: Pair, bank: Bank, creditor: Account): number {
  const owed = Math.max(0, pair.balance);
  const { chequebook } = pair.terms;
  if (pair.uncashed === 0) return owed;
  const view = chequebook === undefined ? undefined : bank.view(chequebook, creditor);
  const cover = view === undefined ? 0 : RATE.wholeUnits(view.liquid + view.hardDeposit);
  return owed + Math.max(0, pair.uncashed - cover);
}

/** Samples of what was issued and where it is. @throws if a promise of a contract is not covered. */
export function countTokens(book: MetricBook, bank: Bank): void {
  const wrong = bank.audit();
  if (wrong.length > 0) throw new Error(`tokens do not add up: ${wrong.join('; ')}`);
  const { minted, held, locked, burned } = bank.executor.audit(bank.state);
  book.add('tokens.issued', Number(minted / UNIT_WEI));
  book.add('tokens.total', Number((held + locked + burned) / UNIT_WEI));
}
