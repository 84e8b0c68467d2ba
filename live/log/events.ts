/**
 * Every event that a live node logs. A name is a promise: it stays, and so do its fields, so that whoever reads logs by program never has to parse
 * prose. `docs/reference/log-events.md` is made from this table; a name that is not in it does not compile.
 *
 * The part before the dot is the module whose level `--log` sets. Events of the protocols are theirs (`protocols/…/events.ts`) and carry
 * their own names.
 */
import { DISCOVERY_EVENTS } from '../../protocols/discovery/events.ts';
import { LINK_EVENTS } from '../../protocols/link/events.ts';
import { RELAY_EVENTS } from '../../protocols/node/events.ts';
import { OVERLAY_EVENTS, type EventDefinition } from '../../protocols/overlay/events.ts';
import { RENDEZVOUS_EVENTS } from '../../protocols/rendezvous/events.ts';
import { ROUTING_EVENTS } from '../../protocols/routing/events.ts';
import { SWAP_EVENTS } from '../../protocols/swap/events.ts';

/** From much to nothing; a level lets through itself and what stands behind it. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogEvent {
  level: Exclude<LogLevel, 'silent'>;
  about: string;
  /** Fields besides `level`, `t`, `wall` and `event`. */
  fields: readonly string[];
}

const OWN = {
  'node.started': {
    level: 'info',
    about: 'The node listens and speaks',
    fields: ['version', 'address', 'udp', 'api'],
  },
  'node.state': {
    level: 'info',
    about: 'The state has changed, or why it is what it is',
    fields: ['state', 'reasons'],
  },
  'node.degraded': {
    level: 'warn',
    about: 'The node is not well; each reason says what mends it',
    fields: ['state', 'reasons'],
  },
  'node.exception': {
    level: 'error',
    about: 'A protocol threw, which is a fault of ours; the node goes on',
    fields: ['place', 'error'],
  },
  'node.stopped': {
    level: 'info',
    about: 'The node has ended in good order',
    fields: ['waiting'],
  },
  'store.broken': {
    level: 'warn',
    about: 'A record of a conversation cannot be read and is left alone',
    fields: ['bytes'],
  },
  'store.failed': {
    level: 'error',
    about: 'The disk refuses; nothing more is kept until the node is started again',
    fields: ['error'],
  },
  'money.trouble': {
    level: 'warn',
    about: 'The chain cannot be gone by, or nothing can be sent to it; the books stay as they are',
    fields: ['code', 'why'],
  },
  'money.well': {
    level: 'info',
    about: 'The chain can be gone by again',
    fields: [],
  },
  'money.ended': {
    level: 'info',
    about: 'A transaction of this node is confirmed, or has failed for good',
    fields: ['what', 'ok', 'reason'],
  },
  'money.cashed': {
    level: 'info',
    about: 'A cheque of or to a neighbour was cashed; amounts in wei',
    fields: ['chequebook', 'beneficiary', 'payout', 'bounced'],
  },
  'money.protested': {
    level: 'warn',
    about: 'Of a debt to or of this node it is said on the chain that it is overdue',
    fields: ['protest', 'debtor', 'creditor'],
  },
  'money.answered': {
    level: 'info',
    about: 'Such a protest was answered with a cheque, or settled by payment',
    fields: ['protest', 'debtor', 'creditor'],
  },
  'clock.jumped': {
    level: 'warn',
    about: 'Wall time moved against the steady clock by more than two seconds',
    fields: ['byUs', 'holdUs'],
  },
  'socket.failed': {
    level: 'warn',
    about: 'A UDP socket reported an error of its own',
    fields: ['error'],
  },
  'api.listening': {
    level: 'info',
    about: 'The HTTP API can be asked',
    fields: ['port'],
  },
  'api.refused': {
    level: 'debug',
    about: 'A request was refused; neither token nor address of the request is logged',
    fields: ['kind', 'method', 'path'],
  },
  'api.fault': {
    level: 'error',
    about: 'A request failed by a fault of ours',
    fields: ['error'],
  },
  'api.dropped': {
    level: 'warn',
    about: 'A listener to events was cut off because it did not read',
    fields: ['backlogBytes'],
  },
} as const satisfies { readonly [name: string]: LogEvent };

export type LogEventName = keyof typeof OWN;

/** Events of the protocols that come about once for each datagram; the others are rare enough to be read. */
const CHATTY = /^(routing\.|multicast\.|overlay\.lookup)/;

/** All protocol events that are logged, by their code. */
export const PROTOCOL_EVENTS: ReadonlyMap<number, EventDefinition> = new Map(
  [
    ...LINK_EVENTS,
    ...OVERLAY_EVENTS,
    ...RELAY_EVENTS,
    ...ROUTING_EVENTS,
    ...RENDEZVOUS_EVENTS,
    ...SWAP_EVENTS,
    ...DISCOVERY_EVENTS,
  ].map((event) => [event.code, event]),
);

/** The whole table, protocols' events included. */
export const LOG_EVENTS: ReadonlyMap<string, LogEvent> = new Map<string, LogEvent>([
  ...Object.entries(OWN),
  ...[...PROTOCOL_EVENTS.values()].map(({ name, fields }): [string, LogEvent] => [
    name,
    {
      level: CHATTY.test(name) ? 'debug' : 'info',
      about: 'Reported by the protocol',
      fields: fields.flatMap((field) => (field === '' ? [] : [fieldName(field)])),
    },
  ]),
]);

/** The key under which a protocol's field is logged: its words in camel case, without "1 if" and "or -1". */
export function fieldName(field: string): string {
  return field
    .replace(/^1 if | or -1$/g, '')
    .replace(/[^A-Za-z0-9 ]/g, '')
    .trim()
    .split(/\s+/)
    .map((word, i) => (i === 0 ? word.toLowerCase() : word[0]!.toUpperCase() + word.slice(1)))
    .join('');
}

/** What stands before the dot of an event's name. */
export function moduleOf(event: string): string {
  return event.slice(0, event.indexOf('.'));
}

/** Modules whose level can be set. */
export const LOG_MODULES: readonly string[] = [
  ...new Set([...LOG_EVENTS.keys()].map((name) => moduleOf(name))),
];
