/**
 * When a node is up: alternating sessions and absences drawn from laws, or recorded sessions from a trace.
 *
 * A node whose role has laws starts up or down according to the long-run share of time it is up, in the middle of a period (the
 * renewal process is observed at a random time), so that a world does not begin with everybody arriving at once.
 */
import type { RandomStream } from '../../protocols/random.ts';
import type { DurationLaw } from '../random/law.ts';
import { meanUs, sampleUs } from '../random/laws.ts';
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
  let elapsed = uniform(random);
  for (;;) {
    const law = online ? laws.online : laws.offline;
    if (law === undefined) return;
    atUs += Math.max(PERIOD_MIN_US, Math.floor(sampleUs(law, random) * elapsed));
    elapsed = 1;
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

/** Parses `node,start_s,end_s` lines (a heading and `#` comments are allowed). */
export function parseSessionTrace(text: string): SessionTrace {
  const sessions: [number, number][][] = [];
  const problems: TraceProblem[] = [];
  text.split(/\r?\n/).forEach((content, index) => {
    const line = index + 1;
    const trimmed = content.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed === 'node,start_s,end_s') return;
    const fields = trimmed.split(',').map((f) => Number(f.trim()));
    const [node, start, end] = fields;
    if (fields.length !== 3 || fields.some((f) => !Number.isFinite(f))) {
      problems.push({
        line,
        message: `expected "node,start_s,end_s", got "${trimmed.slice(0, 60)}"`,
      });
    } else if (!Number.isInteger(node) || node! < 0) {
      problems.push({ line, message: `node ${node} is not a whole number from 0` });
    } else if (!(end! > start!) || start! < 0) {
      problems.push({
        line,
        message: `a session from ${start} s to ${end} s does not run forward`,
      });
    } else {
      (sessions[node!] ??= []).push([
        Math.floor(start! * US_PER_SECOND),
        Math.floor(end! * US_PER_SECOND),
      ]);
    }
  });
  for (let node = 0; node < sessions.length; node++) {
    const own = (sessions[node] ??= []);
    own.sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < own.length; i++) {
      if (own[i]![0] < own[i - 1]![1]) {
        problems.push({
          line: 0,
          message: `sessions of node ${node} overlap at ${own[i]![0] / US_PER_SECOND} s`,
        });
      }
    }
  }
  return { sessions, problems };
}

/** Changes of the `ordinal`-th node of a role that follows a trace; traces shorter than the role are reused in turn. */
export function* sessionsByTrace(
  trace: SessionTrace,
  ordinal: number,
  untilUs: number,
): Generator<SessionChange> {
  const own = trace.sessions.length === 0 ? [] : trace.sessions[ordinal % trace.sessions.length]!;
  if (own.length === 0 || own[0]![0] > 0) yield { atUs: 0, online: false };
  for (const [start, end] of own) {
    if (start >= untilUs) return;
    yield { atUs: start, online: true };
    if (end < untilUs) yield { atUs: end, online: false };
  }
}
