/** The glossary's part about the whole economy: where tokens go, what lies locked, what is asked, what a cheat could take at most. */
import { metric, type MetricDefinition } from './metric-definition.ts';

export const ECONOMY_METRICS: readonly MetricDefinition[] = [
  metric(
    'tokens.moved',
    'MFT',
    'run',
    'neither',
    'What one transfer on the ledger moves from one holder to another: deposits, cashed cheques, fees',
  ),
  metric(
    'capital.locked',
    'MFT',
    'node',
    'lower',
    "What lies in a node's chequebook, mean over the measured time",
  ),
  metric(
    'capital.lockup',
    'us',
    'run',
    'lower',
    'Deposits of all times the time they lay locked, per value that was delivered: token-time per token',
  ),
  metric(
    'price.asked',
    'MFT',
    'message',
    'lower',
    'What a relay asked for itself and all that follow: for a packet at every hop, in worlds of flows for a MiB at the first',
  ),
  metric(
    'price.dispersion',
    'ratio',
    'run',
    'neither',
    'Coefficient of variation of `price.asked`: its standard deviation as a share of its mean',
  ),
  metric(
    'default.gain',
    'MFT',
    'node',
    'lower',
    'What a place gained by not paying: `unpaid`, less what its names after the first cost; income lost by being shut out is in `profit`',
  ),
  metric(
    'default.ceiling',
    'MFT',
    'node',
    'neither',
    'Most that the gain could be without ever paying: each name draws from each neighbour all that a debt may be',
  ),
];

/** Metrics of which a run notes from whom to whom. */
export const FLOWS: readonly string[] = ['tokens.moved'];

/** Metrics that are noted together, message by message, x with an interval that is to hold y. */
export const PAIRS: readonly { readonly x: string; readonly y: string }[] = [
  { x: 'cost.estimate', y: 'cost.per_message' },
];
