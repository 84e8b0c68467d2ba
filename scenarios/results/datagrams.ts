/**
 * The table of datagrams: real bytes as they crossed the network, one row each, with what became of them. A simulated run, a run on real sockets
 * and a live node's capture write the same columns, so one set of exporters reads all three.
 *
 * Rows stand in the order of `time_us`, so that whoever reads the file can turn it into another ordered format without sorting it: a run keeps
 * a row back until everything sent before it is accounted for. A live node sees one end only: it knows when it sent or when it received, never both.
 */
import type { Field } from './sink.ts';

/** Name of the table, and of its file. */
export const DATAGRAM_TABLE = 'datagrams';
/** Who the nodes of a run are, beside its datagrams. */
export const NODE_TABLE = 'nodes';
/** File of link keys beside a run's datagrams. */
export const KEY_LOG_FILE = 'keys.log';

/** Not known, in columns of times and nodes. */
export const UNKNOWN = -1;

/** Handed to its receiver. */
export const FATE_DELIVERED = 'delivered';
/** Lost on the way; `detail` says where. */
export const FATE_LOST = 'lost';
/** On its way when the recording ended, or nobody here can know. */
export const FATE_UNKNOWN = 'unknown';

/** `detail` of a delivered copy that the network made of a datagram already delivered. */
export const DETAIL_COPY = 'copy made by the network';

export const DATAGRAM_FIELDS = [
  {
    name: 'time_us',
    type: 'int',
    unit: 'us',
    meaning: 'Network time at which it was first seen: sent or, where that is not known, arrived',
  },
  { name: 'sent_us', type: 'int', unit: 'us', meaning: 'Handed to the network, -1 if not known' },
  { name: 'ended_us', type: 'int', unit: 'us', meaning: 'Received or lost, -1 if not known' },
  { name: 'from_node', type: 'int', unit: 'count', meaning: 'Index of the sender, -1 if unknown' },
  { name: 'to_node', type: 'int', unit: 'count', meaning: 'Index of the receiver, -1 if unknown' },
  {
    name: 'from_endpoint',
    type: 'bytes',
    unit: 'bytes',
    meaning: 'Where it came from: IPv6 address (IPv4 as ::ffff:a.b.c.d), UDP port, big-endian',
  },
  { name: 'to_endpoint', type: 'bytes', unit: 'bytes', meaning: 'Where it was sent, likewise' },
  { name: 'payload', type: 'bytes', unit: 'bytes', meaning: 'UDP payload' },
  { name: 'fate', type: 'text', unit: 'name', meaning: 'delivered, lost or unknown' },
  {
    name: 'detail',
    type: 'text',
    unit: 'name',
    meaning: 'Delivered: what the receiver made of it. Lost: where',
  },
] as const satisfies readonly Field[];

export const NODE_FIELDS = [
  { name: 'node', type: 'int', unit: 'count', meaning: 'Index of the node in this run' },
  { name: 'address', type: 'text', unit: 'name', meaning: 'Overlay address, 64 hex digits' },
  { name: 'role', type: 'text', unit: 'name', meaning: 'Role in the scenario' },
] as const satisfies readonly Field[];
