/**
 * Building worlds: seconds, and bytes of memory per node, from nothing to every node built with its converged table.
 * Memory is what is reachable; the resident set of a process is larger by what the allocator keeps.
 */
import { liveBytes } from './memory.ts';
import type { BenchCase, BenchRow } from './harness.ts';
import { buildOverlayWorld } from './overlay-world.ts';

/** 20 kB of protocol state per node at 10,000 nodes. */
const GOAL_BYTES = 20_000;
const GOAL_NODES = 10_000;

export const buildBench: BenchCase = {
  name: 'build',
  run({ quick }): BenchRow[] {
    const rows: BenchRow[] = [];
    for (const nodes of quick ? [1_000, 10_000] : [1_000, 10_000, 100_000]) {
      const memory = liveBytes();
      const start = process.hrtime.bigint();
      const { overlays } = buildOverlayWorld(nodes);
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      const bytes = (liveBytes() - memory) / nodes;
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
