/**
 * Look-ups: how many a converged world carries per second of CPU, what one costs in requests, and what the single routing
 * decision under it costs. A look-up is counted with everything it causes: encoding, the network, timers, events.
 */
import { ENDPOINT_BYTES, PeerBook } from '../protocols/identity/peer-book.ts';
import { ADDRESS_WORDS } from '../protocols/identity/proximity.ts';
import { EVENT_LOOKUP_FINISHED } from '../protocols/overlay/events.ts';
import { nearest, nextHop } from '../protocols/overlay/nearest.ts';
import { RoutingTable } from '../protocols/overlay/table.ts';
import type { RandomStream } from '../protocols/random.ts';
import { StreamFactory } from '../sim/random/streams.ts';
import type { BenchCase, BenchRow } from './harness.ts';
import { median, slices } from './harness.ts';
import { buildOverlayWorld } from './overlay-world.ts';

/** The caller's own purpose (from 16 on). */
const PURPOSE_BENCH = 16;

function secondsOf(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function row(name: string, unit: string, values: number[]): BenchRow {
  return {
    bench: 'lookup',
    case: name,
    unit,
    median: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
  };
}

/** Starts `count` look-ups of random addresses at random nodes, 1 ms apart, and runs until all have ended. */
function lookups(nodes: number, count: number, quick: boolean): BenchRow[] {
  let finished = 0;
  let requests = 0;
  let hops = 0;
  const { world, overlays } = buildOverlayWorld(nodes, {
    event(_timeUs, _node, event, purpose, sent, _latencyUs, chain) {
      if (event !== EVENT_LOOKUP_FINISHED || purpose !== PURPOSE_BENCH) return;
      finished++;
      requests += sent;
      hops += chain;
    },
  });
  for (let node = 0; node < nodes; node++) world.start(node);
  const random = world.streams.stream('bench/lookups');
  const target = new Uint32Array(ADDRESS_WORDS);
  const slice = (): void => {
    for (let i = 0; i < count; i++) {
      for (let word = 0; word < ADDRESS_WORDS; word++) target[word] = random.uint32();
      overlays[random.below(nodes)]!.lookup(target, PURPOSE_BENCH);
      world.run(world.nowUs + 1_000);
    }
    world.run(world.nowUs + 5_000_000);
  };
  slice();
  const rates: number[] = [];
  const costs: number[] = [];
  const perRequest: number[] = [];
  const chains: number[] = [];
  for (let i = 0; i < slices(quick); i++) {
    finished = 0;
    requests = 0;
    hops = 0;
    const seconds = secondsOf(slice);
    if (finished !== count) throw new Error(`${finished} of ${count} look-ups have ended`);
    rates.push(count / seconds);
    costs.push(requests / count);
    chains.push(hops / count);
    perRequest.push((seconds * 1e6) / (2 * requests));
  }
  return [
    row(`${nodes} nodes`, 'look-ups/s', rates),
    row(`${nodes} nodes, FIND_NODE each`, 'requests', costs),
    row(`${nodes} nodes, answers in a chain`, 'hops', chains),
    row(`${nodes} nodes, CPU per datagram`, 'us', perRequest),
  ];
}

/** A table of 20 bins of 16 contacts, and random targets. */
function decisionTable(random: RandomStream): { peers: PeerBook; table: RoutingTable } {
  const peers = new PeerBook(512);
  const endpoint = new Uint8Array(ENDPOINT_BYTES);
  const words = new Uint32Array(ADDRESS_WORDS);
  const table = new RoutingTable(peers, peers.internWords(words, 0, endpoint, 0));
  for (let bin = 0; bin < 20; bin++) {
    for (let i = 0; i < 16; i++) {
      for (let word = 0; word < ADDRESS_WORDS; word++) words[word] = random.uint32();
      words[0] = ((words[0]! >>> bin) & (0x7fffffff >>> bin)) | (0x80000000 >>> bin);
      table.insert(peers.internWords(words, 0, endpoint, 0), 0, 16);
    }
  }
  return { peers, table };
}

function decisions(quick: boolean): BenchRow[] {
  const random = new StreamFactory('bench').stream('decisions');
  const { peers, table } = decisionTable(random);
  const targets = new Uint32Array(1_024 * ADDRESS_WORDS);
  for (let i = 0; i < targets.length; i++) targets[i] = random.uint32();
  const out = new Int32Array(16);
  const rounds = quick ? 100 : 400;
  const measure = (decide: (at: number) => number): number[] => {
    let sum = 0;
    const pass = (): void => {
      for (let r = 0; r < rounds; r++) {
        for (let i = 0; i < 1_024; i++) sum += decide(i * ADDRESS_WORDS);
      }
    };
    pass();
    const nanoseconds: number[] = [];
    for (let i = 0; i < slices(quick); i++)
      nanoseconds.push((secondsOf(pass) * 1e9) / (rounds * 1_024));
    if (sum === 0) throw new Error('no decision found anybody');
    return nanoseconds;
  };
  const place = '20 bins of 16';
  return [
    row(
      `next hop, ${place}`,
      'ns',
      measure((at) => nextHop(table, peers, targets, at)),
    ),
    row(
      `8 nearest, ${place}`,
      'ns',
      measure((at) => nearest(table, peers, targets, at, 8, out)),
    ),
    row(
      `16 nearest, ${place}`,
      'ns',
      measure((at) => nearest(table, peers, targets, at, 16, out)),
    ),
  ];
}

export const lookupBench: BenchCase = {
  name: 'lookup',
  run({ quick }): BenchRow[] {
    const rows = lookups(1_000, quick ? 1_000 : 5_000, quick);
    if (!quick) rows.push(...lookups(10_000, 5_000, quick));
    return [...rows, ...decisions(quick)];
  },
};
