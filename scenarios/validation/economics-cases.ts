/** Validation of the economics: the accounting kernel, the closed forms, the metrics; and, in the order of the table, of the intervals (E7). */
import type { ValidationCase } from './case.ts';
import { runE7, runM5 } from './economics-chains.ts';
import { runM10, runM7, runM8, runScores, runTickets } from './economics-games.ts';
import { runM11 } from './economics-metrics.ts';
import { runNym } from './economics-nym.ts';
import { runM1, runM2 } from './economics-tokens.ts';

/** Belongs to the engine's table; its worlds are economic ones. */
export const coverageCases: readonly ValidationCase[] = [
  {
    id: 'E7',
    title: 'Nominal 95% intervals hold what they promise',
    source: "Student's interval over independent runs, on CF1 to CF4 whose values are known",
    run: runE7,
  },
];

export const economicsCases: readonly ValidationCase[] = [
  {
    id: 'M1',
    title: 'Tit-for-Token accounting, every hop paid',
    source:
      'arXiv 2307.02231; figures of 20 networks per setting, in agreement with the authors’ program',
    run: runM1,
  },
  {
    id: 'M2',
    title: 'Exact routes and prices on a recorded topology',
    source: 'topology of Swarm-Bachelor/go-incentive-simulation, k = 4',
    run: runM2,
  },
  {
    id: 'M5',
    title: 'Ruin of a chequebook; payments along a path of credit',
    source: "gambler's ruin; P. Dandekar et al., arXiv 1007.0515",
    run: runM5,
  },
  {
    id: 'M7',
    title: 'Stakes, self-challenge, inspection: where cheating stops paying',
    source: 'expected profit is zero; E. Felten 2019 for the inspection game',
    run: runM7,
  },
  {
    id: 'M8',
    title: 'Storage challenges find missing chunks',
    source: 'binomial and hypergeometric law',
    run: runM8,
  },
  {
    id: 'M10',
    title: 'Cost of keeping a chain congested',
    source: 'EIP-1559 recurrence, geometric sum',
    run: runM10,
  },
  {
    id: 'M11',
    title: 'Metrics of inequality and of scores on known laws',
    source: 'Gini, Lorenz, Theil of the laws; binormal ROC',
    run: runM11,
  },
  {
    id: 'CF16',
    title: 'Variation of lottery payments',
    source: 'binomial law',
    run: runTickets,
  },
  {
    id: 'CF17',
    title: 'Failures that disqualify under an audit score with forgetting',
    source: 'beta reputation; Storj settings before and after August 2022',
    run: runScores,
  },
  {
    id: 'NYM',
    title: 'Reward sharing of a mixnet',
    source: 'nymtech/nym mixnet-contract rewarding tests; Diaz, Halpin, Kiayias',
    run: runNym,
  },
];
