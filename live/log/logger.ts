/**
 * The log of a live node: pino behind a table of events. Lines of JSON for programs, text for a terminal.
 *
 * Each line has `level`, `t` (network time, microseconds: what packets are dated by), `wall` (what the clock on the wall said) and `event`. The two
 * times are both there because they part when the wall clock is set. Nothing secret is ever logged: no text, no key, no token, and of peers
 * only the first eight digits of the address, so that two lines about one peer can be seen to be about one.
 */
import pino from 'pino';
import type { EventDefinition } from '../../protocols/overlay/events.ts';
import type { PeerBook } from '../../protocols/identity/peer-book.ts';
import {
  fieldName,
  LOG_EVENTS,
  LOG_MODULES,
  moduleOf,
  type LogEventName,
  type LogLevel,
} from './events.ts';
import { levelOf, type LogSpec } from './levels.ts';

/** Whoever a node tells what happens. */
export interface Reporter {
  report(event: LogEventName, facts: object): void;
  /** An event of a protocol, with its four integers. */
  protocol(event: EventDefinition, values: readonly number[], peers: PeerBook): void;
}

export interface LogOptions {
  spec: LogSpec;
  /** Network time, microseconds. */
  networkUs: () => number;
  wallMs: () => number;
  /** Takes whole lines with their end. */
  write: (line: string) => void;
  /** Text for people instead of JSON. */
  text: boolean;
  colour: boolean;
}

/** Fields of protocol events that name a peer by its handle. */
const PEER_FIELDS = new Set(['peer', 'from', 'to', 'nearest peer or -1']);
const PEER_DIGITS = 8;

export function createLog(options: LogOptions): Reporter {
  const { spec, networkUs, wallMs, text, colour } = options;
  const root = pino(
    {
      base: null,
      level: 'debug',
      timestamp: () => `,"t":${networkUs()},"wall":"${new Date(wallMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: (line: string) => {
        options.write(text ? lineForPeople(line, colour) : line);
      },
    },
  );
  const loggers = new Map(
    LOG_MODULES.map((module) => [module, root.child({}, { level: levelOf(spec, module) })]),
  );
  const loggerOf = (event: string): { level: Exclude<LogLevel, 'silent'>; logger: pino.Logger } => {
    const known = LOG_EVENTS.get(event);
    if (known === undefined) throw new Error(`"${event}" is no event of the log`);
    return { level: known.level, logger: loggers.get(moduleOf(event))! };
  };
  return {
    report(event, facts) {
      const { level, logger } = loggerOf(event);
      logger[level]({ event, ...facts });
    },
    protocol({ name, fields }, values, peers) {
      const { level, logger } = loggerOf(name);
      // Asked first: some of them come with every datagram.
      if (!logger.isLevelEnabled(level)) return;
      const facts: { [field: string]: unknown } = { event: name };
      fields.forEach((field, i) => {
        if (field === '') return;
        facts[fieldName(field)] = PEER_FIELDS.has(field) ? peerText(peers, values[i]!) : values[i];
      });
      logger[level](facts);
    },
  };
}

function peerText(peers: PeerBook, handle: number): string {
  if (handle < 0) return '-';
  const address = new Uint8Array(32);
  peers.writeAddress(handle, address, 0);
  return Buffer.from(address).toString('hex').slice(0, PEER_DIGITS);
}

const COLOURS: { readonly [level: string]: number } = { error: 31, warn: 33, info: 32, debug: 2 };

/** `hh:mm:ss.mmm level event key=value …` of a line of JSON. */
function lineForPeople(line: string, colour: boolean): string {
  const {
    level,
    t,
    wall: _wall,
    event,
    ...facts
  } = JSON.parse(line) as {
    level: string;
    t: number;
    wall: string;
    event: string;
  };
  const shown = level.padEnd(5);
  const painted = colour ? `\u001b[${COLOURS[level]}m${shown}\u001b[0m` : shown;
  const words = Object.entries(facts).map(([key, value]) => `${key}=${plain(value)}`);
  return `${[networkClock(t), painted, event.padEnd(16), ...words].join(' ').trimEnd()}\n`;
}

/** A value on one line; texts that hold more than a word are quoted. */
function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w.:/[\]+-]+$/.test(text) || typeof value !== 'string' ? text : JSON.stringify(text);
}

/** Network time as `hh:mm:ss.mmm`; hours go on counting. */
function networkClock(us: number): string {
  const ms = Math.floor(us / 1_000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(ms / 3_600_000);
  const rest = ms % 3_600_000;
  return `${two(hours)}:${two(Math.floor(rest / 60_000))}:${two(Math.floor(rest / 1_000) % 60)}.${String(rest % 1_000).padStart(3, '0')}`;
}
