/**
 * Building worlds: seconds, and bytes of memory per node, from nothing to every node built with its converged table.
 * Memory is the growth of the process's resident set, so it includes what the allocator keeps: what a user must have free.
 */
import type { BenchCase, BenchRow } from './harness.ts';
import { buildOverlayWorld } from './overlay-world.ts';

/** 20 kB of protocol state per node at 10,000 nodes. */
const GOAL_BYTES = 20_000;
const GOAL_NODES = 10_000;

export const buildBench: BenchCase = {
  name: 'build',
  run({ quick }): BenchRow[] {
    const rows: BenchRow[] = [];
    // Largest last: memory that a smaller world has freed would hide the growth of the next.
    for (const nodes of quick ? [1_000, 10_000] : [1_000, 10_000, 100_000]) {
      const memory = process.memoryUsage.rss();
      const start = process.hrtime.bigint();
      const { overlays } = buildOverlayWorld(nodes);
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      const bytes = (process.memoryUsage.rss() - memory) / nodes;
      // Keeps the world alive until its memory has been read.
      const contacts = overlays.reduce((sum, overlay) => sum + overlay.table.size, 0) / nodes;
      const name = `${nodes} nodes, ${Math.round(contacts)} contacts each`;
      rows.push({
        bench: 'build',
        case: name,
        unit: 's',
        median: seconds,
        low: seconds,
        high: seconds,
      });
      rows.push({
        bench: 'build',
        case: name,
        unit: 'bytes/node',
        median: bytes,
        low: bytes,
        high: bytes,
        ...(nodes === GOAL_NODES
          ? { goal: `<= ${GOAL_BYTES} bytes/node`, met: bytes <= GOAL_BYTES }
          : {}),
      });
    }
    return rows;
  },
};
