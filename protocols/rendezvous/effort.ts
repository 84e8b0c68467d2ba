/** What is under way to reach one peer (`efforts.ts`). */
import type { PeerHandle, TimerId } from '../host.ts';
import type { EndpointHandle } from '../link/host.ts';

type Phase = 'waiting' | 'asking' | 'punching' | 'relaying' | 'resting' | 'pausing';

export interface Effort {
  readonly peer: PeerHandle;
  /** We asked for it, and go on when it fails. */
  readonly asker: boolean;
  phase: Phase;
  /** Introducers asked this time, the one being asked last. */
  tried: PeerHandle[];
  via: PeerHandle;
  transaction: number;
  /** Where the peer was said to be, and the path through the introducer (-1: none offered). */
  endpoint: EndpointHandle;
  relay: EndpointHandle;
  ticks: number;
  /** Times in a row that nothing better came of it. */
  failures: number;
  timer: TimerId;
}
