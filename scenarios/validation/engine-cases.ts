/** Validation of the engine: queues against queueing theory, the control laws of the access link, the random variates. */
import type { ValidationCase } from './case.ts';
import { runE4 } from './engine-links.ts';
import { runE1, runE2 } from './engine-queues.ts';
import { runE6 } from './engine-variates.ts';

export const engineCases: readonly ValidationCase[] = [
  {
    id: 'E1',
    title: 'M/M/1: number in the system of a link with exponential service',
    source: 'ρ/(1−ρ); L. Kleinrock, Queueing Systems I (1975), §3.2',
    run: runE1,
  },
  {
    id: 'E2',
    title: 'M/D/1: wait of fixed-size datagrams on a link',
    source: 'Pollaczek–Khinchine: ρ/(2(1−ρ)) service times; with Little ρ²/(2(1−ρ)) waiting',
    run: runE2,
  },
  {
    id: 'E4',
    title: 'Token bucket bound and CoDel drop times of the access link',
    source: 'bytes ≤ b + r·t by definition; t + I/√n, RFC 8289 §5',
    run: runE4,
  },
  {
    id: 'E6',
    title: 'Random variates fit their laws; frozen draws come out',
    source: 'χ² with 50 bins of equal or known probability on 10^6 draws; golden-variates.ts',
    run: runE6,
  },
];
