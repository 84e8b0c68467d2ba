/** Every number that must come out, in the order of the table. */
import type { ValidationCase } from './case.ts';
import { anonymityCases } from './anonymity-cases.ts';
import { digestCases } from './digest-cases.ts';
import { natCases } from './nat-cases.ts';
import { engineCases } from './engine-cases.ts';
import { overlayCases } from './overlay-cases.ts';
import { routingCases } from './routing-cases.ts';

export const VALIDATION_CASES: readonly ValidationCase[] = [
  ...engineCases,
  ...digestCases,
  ...overlayCases,
  ...routingCases,
  ...natCases,
  ...anonymityCases,
];
