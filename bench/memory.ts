/**
 * Live memory of this process: what is reachable after a full collection. Not the resident set, which only says how much the process once needed, so
 * that a world built after a larger one would seem to cost nothing.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** Bytes on V8's heap and in array buffers, after collecting what is garbage. */
export function liveBytes(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  // Twice: array buffers are freed a cycle after the objects that held them.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
