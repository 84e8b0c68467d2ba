/**
 * Tests: everything below test/ that ends in .test.ts, each file in a process of its own, as many at once as there are cores.
 *
 * Those that run real nodes on real sockets measure real time, and come one by one after the others: with a neighbour on the same core, what they measure is the neighbour.
 */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const REAL_TIME = [
  'test/cli/hostile.test.ts',
  'test/cli/live*.test.ts',
  'test/money/**/*.test.ts',
  'test/nat/**/*.test.ts',
  'test/unit/live/**/*.test.ts',
  'test/unit/live-host/**/*.test.ts',
];

export default defineConfig({
  test: {
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'computed',
          include: ['test/**/*.test.ts'],
          exclude: REAL_TIME,
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'real time',
          include: REAL_TIME,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
