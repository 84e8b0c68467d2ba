/**
 * The sockets of a live world. Node n listens at 127.x.y.1, where x and y are made of n, so that limits per network hold as they do in the world and an
 * address alone tells whose it is: ports are the system's choice, and two nodes may get the same.
 */
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import { writeEndpointOf } from '../host/endpoint-text.ts';
import type { Transport } from '../host/transport.ts';
import { openUdp } from '../host/udp.ts';

/** Most nodes of one live world: each has a socket. */
export const LIVE_NODES_MAX = 512;

function addressOf(node: number): string {
  return `127.${1 + (node >>> 8)}.${node & 255}.1`;
}

/** The node whose address stands in the endpoint at `bytes[at..+18)`, if it can be one of `nodes`. */
export function nodeAt(bytes: Uint8Array, at: number, nodes: number): number | undefined {
  const node = ((bytes[at + 13]! - 1) << 8) | bytes[at + 14]!;
  return bytes[at + 12] === 127 && bytes[at + 15] === 1 && node < nodes ? node : undefined;
}

/** Opens a node's socket, at `port` if it is not 0. Rejects with a `BindError`. */
export function openSocket(node: number, port = 0): Promise<Transport> {
  return openUdp({ ipv4: { address: addressOf(node), port } });
}

/** Sockets for these nodes, at ports of the system's choice. Rejects with a `BindError`, and leaves none open. */
export async function openSockets(nodes: readonly number[]): Promise<Map<number, Transport>> {
  const sockets = new Map<number, Transport>();
  try {
    for (const node of nodes) sockets.set(node, await openSocket(node));
  } catch (error) {
    await Promise.all([...sockets.values()].map((socket) => socket.close()));
    throw error;
  }
  return sockets;
}

/** The 18 bytes of where a socket listens. */
export function endpointOf(socket: Transport): Uint8Array {
  const endpoint = new Uint8Array(ENDPOINT_BYTES);
  const at = socket.ipv4;
  if (at === undefined || !writeEndpointOf(at.address, at.port, endpoint, 0))
    throw new Error('a socket of a live world has no IPv4 address');
  return endpoint;
}
