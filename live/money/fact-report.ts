/** What the log says of facts of the chain. All protests of the network are heard, for the scores; a user is told of those that name this node. */
import type { LedgerFact } from '../../protocols/swap/ledger-port.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import type { Reporter } from '../log/logger.ts';

/** @param account of this node */
export function reportFact(reporter: Reporter, account: Address, fact: LedgerFact): void {
  switch (fact.kind) {
    case 'cashed': {
      const { chequebook, beneficiary, payout, bounced } = fact;
      reporter.report('money.cashed', { chequebook, beneficiary, payout: `${payout}`, bounced });
      return;
    }
    case 'protested':
    case 'answered':
    case 'settled': {
      const { protest, debtor, creditor } = fact;
      if (debtor !== account && creditor !== account) return;
      const event = fact.kind === 'protested' ? 'money.protested' : 'money.answered';
      reporter.report(event, { protest, debtor, creditor });
      return;
    }
    case 'verdict':
      return;
  }
}
