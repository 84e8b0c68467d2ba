/** The three suites by name. */
import { createModelledSuite } from './modelled.ts';
import { createNativeSuite } from './native.ts';
import { createNobleSuite } from './noble.ts';
import type { CryptoSuite, SuiteName } from './port.ts';

export const SUITE_NAMES: readonly SuiteName[] = ['noble', 'native', 'modelled'];

/** A new suite; it keeps only scratch space, so any number may be used in one process. */
export function createSuite(name: SuiteName): CryptoSuite {
  switch (name) {
    case 'noble':
      return createNobleSuite();
    case 'native':
      return createNativeSuite();
    case 'modelled':
      return createModelledSuite();
  }
}
