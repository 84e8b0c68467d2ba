/**
 * When a node is up: alternating sessions and absences drawn from laws, or recorded sessions from a trace.
 *
 * A node whose role has laws starts up or down with the long-run share of time it is up, in the middle of a period (residual.ts),
 * so that the world begins in its steady state: nobody arrives at once, and the share online does not drift.
 * Traces are read once into plain lists.
 */
import type { RandomStream } from '../../protocols/random.ts';
import type { DurationLaw } from '../random/law.ts';
import { meanUs, sampleUs } from '../random/laws.ts';
import { sampleResidualUs } from '../random/residual.ts';
import { uniform } from '../random/streams.ts';

export interface SessionChange {
  atUs: number;
  online: boolean;
}

export interface SessionLaws {
  online?: DurationLaw | undefined;
  offline?: DurationLaw | undefined;
}

/** Shortest session or absence, so that a node cannot flap within one instant. */
const PERIOD_MIN_US = 1_000;
const US_PER_SECOND = 1_000_000;

/** Alternating periods by law. A law that is missing means "for ever" once that state is reached. */
export function* sessionsByLaw(
  laws: SessionLaws,
  random: RandomStream,
  untilUs: number,
): Generator<SessionChange> {
  const up = laws.online === undefined ? Infinity : meanUs(laws.online);
  const down = laws.offline === undefined ? Infinity : meanUs(laws.offline);
  // With only one law the node starts in the state that ends.
  const share =
    up === Infinity ? (down === Infinity ? 1 : 0) : down === Infinity ? 1 : up / (up + down);
  let online = uniform(random) < share;
  let atUs = 0;
  yield { atUs, online };
  for (let first = true; ; first = false) {
    const law = online ? laws.online : laws.offline;
    if (law === undefined) return;
    const periodUs = first ? sampleResidualUs(law, random) : sampleUs(law, random);
    atUs += Math.max(PERIOD_MIN_US, periodUs);
    if (atUs >= untilUs) return;
    online = !online;
    yield { atUs, online };
  }
}

export interface TraceProblem {
  line: number;
  message: string;
}

export interface SessionTrace {
  /** Per node of the trace (0, 1, ...): [start, end) of its sessions in microseconds, in order. */
  sessions: [number, number][][];
  problems: TraceProblem[];
}

const NODES_MAX = 1_000_000;
const HEADING = 'node,start_s,end_s';

/**
 * Parses `node,start_s,end_s` lines (a heading and `#` comments are allowed). Lines may come in any order; nodes are numbered from 0, and
 * a number without a line is a node that is never online.
 */
export function parseSessionTrace(text: string): SessionTrace {
  const problems: TraceProblem[] = [];
  const read: { node: number; startUs: number; endUs: number; line: number }[] = [];
  text.split(/\r?\n/).forEach((content, index) => {
    const line = index + 1;
    const trimmed = content.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed === HEADING) return;
    const fields = trimmed.split(',').map((field) => field.trim());
    const [node, start, end] = fields.map(Number) as [number, number, number];
    if (fields.length !== 3 || fields.some((field) => field === '' || !isFinite(Number(field)))) {
      problems.push({ line, message: `expected "${HEADING}", got "${trimmed.slice(0, 60)}"` });
    } else if (!Number.isInteger(node) || node < 0 || node >= NODES_MAX) {
      problems.push({ line, message: `node ${node} is not a whole number below ${NODES_MAX}` });
    } else if (!(end > start) || start < 0) {
      problems.push({
        line,
        message: `a session from ${start} s to ${end} s does not run forward from 0`,
      });
    } else {
      const startUs = Math.floor(start * US_PER_SECOND);
      const endUs = Math.floor(end * US_PER_SECOND);
      read.push({ node, startUs, endUs, line });
    }
  });
  read.sort((a, b) => a.node - b.node || a.startUs - b.startUs || a.line - b.line);
  const last = read.at(-1);
  const sessions: [number, number][][] = Array.from(
    { length: last === undefined ? 0 : last.node + 1 },
    () => [],
  );
  read.forEach(({ node, startUs, endUs, line }, index) => {
    const before = read[index - 1];
    if (before?.node === node && startUs < before.endUs) {
      const at = startUs / US_PER_SECOND;
      problems.push({
        line,
        message: `node ${node} is online at ${at} s already, by line ${before.line}`,
      });
      return;
    }
    sessions[node]!.push([startUs, endUs]);
  });
  problems.sort((a, b) => a.line - b.line);
  return { sessions, problems };
}

/**
 * Changes of the `ordinal`-th node of a role that follows a trace; a trace shorter than the role is used again from its start.
 * Sessions that touch are one session.
 */
export function* sessionsByTrace(
  trace: SessionTrace,
  ordinal: number,
  untilUs: number,
): Generator<SessionChange> {
  const own = trace.sessions.length === 0 ? [] : trace.sessions[ordinal % trace.sessions.length]!;
  if (own.length === 0 || own[0]![0] > 0) yield { atUs: 0, online: false };
  for (let i = 0; i < own.length; i++) {
    const [startUs, endUs] = own[i]!;
    if (startUs >= untilUs) return;
    if (i === 0 || own[i - 1]![1] < startUs) yield { atUs: startUs, online: true };
    const goesOn = i + 1 < own.length && own[i + 1]![0] === endUs;
    if (!goesOn && endUs < untilUs) yield { atUs: endUs, online: false };
  }
}
