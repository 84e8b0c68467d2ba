/** What things in a trace are called: datagrams by their type, nodes by index and label, endpoints as people write them. */
import * as discovery from '../../protocols/discovery/messages.ts';
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import {
  CONTENT_CLOSE,
  CONTENT_FRAMES,
  CONTENT_IDLE,
  CONTENT_PING,
  CONTENT_PONG,
  TYPE_COOKIE,
  TYPE_DATA,
  TYPE_FINISH,
  TYPE_INITIATE,
  TYPE_RESPOND,
  TYPE_UNKNOWN,
  TYPE_VERSIONS,
} from '../../protocols/link/wire.ts';
import {
  MESSAGE_FIND_NODE,
  MESSAGE_LEAVE,
  MESSAGE_NODES,
  MESSAGE_PING,
  MESSAGE_PONG,
} from '../../protocols/overlay/messages.ts';
import * as rendezvous from '../../protocols/rendezvous/messages.ts';
import { MESSAGE_MULTICAST } from '../../protocols/routing/multicast/packet.ts';
import { AT_ID, HEADER_BYTES, ID_BYTES, MESSAGE_DARK } from '../../protocols/routing/packet.ts';
import type { LinkKeys } from './link-keys.ts';
import type { Recording } from './recording.ts';

const IPV4_AT = 12;

const TYPE_NAMES: { readonly [type: number]: string } = {
  [MESSAGE_PING]: 'PING',
  [MESSAGE_PONG]: 'PONG',
  [MESSAGE_FIND_NODE]: 'FIND_NODE',
  [MESSAGE_NODES]: 'NODES',
  [MESSAGE_LEAVE]: 'LEAVE',
  [MESSAGE_DARK]: 'DARK',
  [MESSAGE_MULTICAST]: 'MULTICAST',
  [rendezvous.DATAGRAM_KNOCK]: 'KNOCK',
  [rendezvous.MESSAGE_WHERE]: 'WHERE',
  [rendezvous.MESSAGE_SEEN]: 'SEEN',
  [rendezvous.MESSAGE_INTRODUCE]: 'INTRODUCE',
  [rendezvous.MESSAGE_INVITE]: 'INVITE',
  [rendezvous.MESSAGE_ACCEPT]: 'ACCEPT',
  [rendezvous.MESSAGE_DECLINE]: 'DECLINE',
  [rendezvous.MESSAGE_MEET]: 'MEET',
  [rendezvous.MESSAGE_REFUSE]: 'REFUSE',
  [rendezvous.MESSAGE_RELAY]: 'RELAY',
  [rendezvous.MESSAGE_GONE]: 'GONE',
  [rendezvous.MESSAGE_CHECK]: 'CHECK',
  [rendezvous.MESSAGE_ASKED]: 'ASKED',
  [rendezvous.MESSAGE_VISIT]: 'VISIT',
  [discovery.MESSAGE_ASK]: 'ASK',
  [discovery.MESSAGE_TICKET]: 'TICKET',
  [discovery.MESSAGE_REGISTER]: 'REGISTER',
  [discovery.MESSAGE_REGISTERED]: 'REGISTERED',
  [discovery.MESSAGE_REJECTED]: 'REJECTED',
  [discovery.MESSAGE_QUERY]: 'QUERY',
  [discovery.MESSAGE_ADS]: 'ADS',
  [discovery.MESSAGE_OFFER]: 'OFFER',
  [discovery.MESSAGE_AGREE]: 'AGREE',
  [discovery.MESSAGE_DECLINE]: 'DECLINE_TERMS',
  [TYPE_INITIATE]: 'INITIATE',
  [TYPE_RESPOND]: 'RESPOND',
  [TYPE_FINISH]: 'FINISH',
  [TYPE_COOKIE]: 'COOKIE',
  [TYPE_VERSIONS]: 'VERSIONS',
  [TYPE_DATA]: 'DATA',
  [TYPE_UNKNOWN]: 'UNKNOWN',
  [CONTENT_PING]: 'LINK_PING',
  [CONTENT_PONG]: 'LINK_PONG',
  [CONTENT_CLOSE]: 'LINK_CLOSE',
  [CONTENT_IDLE]: 'LINK_IDLE',
  [CONTENT_FRAMES]: 'LINK_FRAMES',
};

/** What a datagram is, from the outside and, where its key is known, from the inside. */
export interface Kind {
  /** Name of its type, such as DATA. */
  type: string;
  /** Name of what a DATA carries, such as FIND_NODE; '' where that is not known. */
  content: string;
  /** Id of the dark packet in it, as hex; '' for none. All copies of one message carry the same. */
  packet: string;
}

export function kindOf(payload: Uint8Array, keys: LinkKeys): Kind {
  const type = typeName(payload);
  const inner = payload[0] === TYPE_DATA ? keys.open(payload) : undefined;
  return {
    type,
    content: inner === undefined ? '' : typeName(inner),
    packet: packetId(inner ?? payload),
  };
}

/** `DATA` or, opened, `DATA FIND_NODE`. */
export function kindText({ type, content }: Kind): string {
  return content === '' ? type : `${type} ${content}`;
}

function typeName(bytes: Uint8Array): string {
  const [type] = bytes;
  if (type === undefined) return 'empty';
  return TYPE_NAMES[type] ?? `0x${type.toString(16).padStart(2, '0')}`;
}

function packetId(bytes: Uint8Array): string {
  if (bytes[0] !== MESSAGE_DARK || bytes.length < HEADER_BYTES) return '';
  return Buffer.from(bytes.subarray(AT_ID, AT_ID + ID_BYTES)).toString('hex');
}

/** True for ::ffff:a.b.c.d. */
export function isIpv4(endpoint: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (endpoint[i] !== 0) return false;
  return endpoint[10] === 0xff && endpoint[11] === 0xff;
}

/** The IP address of an endpoint; IPv6 in eight groups, none left out. */
export function addressOf(endpoint: Uint8Array): string {
  if (isIpv4(endpoint)) return [...endpoint.subarray(IPV4_AT, IPV4_AT + 4)].join('.');
  const groups: string[] = [];
  for (let i = 0; i < ENDPOINT_BYTES - 2; i += 2)
    groups.push(((endpoint[i]! << 8) | endpoint[i + 1]!).toString(16));
  return groups.join(':');
}

/** `a.b.c.d:port` or `[IPv6]:port`. */
export function endpointOf(endpoint: Uint8Array): string {
  const port = (endpoint[ENDPOINT_BYTES - 2]! << 8) | endpoint[ENDPOINT_BYTES - 1]!;
  const address = addressOf(endpoint);
  return isIpv4(endpoint) ? `${address}:${port}` : `[${address}]:${port}`;
}

/** `node 17 (people)`, or the endpoint of somebody of whom no more is known. */
export function nodeName(recording: Recording, node: number, endpoint: Uint8Array): string {
  const known = recording.nodes.get(node);
  if (known === undefined) return endpointOf(endpoint);
  return recording.owner === undefined ? `node ${node} (${known.label})` : known.label;
}
