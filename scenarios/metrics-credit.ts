/** The glossary's part about credit risk: whether scores foretell defaults, what a default costs, how late the late pay, what cheats gain. */
import { metric, type MetricDefinition } from './metric-definition.ts';

export const CREDIT_METRICS: readonly MetricDefinition[] = [
  metric(
    'score.auc',
    'ratio',
    'run',
    'higher',
    'Probability that of two names the one that defaults within the next day (or a quarter of what is measured, if less) had the lower credit score before; half is a coin',
  ),
  metric(
    'score.ks',
    'ratio',
    'run',
    'higher',
    'Kolmogorov-Smirnov distance between the credit scores of names that default within the next day (as in score.auc) and of those that do not',
  ),
  metric(
    'score.brier',
    'ratio',
    'run',
    'lower',
    'Mean squared difference of 1 - credit score, read as the probability of a default within the next day (as in score.auc), and what came, 0 or 1',
  ),
  metric(
    'credit.defaulted',
    'ratio',
    'node',
    'lower',
    'Whether a name ever paid one creditor too late, or with a cheque that bounced; of lines of credit that had an invoice',
  ),
  metric(
    'default.exposure',
    'MFT',
    'node',
    'lower',
    'What a name owed all its creditors together when it was shut out: debts, and cheques not cashed yet',
  ),
  metric(
    'loss.given_default',
    'ratio',
    'node',
    'lower',
    'Share of what a name owed when it was shut out that its creditors cannot hope for at the end',
  ),
  metric(
    'invoices.lateness',
    'us',
    'node',
    'lower',
    'Time from the deadline of an overdue invoice until it was met; of those met by the end, while survival curves follow the others too',
  ),
  metric(
    'profit.regret',
    'MFT',
    'node',
    'neither',
    "By how much the mean profit of the role that earned most was above that of a place's own role",
  ),
];
