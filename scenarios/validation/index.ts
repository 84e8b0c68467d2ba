/** Every number that must come out, in the order of the table. */
import type { ValidationCase } from './case.ts';
import { anonymityCases } from './anonymity-cases.ts';
import { coverageCases, economicsCases } from './economics-cases.ts';
import { discoveryCases } from './discovery-cases.ts';
import { digestCases } from './digest-cases.ts';
import { natCases } from './nat-cases.ts';
import { engineCases } from './engine-cases.ts';
import { linkCases } from './link-cases.ts';
import { multicastCases } from './multicast-cases.ts';
import { overlayCases } from './overlay-cases.ts';
import { routingCases } from './routing-cases.ts';
import { sessionCases } from './session-cases.ts';

export const VALIDATION_CASES: readonly ValidationCase[] = [
  ...engineCases,
  ...coverageCases,
  ...digestCases,
  ...linkCases,
  ...overlayCases,
  ...routingCases,
  ...multicastCases,
  ...natCases,
  ...discoveryCases,
  ...anonymityCases,
  ...economicsCases,
  ...sessionCases,
];
