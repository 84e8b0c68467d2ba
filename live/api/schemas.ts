/**
 * What the node's API says and takes, as zod schemas: the types of the program, the checks of requests and answers, and the OpenAPI document
 * all come from here, so that none can say something else than the others.
 *
 * Objects are strict: a field that somebody adds to an answer and forgets here is an error of the compiler, and a test's.
 */
import { z } from 'zod';
import type { RendezvousCounters } from '../../protocols/rendezvous/ground.ts';
import { STREAMS_MAX } from '../../protocols/session/streams.ts';
import { CHAIN_TROUBLES } from '../chain/trouble.ts';
import type { HostCounters } from '../host/counters.ts';
import { hexBytes } from '../node/facts.ts';
import * as groups from './group-schemas.ts';
import * as money from './money-schemas.ts';

const count = () => z.int().min(0);

export const ADDRESS = hexBytes(32).meta({ description: 'Overlay address, 32 bytes in hex' });

/** Where the node stands. */
export const NODE_STATE = z
  .enum(['starting', 'ready', 'degraded', 'stopping'])
  .meta({ description: 'Where the node stands' });
export type NodeState = z.infer<typeof NODE_STATE>;

/** What keeps a node from being well. */
export const REASON_CODES = [
  'no-peers',
  'disk-failed',
  'disk-full',
  'disk-low',
  'clock-jumped',
  'socket-lost',
  'fault',
  ...CHAIN_TROUBLES,
] as const;

export const REASON = z
  .strictObject({
    code: z.enum(REASON_CODES),
    why: z.string().meta({ description: 'A sentence for people' }),
    next: z.string().meta({ description: 'What to do: a command, or a few words' }),
  })
  .meta({ description: 'Why a node is not well, and what mends it' });
export type Reason = z.infer<typeof REASON>;

/** Counters are all of one kind; their names are the host's. */
const COUNTERS = z
  .record(z.string(), count())
  .meta({ description: 'What the host has counted since the start' });

/** Whether others can reach the node, and how it is seen. */
export const REACHABILITY = z
  .strictObject({
    reachable: z
      .enum(['yes', 'no', 'unknown'])
      .meta({ description: 'Whether strangers reach the node; unknown until somebody has tried' }),
    asked: count().meta({ description: 'Neighbours that have sent somebody to try' }),
    seenAs: z.string().meta({
      description:
        'Where several networks see the node, or one neighbour if they do not agree; empty if nobody has said',
    }),
    voices: count().meta({ description: 'Networks that have said where they see it' }),
    mapping: z
      .enum(['none', 'endpoint-independent', 'address-dependent', 'unknown'])
      .meta({ description: 'Kind of address translator in between (RFC 4787)' }),
    counters: COUNTERS,
  })
  .meta({ description: 'Whether others can reach the node, and how it is seen' });
export type Reachability = Omit<z.infer<typeof REACHABILITY>, 'counters'> & {
  counters: RendezvousCounters;
};

export const NODE_STATUS = z.strictObject({
  name: z.string(),
  state: NODE_STATE,
  reasons: z.array(REASON),
  address: ADDRESS,
  networkId: z.string().regex(/^\d{1,20}$/),
  udp: z.array(z.string()).meta({ description: 'Where it listens, address:port' }),
  peers: count().meta({ description: 'Contacts in the routing table' }),
  links: count().meta({ description: 'Neighbours with keys' }),
  depth: count().meta({ description: 'Neighbourhood depth' }),
  waiting: count().meta({ description: 'Texts that are not acknowledged yet' }),
  reachability: REACHABILITY,
  upSeconds: count(),
  counters: COUNTERS,
});
export type NodeStatus = Omit<z.infer<typeof NODE_STATUS>, 'counters' | 'reachability'> & {
  counters: HostCounters;
  reachability: Reachability;
};

export const PEER_LINE = z.strictObject({
  address: ADDRESS,
  endpoint: z.string().meta({ description: 'address:port' }),
  bin: count().meta({ description: 'First bits that its address shares with ours' }),
  way: z.enum(['direct', 'relay', 'none']).meta({ description: 'How datagrams go to it' }),
  roundTripMs: z.number().min(0).meta({ description: '0 while unknown' }),
});
export type PeerLine = z.infer<typeof PEER_LINE>;

const BITS = z.int().min(0).max(256);

export const NAMED = z
  .strictObject({
    name: z.string(),
    address: ADDRESS,
    publicKey: hexBytes(32),
    luminosityBits: BITS.optional(),
  })
  .meta({ description: 'A person as the user knows them' });

const LETTER_FIELDS = {
  id: z.int().min(1).meta({ description: 'Number in the inbox' }),
  from: ADDRESS,
  text: z.string(),
  group: groups.GROUP.shape.id.optional(),
  receivedAt: z.iso.datetime().meta({ description: 'Wall time' }),
};
export const LETTER = z
  .strictObject({
    ...LETTER_FIELDS,
    name: z.string(),
    groupName: z.string().optional().meta({ description: 'What the user calls that group' }),
  })
  .meta({ description: 'A text in the inbox' });

export const SENT = z
  .strictObject({
    to: NAMED,
    number: z.int().min(0).meta({ description: 'Of this conversation' }),
    luminosityBits: BITS,
  })
  .meta({ description: 'A text that is on disk and on its way' });

export const NEW_PERSON = z.strictObject({
  name: z.string().min(1),
  card: z.string().min(1).meta({ description: 'What `mainframe node id` prints at theirs' }),
});

export const NEW_MESSAGE = z.strictObject({
  to: z.string().min(1).meta({ description: 'Name or address of a contact' }),
  text: z.string(),
  luminosityBits: BITS.optional().meta({ description: 'Bits of their address to show' }),
  ordered: z
    .boolean()
    .optional()
    .meta({ description: 'Told after the ordered texts of its stream that were sent before it' }),
  acknowledged: z
    .boolean()
    .optional()
    .meta({ description: 'false: sent once, kept nowhere, and lost if a packet of it is' }),
  stream: z
    .int()
    .min(0)
    .max(STREAMS_MAX - 1)
    .optional()
    .meta({
      description:
        'Which stream of its kind, 0 if nothing is said; streams do not wait for one another',
    }),
});

/** One event of the stream; the same object as a line of NDJSON and as a message of the WebSocket. */
export const NODE_EVENT = z
  .discriminatedUnion('event', [
    z.strictObject({ event: z.literal('message'), ...LETTER_FIELDS }),
    z.strictObject({ event: z.literal('state'), state: NODE_STATE, reasons: z.array(REASON) }),
    z.strictObject({
      event: z.literal('clock-jumped'),
      bySeconds: z.number().meta({ description: 'How far wall time moved; negative for back' }),
    }),
    z.strictObject({
      event: z.literal('acknowledged'),
      to: ADDRESS,
      numbers: z.array(z.int().min(0)).meta({ description: 'Of texts that are safe at theirs' }),
    }),
    z.strictObject({ event: z.literal('group'), ...groups.GROUP.shape }),
    z.strictObject({
      event: z.literal('invitation'),
      ...groups.INVITATION.omit({ fromName: true }).shape,
    }),
    z.strictObject({
      event: z.literal('dropped'),
      reason: z.enum(['slow-consumer', 'stopping']),
    }),
  ])
  .meta({ description: 'Something that happened; `dropped` is the last' });
export type NodeEvent = z.infer<typeof NODE_EVENT>;

export const HEALTH = NODE_STATUS.pick({ state: true, reasons: true });
export const PEERS = z.strictObject({ peers: z.array(PEER_LINE) });
export const CARD = z.strictObject({
  card: z.string().meta({ description: 'The signed record of the node, for friends' }),
});
export const CONTACTS = z.strictObject({ contacts: z.array(NAMED) });
export const INBOX = z.strictObject({ messages: z.array(LETTER) });
export const STOPPING = z.strictObject({ stopping: z.literal(true) });

/** Kinds of refusals, each with its status. */
export const FAILURES = {
  'bad-request': 400,
  unauthorised: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'too-large': 413,
  'too-many': 429,
  fault: 500,
  unavailable: 503,
} as const;
export type FailureKind = keyof typeof FAILURES;

export const FAILURE = z.strictObject({
  error: z.string().meta({ description: 'A sentence for people' }),
  kind: z.enum(Object.keys(FAILURES) as [FailureKind, ...FailureKind[]]),
});
export type Failure = z.infer<typeof FAILURE>;

/** Names of the objects, as in the document's components. */
export const SCHEMAS = {
  State: NODE_STATE,
  Reason: REASON,
  Counters: COUNTERS,
  Status: NODE_STATUS,
  Health: HEALTH,
  Peer: PEER_LINE,
  Peers: PEERS,
  Card: CARD,
  Contact: NAMED,
  Contacts: CONTACTS,
  NewContact: NEW_PERSON,
  Letter: LETTER,
  Inbox: INBOX,
  NewMessage: NEW_MESSAGE,
  Sent: SENT,
  Event: NODE_EVENT,
  Stopping: STOPPING,
  Group: groups.GROUP,
  GroupState: groups.GROUP_STATE,
  Invitation: groups.INVITATION,
  Groups: groups.GROUPS,
  GroupMember: groups.GROUP_MEMBER,
  GroupMembers: groups.GROUP_MEMBERS,
  NewGroup: groups.NEW_GROUP,
  GroupInvite: groups.GROUP_INVITE,
  GroupJoin: groups.GROUP_JOIN,
  GroupLeave: groups.GROUP_LEAVE,
  GroupRemove: groups.GROUP_REMOVE,
  GroupMessage: groups.GROUP_MESSAGE,
  Money: money.MONEY,
  ChequeLine: money.CHEQUE_LINE,
  Transaction: money.TRANSACTION,
  Cheques: money.CHEQUES,
  Cashing: money.CASHING,
  CashWish: money.CASH_WISH,
  AmountWish: money.AMOUNT_WISH,
  TransferWish: money.TRANSFER_WISH,
  Ordered: money.ORDERED,
  Deployed: money.DEPLOYED,
  Failure: FAILURE,
} as const;
