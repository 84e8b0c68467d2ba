import { describe, expect, it } from 'vitest';
import { ENDPOINT_BYTES, PeerBook } from '../../../protocols/identity/peer-book.ts';
import { fillConverged } from '../../../protocols/overlay/converged.ts';
import { neighbourhoodDepth } from '../../../protocols/overlay/depth.ts';
import type { OverlayOptions } from '../../../protocols/overlay/options.ts';
import { BIN_COUNT, RoutingTable } from '../../../protocols/overlay/table.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { optionsWith } from './support.ts';

interface World {
  peers: PeerBook;
  tables: RoutingTable[];
  names: string[];
}

/** `nodes` random addresses; `order` says in which order they become nodes. Endpoints: everyone in `networks` /24s. */
function world(
  nodes: number,
  options: OverlayOptions,
  order = (i: number) => i,
  networks = nodes,
): World {
  const streams = new StreamFactory('converged');
  const addresses = Array.from({ length: nodes }, (_, i) => {
    const bytes = new Uint8Array(32);
    streams.stream(`address/${i}`).fill(bytes, 0, 32);
    return bytes;
  });
  const peers = new PeerBook();
  const tables: RoutingTable[] = [];
  const names: string[] = [];
  for (let i = 0; i < nodes; i++) {
    const address = addresses[order(i)]!;
    const endpoint = new Uint8Array(ENDPOINT_BYTES);
    const network = order(i) % networks;
    endpoint.set([0xff, 0xff, 10, network >>> 8, network & 255, 1], 10);
    const handle = peers.intern(address, 0, endpoint, 0);
    tables.push(new RoutingTable(peers, handle));
    names.push(Buffer.from(address).toString('hex'));
  }
  fillConverged(tables, peers, options, (node) => streams.stream(`node/${names[node]!}`));
  return { peers, tables, names };
}

/** Bin sizes of one node if it knew everybody. */
function everyone(w: World, node: number): number[] {
  const sizes = new Array<number>(BIN_COUNT).fill(0);
  for (const other of w.tables)
    if (other.self !== node) sizes[w.tables[node]!.binOf(other.self)]!++;
  return sizes;
}

const contactsOf = (w: World, node: number): string[] => {
  const table = w.tables[node]!;
  return Array.from(table.handles.subarray(0, table.size), (handle) => w.names[handle]!);
};

describe('converged tables', () => {
  it('hold k contacts a bin, and everyone in the neighbourhood', () => {
    const options = optionsWith({ bucket: 4, networkShareRatio: 1 });
    const w = world(500, options);
    for (const [node, table] of w.tables.entries()) {
      const all = everyone(w, node);
      const sizes = { size: 499, binSize: (bin: number) => all[bin]! };
      const depth = neighbourhoodDepth(sizes, options.neighbourhood);
      for (let bin = 0; bin < BIN_COUNT; bin++) {
        expect(table.binSize(bin)).toBe(bin < depth ? Math.min(4, all[bin]!) : all[bin]!);
        for (let i = table.start(bin); i < table.end(bin); i++) {
          expect(table.binOf(table.handles[i]!)).toBe(bin);
          expect(table.prefixes[i]).toBe(w.peers.words[table.handles[i]! * 8]);
        }
      }
      expect(new Set(contactsOf(w, node)).size).toBe(table.size);
      expect(table.has(table.self)).toBe(false);
    }
  });

  it('do not depend on the order in which nodes are made', () => {
    for (const symmetric of [false, true]) {
      const options = optionsWith({ bucket: 3, symmetric });
      const forward = world(200, options);
      const backward = world(200, options, (i) => 199 - i);
      for (let node = 0; node < 200; node++)
        expect(contactsOf(backward, 199 - node)).toEqual(contactsOf(forward, node));
    }
  });

  it('are symmetric on demand: whoever I know knows me', () => {
    const oneWay = world(300, optionsWith({ bucket: 3 }));
    const w = world(300, optionsWith({ bucket: 3, symmetric: true }));
    for (const table of w.tables) {
      for (const other of table.handles.subarray(0, table.size))
        expect(w.tables[other]!.has(table.self)).toBe(true);
    }
    // The own choices are the same, others come on top.
    for (let node = 0; node < 300; node++) {
      const all = new Set(contactsOf(w, node));
      for (const name of contactsOf(oneWay, node)) expect(all.has(name)).toBe(true);
    }
  });

  it('choose uniformly: each of the other half is as likely', () => {
    const options = optionsWith({ bucket: 8, neighbourhood: 0, networkShareRatio: 1 });
    const w = world(400, options);
    const chosen = new Map<number, number>();
    let draws = 0;
    let half = 0;
    for (const table of w.tables) {
      if (w.peers.words[table.self * 8]! < 0x80000000) {
        half++;
        continue;
      }
      for (let i = table.start(0); i < table.end(0); i++) {
        chosen.set(table.handles[i]!, (chosen.get(table.handles[i]!) ?? 0) + 1);
        draws++;
      }
    }
    const expected = draws / half;
    let chi = 0;
    for (const table of w.tables) {
      if (w.peers.words[table.self * 8]! >= 0x80000000) continue;
      chi += ((chosen.get(table.self) ?? 0) - expected) ** 2 / expected;
    }
    // Chi-square with half-1 degrees of freedom, mean half-1, deviation sqrt(2(half-1)): three of them.
    expect(Math.abs(chi - (half - 1))).toBeLessThan(3 * Math.sqrt(2 * (half - 1)));
  });

  it('keep one endpoint network to its share of a bin', () => {
    const options = optionsWith({ bucket: 8, networkShareRatio: 0.25, neighbourhood: 2 });
    const w = world(300, options, (i) => i, 12);
    let full = 0;
    for (const table of w.tables) {
      for (let bin = 0; bin < BIN_COUNT; bin++) {
        const counts = new Map<number, number>();
        for (let i = table.start(bin); i < table.end(bin); i++) {
          const network = w.peers.endpointNetwork(table.handles[i]!);
          counts.set(network, (counts.get(network) ?? 0) + 1);
        }
        expect(Math.max(0, ...counts.values())).toBeLessThanOrEqual(2);
        if (bin === 0 && table.binSize(0) === 8) full++;
      }
    }
    expect(full).toBe(300);
  });
});
