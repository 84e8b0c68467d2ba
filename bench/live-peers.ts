/**
 * A process full of neighbours: `node live-peers.js COUNT HUB` opens so many nodes on loopback, each of which calls the hub once and stays. HUB is an address, a key and an
 * endpoint in hexadecimal, separated by commas. The bench kills it, so that no neighbour says goodbye.
 */
import { openNode } from './live-node.ts';

const [count, hub] = [Number(process.argv[2]), process.argv[3]!];
const [address, , endpoint] = hub.split(',').map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
const kept: unknown[] = [];
for (let i = 0; i < count; i++) {
  const node = await openNode(1_000 + i, true);
  kept.push(node);
  const peer = node.host.peers.intern(address!, 0, endpoint!, 0);
  node.host.act(() => {
    node.link.host.send(peer, Uint8Array.of(0x7f), 0, 1);
  });
  // One after the other: the hub remembers only so many unfinished handshakes.
  while (node.link.size === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
setInterval(() => kept.length, 60_000);
