/**
 * What a run will need, said before it starts.
 *
 * The time model has three parts: building a world (keys and tables of each node), keeping its overlay alive (events of each node and
 * second), and messages (copies on the way, and every zone node that tries to open one). The constants were fitted to gallery runs of 256 to 4,096 nodes with Node 20 on one core
 * of a 2-core server; the model was within a factor of two of all of them, so elsewhere it tells seconds from hours and no more. Where
 * finished runs of the same sweep exist, their own times are better and are used instead.
 */
import type { SuiteName } from '../../protocols/crypto/port.ts';
import { MESSAGE_TEXT_BYTES_MAX } from '../../protocols/session/contact.ts';
import { SEGMENT_HEAD_BYTES } from '../../protocols/session/streams.ts';
import { meanUs } from '../../sim/random/laws.ts';
import type { ResolvedScenario, Traffic } from '../model.ts';
import { flowSeconds } from './estimate-flows.ts';
import { groupNeeds } from './estimate-groups.ts';

/** Seconds to build one node, by suite: two key pairs and a filled table. Pure JavaScript curves are 10 to 40 times slower. */
const BUILD_SECONDS: { readonly [suite in SuiteName]: number } = {
  native: 0.0009,
  noble: 0.004,
  modelled: 0.0003,
};
/** Seconds for one zone node to try whether a packet opens for it. */
const OPEN_SECONDS: { readonly [suite in SuiteName]: number } = {
  native: 0.000_15,
  noble: 0.001_2,
  modelled: 0.000_004,
};
/** Events of one node for one refresh of its table (measured: 1.9 to 2.1 a second with a period of ten minutes). */
const EVENTS_PER_REFRESH = 1_200;
const UPKEEP_SECONDS_PER_EVENT = 0.000_003_5;
const SECONDS_PER_COPY = 0.000_002_5;

/** Program, young generation and what the collector has not fetched yet. */
const BYTES_OF_PROGRAM = 200_000_000;
/** Tables, keys and queues of one node (measured: 14 to 27 kB). */
const BYTES_PER_NODE = 25_000;
/** A datagram in flight with its event, and copies in flight for each zone node when a message spreads. */
const BYTES_IN_FLIGHT = 2_500;

/** The accounts of somebody in a world of flows with all neighbours, and their samples (measured: 460 MB with 1,000 people for a month). */
const BYTES_PER_PERSON = 260_000;

export interface Estimate {
  /** Wall time on one core. */
  seconds: number;
  /** Peak memory of the process. */
  memoryBytes: number;
  /** Messages that users will send. */
  messages: number;
}

/** Nodes that may send an entry's messages. */
function senders(scenario: ResolvedScenario, entry: Traffic): number {
  return entry.from === 'anyone'
    ? scenario.world.nodes
    : scenario.roles.reduce((sum, r) => sum + (r.name === entry.from ? r.count : 0), 0);
}

function messagesOf(scenario: ResolvedScenario, entry: Traffic): number {
  if (entry.messages !== undefined) return entry.messages;
  const gap = entry.every === undefined ? Infinity : Math.max(1, meanUs(entry.every));
  return Math.round((senders(scenario, entry) * scenario.world.durationUs) / gap);
}

/** Packets of one message. In a conversation a long text has several, each is acknowledged where any is, and the answer is such a text too. Repetitions are left out. */
function packetsOf({ conversation, reply, stream, sizeBytes }: Traffic): number {
  if (conversation !== true) return 1;
  const room = MESSAGE_TEXT_BYTES_MAX - (stream === undefined ? 0 : SEGMENT_HEAD_BYTES);
  const segments = Math.max(1, Math.ceil(sizeBytes / room));
  const sent = stream?.acknowledged === false ? segments : 2 * segments;
  return reply === undefined ? sent : 2 * sent;
}

/** Copies that each node of a zone of `size` sends of one message: k trees, or its contacts in the zone when it floods. */
function copiesPerNode(scenario: ResolvedScenario, size: number): number {
  const { routing, overlay } = scenario.services;
  if (routing.policy === 'tree') return routing.trees;
  return Math.min(size, overlay.bucket * (Math.log2(Math.max(2, size)) + 2));
}

/** Time and memory of one run of a scenario. */
export function estimateRun(scenario: ResolvedScenario): Estimate {
  const { nodes, durationUs, suite, detail } = scenario.world;
  if (detail === 'flows')
    return {
      seconds: flowSeconds(scenario, (entry) => senders(scenario, entry)),
      messages: 0,
      memoryBytes: BYTES_OF_PROGRAM + nodes * BYTES_PER_PERSON,
    };
  let seconds = nodes * BUILD_SECONDS[suite];
  const { refreshUs } = scenario.services.overlay;
  const refreshes = refreshUs > 0 ? durationUs / refreshUs : 0;
  seconds += nodes * refreshes * EVENTS_PER_REFRESH * UPKEEP_SECONDS_PER_EVENT;
  let messages = 0;
  let widest = 1;
  for (const entry of scenario.traffic) {
    const count = messagesOf(scenario, entry);
    const zone = Math.max(1, nodes * Math.pow(2, -entry.luminosityBits));
    const copies = zone * copiesPerNode(scenario, zone);
    seconds += count * packetsOf(entry) * (zone * OPEN_SECONDS[suite] + copies * SECONDS_PER_COPY);
    messages += count;
    if (count > 0) widest = Math.max(widest, zone);
  }
  const { groups } = scenario.services;
  const more = groups && groupNeeds(scenario, groups);
  return {
    seconds: seconds + (more?.seconds ?? 0),
    messages: messages + (more?.messages ?? 0),
    memoryBytes:
      BYTES_OF_PROGRAM +
      nodes * BYTES_PER_NODE +
      widest * BYTES_IN_FLIGHT +
      (more?.memoryBytes ?? 0),
  };
}
