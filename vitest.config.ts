/** Tests: everything below test/ that ends in .test.ts, each file in a process of its own. */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // One for each core, not one fewer: on two cores that is half the time.
    maxWorkers: availableParallelism(),
  },
});
