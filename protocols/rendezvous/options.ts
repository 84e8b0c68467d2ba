/** Settings of the rendezvous, each with its unit and where it comes from. Times in network microseconds. */
import type { Rate } from './buckets.ts';

export interface RendezvousOptions {
  /** How often neighbours worth keeping are asked where they see us; must be below the link's `idleUs`, or these links are given up. */
  echoEveryUs: number;
  /** Reporters from different networks that must name one endpoint before it is announced. */
  agreeing: number;
  /** How long a call to a peer's announced endpoint may go unanswered before a common neighbour is asked. */
  seekAfterUs: number;
  /** Wait for an introducer's answer. */
  askUs: number;
  /** Introducers asked for one peer before it counts as out of reach. */
  introducersMax: number;
  /** Time between two looks at an attempt to punch, and how many looks it is given. */
  punchTickUs: number;
  punchTicks: number;
  /** Datagrams sent to an endpoint that only an introducer has named, beyond those that came from there. */
  unprovenDatagrams: number;
  /** Wait before a relayed link is tried directly again, doubled each time up to the maximum; also between attempts at whom nobody reached. */
  upgradeUs: number;
  upgradeMaxUs: number;
  /** Peers that this node tries to reach at once. */
  effortsMax: number;
  /** Relayed paths that this node uses at once. */
  pathsMax: number;
  /** Questions of each neighbour and of all, answered a second. */
  questions: Rate;
  questionsAll: Rate;
  /** Introductions that each neighbour may ask for, and all. */
  asked: Rate;
  askedAll: Rate;
  /** Introductions to each neighbour, whoever asks for them. */
  wanted: Rate;
  wantedAll: Rate;
  /** Invitations and knocks that this node follows from each introducer, and from all. */
  invited: Rate;
  invitedAll: Rate;
  /** Pairs that this node relays for; 0 for none. */
  channelsMax: number;
  channelsPerPeer: number;
  /** A channel that nobody used for so long is forgotten. */
  channelIdleUs: number;
  /** Bytes relayed for a pair and for all, a second. */
  pairBytes: Rate;
  allBytes: Rate;
  /** Introducers asked whether this node can be reached from outside, and how often anew. */
  checksMax: number;
  checkEveryUs: number;
}

const S = 1_000_000;

export const DEFAULT_RENDEZVOUS_OPTIONS: RendezvousOptions = {
  // A third of the link's idle time, so that two lost questions in a row cost no link.
  echoEveryUs: 100 * S,
  agreeing: 2,
  // Longer than a handshake round trip anywhere on earth, shorter than the overlay's patience (3 s).
  seekAfterUs: 1_500_000,
  askUs: 3 * S,
  introducersMax: 3,
  // A call is repeated after 1 and 3 s: the third has had its answer by then.
  punchTickUs: 1_100_000,
  punchTicks: 4,
  // With the invitation's 416 bytes no more than three times (RFC 9000, section 8.1).
  unprovenDatagrams: 3,
  upgradeUs: 30 * S,
  upgradeMaxUs: 600 * S,
  effortsMax: 128,
  pathsMax: 64,
  questions: { perSecond: 1, burst: 8 },
  questionsAll: { perSecond: 200, burst: 400 },
  asked: { perSecond: 0.2, burst: 10 },
  askedAll: { perSecond: 10, burst: 100 },
  wanted: { perSecond: 0.5, burst: 20 },
  wantedAll: { perSecond: 10, burst: 100 },
  invited: { perSecond: 0.2, burst: 8 },
  invitedAll: { perSecond: 1, burst: 32 },
  channelsMax: 64,
  channelsPerPeer: 8,
  channelIdleUs: 120 * S,
  // Texts and upkeep between two people; no file transfers.
  pairBytes: { perSecond: 16_384, burst: 65_536 },
  allBytes: { perSecond: 131_072, burst: 524_288 },
  checksMax: 3,
  checkEveryUs: 900 * S,
};
