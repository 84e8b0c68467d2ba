/** What a caller may say about a run beyond the scenario itself. */
import type { RowSink } from '../results/sink.ts';
import type { KeyLog } from '../../protocols/link/host.ts';
import type { WorldMaker } from './world-port.ts';

export interface RunProgress {
  phase: 'building' | 'running';
  networkTimeUs: number;
  events: number;
}

export interface RunOptions {
  seed: number;
  /** Where the tables go; none by default. */
  sink?: RowSink;
  /** Where the keys of encrypted links go; nowhere by default. */
  keyLog?: KeyLog | undefined;
  /** Called now and then; returning false ends the run early with what was measured. */
  onProgress?: (progress: RunProgress) => boolean;
  /** False runs without any observer or recorder: for the test that watching changes nothing. */
  observe?: boolean;
  /** Makes another world than the simulator's. */
  makeWorld?: WorldMaker;
}
