/**
 * Known answers for the overlay, recorded from other implementations: each file is run through our pure functions (and, for
 * the look-up, through the real machine) and every single expectation is a check of its own.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAddress, ADDRESS_WORDS } from '../../protocols/identity/proximity.ts';
import { ENDPOINT_BYTES, PeerBook } from '../../protocols/identity/peer-book.ts';
import {
  beeDepth,
  expectedBinSize,
  neighbourhoodDepth,
  neighbourhoodRadius,
  saturationDepth,
  type BinSizes,
  type SaturationOptions,
} from '../../protocols/overlay/depth.ts';
import { health } from '../../protocols/overlay/health.ts';
import { nearest, nextHop } from '../../protocols/overlay/nearest.ts';
import { mayRetry, suggestPeer, type Candidates } from '../../protocols/overlay/suggest.ts';
import { BIN_COUNT, RoutingTable } from '../../protocols/overlay/table.ts';

/** Expectations met and asked of one file, and the first that was not met. */
export interface VectorScore {
  file: string;
  right: number;
  asked: number;
  firstWrong: string;
}

class Score implements VectorScore {
  readonly file: string;
  right = 0;
  asked = 0;
  firstWrong = '';

  constructor(file: string) {
    this.file = file;
  }

  check(what: string, measured: unknown, expected: unknown): void {
    this.asked++;
    if (JSON.stringify(measured) === JSON.stringify(expected)) this.right++;
    else if (this.firstWrong === '')
      this.firstWrong = `${what}: ${JSON.stringify(measured)}, expected ${JSON.stringify(expected)}`;
  }
}

const NO_ENDPOINT = new Uint8Array(ENDPOINT_BYTES);
const UNLIMITED = 0xffff;

/** Peers by hexadecimal address, and the table of one of them. */
class Fixture {
  readonly peers = new PeerBook();
  readonly table: RoutingTable;

  constructor(base: string) {
    this.table = new RoutingTable(this.peers, this.handle(base));
  }

  handle(hex: string): number {
    return this.peers.intern(Uint8Array.from(Buffer.from(hex, 'hex')), 0, NO_ENDPOINT, 0);
  }

  hex(handle: number): string {
    const bytes = new Uint8Array(ADDRESS_WORDS * 4);
    this.peers.writeAddress(handle, bytes, 0);
    return Buffer.from(bytes).toString('hex');
  }

  connect(hex: string): void {
    this.table.insert(this.handle(hex), 0, UNLIMITED);
  }
}

/** Peers that are known; those connected are no candidates. `may` can hold a peer back. */
class Known implements Candidates {
  readonly handles: number[] = [];
  readonly #table: RoutingTable;
  readonly #may: (peer: number) => boolean;

  constructor(table: RoutingTable, may: (peer: number) => boolean = () => true) {
    this.#table = table;
    this.#may = may;
  }

  pick(bin: number): number {
    for (const peer of this.handles) {
      if (this.#table.binOf(peer) === bin && !this.#table.has(peer) && this.#may(peer)) return peer;
    }
    return -1;
  }

  deepest(): number {
    return this.handles.reduce((bin, peer) => Math.max(bin, this.#table.binOf(peer)), -1);
  }
}

/** Bin sizes from a list. */
function binsOf(sizes: readonly number[]): BinSizes {
  return {
    size: sizes.reduce((sum, size) => sum + size, 0),
    binSize: (bin) => sizes[bin] ?? 0,
  };
}

/** Bin sizes of the table together with other peers. */
function everyone(table: RoutingTable, others: readonly number[]): BinSizes {
  const sizes = Array.from({ length: BIN_COUNT }, (_, bin) => table.binSize(bin));
  for (const peer of others) if (!table.has(peer)) sizes[table.binOf(peer)]!++;
  return binsOf(sizes);
}

/* eslint-disable @typescript-eslint/no-explicit-any -- the files' shape is what is being read */

function saturation(params: any): SaturationOptions {
  return {
    neighbourhood: params.neighbourhoodSize,
    minimum: params.minBinSize ?? 2,
    maximum: params.maxBinSize ?? 16,
  };
}

function scoreSwarmTables(file: any, score: Score): void {
  for (const [index, row] of file.tables.entries()) {
    const at = `table ${index}`;
    const fixture = new Fixture(row.base);
    const { table, peers } = fixture;
    for (const hex of row.connected ?? []) fixture.connect(hex);
    const known = new Known(table);
    for (const hex of row.knownNotConnected ?? []) known.handles.push(fixture.handle(hex));
    const options = saturation(row.params);
    const depth = neighbourhoodDepth(table, options.neighbourhood);
    score.check(`${at} depth`, depth, row.neighbourhoodDepth);
    score.check(
      `${at} radius`,
      neighbourhoodRadius(table, options.neighbourhood),
      row.neighbourhoodRadius,
    );
    score.check(`${at} saturation`, saturationDepth(table, options), row.saturationDepth);
    const expected = row.expectedMinBinSizePO0to15.map((_: number, bin: number) =>
      expectedBinSize(depth, bin, options),
    );
    score.check(`${at} expected sizes`, expected, row.expectedMinBinSizePO0to15);
    const suggested = suggestPeer(table, known, options);
    score.check(
      `${at} suggested bin`,
      suggested < 0 ? -1 : table.binOf(suggested),
      row.suggestPeerPO,
    );
    if (suggested >= 0)
      score.check(`${at} suggested`, row.suggestPeerOneOf.includes(fixture.hex(suggested)), true);
    for (const close of row.isClosestTo) {
      const target = new Uint32Array(ADDRESS_WORDS);
      readAddress(Uint8Array.from(Buffer.from(close.addr, 'hex')), 0, target, 0);
      score.check(
        `${at} self is closest`,
        nextHop(table, peers, target, 0) < 0,
        close.selfIsClosest,
      );
      const out = new Int32Array(close.connectedByDistance.length);
      const found = nearest(table, peers, target, 0, out.length, out);
      const order = Array.from(out.subarray(0, found), (handle) => fixture.hex(handle));
      score.check(`${at} by distance`, order, close.connectedByDistance);
    }
  }
}

/** A short binary address of the scripts as 32 bytes. */
function binaryHex(bits: string): string {
  return BigInt(`0b${bits.padEnd(256, '0')}`)
    .toString(16)
    .padStart(64, '0');
}

function scoreDepthScript(script: any, score: Score): void {
  const fixture = new Fixture('00'.repeat(32));
  const byId = new Map<string, string>();
  for (const [index, step] of script.steps.entries()) {
    if (step.on !== undefined) {
      const bits = '0'.repeat(step.on.po) + '1' + byId.size.toString(2).padStart(8, '0');
      byId.set(step.on.id, binaryHex(bits));
      fixture.connect(byId.get(step.on.id)!);
    }
    if (step.off !== undefined) fixture.table.remove(fixture.handle(byId.get(step.off)!));
    score.check(
      `${script.name} step ${index}`,
      neighbourhoodDepth(fixture.table, script.params.neighbourhoodSize),
      step.expectDepth,
    );
  }
}

/** Runs a script of registrations, connections and suggestions; what it expects of each step is checked. */
function scoreScript(script: any, score: Score): void {
  const fixture = new Fixture(binaryHex(script.base));
  const { table } = fixture;
  const options = saturation(script.params);
  let nowUs = 0;
  // Seen at registration and whenever a connection ends; each suggestion counts as an attempt.
  const seenUs = new Map<number, number>();
  const attempts = new Map<number, number>();
  const schedule = {
    intervalUs: (script.params.retryIntervalMs ?? 4_200) * 1_000,
    factor: script.params.retryExponent ?? 2,
    attemptsMax: script.params.maxRetries ?? 42,
  };
  const known = new Known(table, (peer) => {
    const tried = attempts.get(peer) ?? 0;
    if (!mayRetry(nowUs - seenUs.get(peer)!, tried, schedule)) return false;
    attempts.set(peer, tried + 1);
    return true;
  });
  const register = (bits: string): number => {
    const peer = fixture.handle(binaryHex(bits));
    if (!known.handles.includes(peer)) {
      known.handles.push(peer);
      seenUs.set(peer, nowUs);
    }
    return peer;
  };
  let saturated = 0;
  for (const [index, step] of script.steps.entries()) {
    const at = `${script.name} step ${index}`;
    for (const bits of step.register ?? []) register(bits);
    for (const bits of step.on ?? []) {
      table.insert(register(bits), 0, UNLIMITED);
      saturated = saturationDepth(table, options);
    }
    for (const bits of step.off ?? []) {
      const peer = register(bits);
      table.remove(peer);
      seenUs.set(peer, nowUs);
      attempts.delete(peer);
    }
    // The clock of the original ran on a little between its sleeps.
    if (step.waitMs !== undefined) nowUs += step.waitMs * 1_000 + 1_000;
    if (step.expectSaturationDepth !== undefined)
      score.check(`${at} saturation`, saturated, step.expectSaturationDepth);
    if (step.expectHealthy !== undefined) {
      const state = health(table, everyone(table, known.handles), options);
      score.check(`${at} healthy`, state.connected && state.saturated, step.expectHealthy);
    }
    if (step.suggest === undefined) continue;
    const [bits, depth, changed] = step.suggest;
    const suggested = suggestPeer(table, known, options);
    const accepted = [
      bits,
      ...(step.tieAlsoAcceptable === undefined ? [] : [step.tieAlsoAcceptable].flat()),
    ];
    const handles = accepted.map((b: string | null) =>
      b === null ? -1 : fixture.handle(binaryHex(b)),
    );
    score.check(`${at} suggests ${bits}`, handles.includes(suggested), true);
    // The original reports the saturation depth only when it has become shallower.
    const now = saturationDepth(table, options);
    const shallower = now < saturated;
    score.check(`${at} changed`, [shallower ? now : 0, shallower], [depth, changed]);
    if (shallower) saturated = now;
  }
}

function scoreTopologies(file: any, score: Score): void {
  for (const [name, topology] of Object.entries<any>(file.topologies)) {
    const fixtures = topology.overlays.map((base: string) => new Fixture(base));
    for (const [a, b] of topology.conns) {
      fixtures[a].connect(topology.overlays[b]);
      fixtures[b].connect(topology.overlays[a]);
    }
    for (const [node, fixture] of fixtures.entries())
      score.check(
        `topology ${name} node ${node}`,
        neighbourhoodDepth(fixture.table, 2),
        topology.depth[node],
      );
  }
}

function scoreBee(file: any, score: Score): void {
  const sizes = new Array<number>(file.maxPO + 1).fill(0);
  for (const [index, step] of file.script.entries()) {
    sizes[step.bin]! += step.delta;
    if (step.depth === undefined) continue;
    const depth = beeDepth(binsOf(sizes), file.saturationPeers, file.lowWaterMark);
    score.check(`script step ${index}`, depth, step.depth);
  }
  for (const [index, row] of file.generated.entries())
    score.check(
      `table ${index}`,
      beeDepth(binsOf(row.reachablePeersPerBin), row.saturationPeers, row.lowWaterMark),
      row.depth,
    );
}

/* eslint-enable @typescript-eslint/no-explicit-any */

/** Scores of every overlay vector file in `folder`, in a fixed order. */
export function scoreOverlayVectors(folder: string): VectorScore[] {
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const swarm = read('kademlia_swarm.json');
  const tables = new Score('kademlia_swarm tables');
  scoreSwarmTables(swarm, tables);
  const scripts = new Score('kademlia_swarm scripts');
  for (const script of swarm.scripts) {
    if (script.name === 'TestNeighbourhoodDepth') scoreDepthScript(script, scripts);
    else scoreScript({ base: '00000000', ...script }, scripts);
  }
  const topologies = new Score('swarm_snapshot_topologies');
  scoreTopologies(read('swarm_snapshot_topologies.json'), topologies);
  const bee = new Score('kademlia_bee_depth');
  scoreBee(read('kademlia_bee_depth.json'), bee);
  return [tables, scripts, topologies, bee];
}
