/** Every number that must come out, in the order of the table. */
import type { ValidationCase } from './case.ts';
import { overlayCases } from './overlay-cases.ts';

export const VALIDATION_CASES: readonly ValidationCase[] = [...overlayCases];
