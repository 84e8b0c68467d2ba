/**
 * R5 and R6: what multicast saves, and what its list of zones gives away.
 *
 * With one contact in each bin there is a single way from anywhere to any zone, which can be followed through the tables; a multicast must then send exactly one
 * datagram for each link of the trie of all ways. What that saves against as many single packets is a figure, not a law.
 */
import { ADDRESS_WORDS, writeAddress } from '../../protocols/identity/proximity.ts';
import { MULTICAST_SENT, PACKET_SENT } from '../../protocols/routing/events.ts';
import { SEALED_OVERHEAD_BYTES } from '../../protocols/crypto/sealed-box.ts';
import { HEADER_BYTES } from '../../protocols/routing/packet.ts';
import { SIZE_CLASSES_BYTES } from '../../protocols/routing/params.ts';
import { groupDisclosure } from '../observers/group-disclosure.ts';
import type { ValidationCase, ValidationRow } from './case.ts';
import { exactRow } from './engine-statistics.ts';
import { textbookOptions } from './overlay-worlds.ts';
import { convergedFill, RoutingWorld } from './routing-worlds.ts';

const NODES = 1_000;
/** Enough that every zone holds one node. */
const EXACT_BITS = 64;
const SEALED = new Uint8Array(SIZE_CLASSES_BYTES[1]! + SEALED_OVERHEAD_BYTES);
const TAG = new Uint8Array(8);

/** Links of the trie of all ways from `sender`, and of the ways one by one. */
function ways(
  world: RoutingWorld,
  sender: number,
  members: readonly number[],
): { trie: number; single: number } {
  const trie = new Set<string>();
  let single = 0;
  for (const member of members) {
    let way = '';
    for (let node = sender; node !== member;) {
      const table = world.tables[node]!;
      node = table.handles[table.start(table.binOf(member))]!;
      way += `/${node}`;
      trie.add(way);
      single++;
    }
  }
  return { trie: trie.size, single };
}

/** Datagrams and bytes of one multicast. */
function multicast(
  world: RoutingWorld,
  sender: number,
  members: readonly number[],
): { copies: number; bytes: number } {
  let copies = 0;
  let bytes = 0;
  world.world.recorder = {
    event: (_timeUs, _node, event, _a, _b, _peer, length) => {
      if (event !== MULTICAST_SENT && event !== PACKET_SENT) return;
      copies++;
      bytes += length;
    },
  };
  const { words } = world.world.peers;
  const prefixes = members.map((node) => {
    const address = new Uint8Array(32);
    writeAddress(words, node * ADDRESS_WORDS, address, 0);
    return address.slice(0, EXACT_BITS / 8);
  });
  world.multicasts[sender]!.send(prefixes, EXACT_BITS, TAG, SEALED);
  while (world.world.inFlight > 0) world.world.run(world.world.nowUs + 10_000);
  return { copies, bytes };
}

function runR5(): ValidationRow[] {
  return [5, 20, 50].flatMap((size) => {
    const world = new RoutingWorld({
      nodes: NODES,
      seed: `R5/${size}`,
      routing: { policy: 'tree', trees: 1 },
      fill: convergedFill(textbookOptions(1)),
    });
    const members = Array.from({ length: size }, (_, i) => 1 + Math.floor((i * NODES) / size));
    const { trie, single } = ways(world, 0, members);
    const { copies, bytes } = multicast(world, 0, members);
    const alone = single * (HEADER_BYTES + SEALED.length);
    return [
      exactRow(
        {
          id: 'R5',
          case: 'datagrams of a multicast: the links of the trie of all ways',
          params: { members: size, nodes: NODES },
          expected: trie,
          measured: copies,
        },
        `${Math.round(100 * (1 - bytes / alone))}% of the bytes of ${size} single packets saved`,
      ),
    ];
  });
}

function runR6(): ValidationRow[] {
  // Every set of four of twelve nodes, against zones that must all be hit.
  const zones = [2, 3, 1];
  const inside = zones.flatMap((size, zone) => Array.from({ length: size }, () => zone));
  let fits = 0;
  let all = 0;
  for (let set = 0; set < 1 << 12; set++) {
    const members = Array.from({ length: 12 }, (_, node) => node).filter((n) => (set >> n) & 1);
    if (members.length !== 4) continue;
    all++;
    const hit = new Set(members.map((node) => inside[node] ?? -1));
    if (!hit.has(-1) && hit.size === zones.length) fits++;
  }
  const { bits } = groupDisclosure(12, 4, zones);
  return [
    {
      ...exactRow({
        id: 'R6',
        case: 'bits that a list of zones discloses about a group, against all sets counted',
        params: { nodes: 12, members: 4, zones: zones.join('+') },
        expected: Math.log2(all / fits),
        measured: bits,
      }),
      tolerance: 'exact to 1e-9',
      verdict: Math.abs(bits - Math.log2(all / fits)) < 1e-9 ? 'pass' : 'fail',
    },
  ];
}

export const multicastCases: readonly ValidationCase[] = [
  {
    id: 'R5',
    title: 'Multicast splits only where ways part',
    source: 'trie of all ways, followed through the tables',
    run: runR5,
  },
  {
    id: 'R6',
    title: 'What the zones of a group disclose',
    source: 'counting of all sets that fit',
    run: runR6,
  },
];
