/**
 * A live world whose nodes live in several processes, as the run sees it: the run plans and measures here, sockets and nodes are in the workers.
 *
 * Every worker makes the same population from the scenario and the seed, so nodes are not sent anywhere; only their endpoints are. What is to
 * happen to a node is told to its worker when it is planned, with its time. What happened comes back as observations, and time here is the time up to which all workers have
 * reported: a few hundredths of a second behind theirs. So whatever is measured or decided here is measured as of one moment of all processes, and
 * in the order in which it happened.
 */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { HostedNode } from '../../protocols/host.ts';
import { PeerBook } from '../../protocols/identity/peer-book.ts';
import { ADDRESS_WORDS } from '../../protocols/identity/proximity.ts';
import { RoutingTable } from '../../protocols/overlay/table.ts';
import type { RandomStream } from '../../protocols/random.ts';
import type {
  DiscoveryView,
  Elsewhere,
  Listeners,
  OverlayView,
  ScenarioWorld,
} from '../../scenarios/run/world-port.ts';
import type { StopReason } from '../../sim/engine.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import type { Recorder } from '../../sim/recorder.ts';
import { CONTROL_START, type NodeFactory, type WorldOptions } from '../../sim/world.ts';
import { Agenda } from './agenda.ts';
import { machineTimeUs, PATIENCE_US } from './live-world.ts';
import type { Act, NodeState } from './messages.ts';
import { ObservationReader, type Hearer } from './observations.ts';
import type { WorkerLine } from './worker-line.ts';

/** A worker with what it has reported. */
interface Share {
  readonly line: WorkerLine;
  readonly reader: ObservationReader;
  untilUs: number;
  events: number;
  drops: Float64Array;
}

export class SpreadWorld implements ScenarioWorld {
  readonly peers = new PeerBook();
  readonly crypto: CryptoSuite;
  readonly streams: StreamFactory;
  readonly online: Uint8Array<ArrayBuffer>;
  readonly drops = new Float64Array(6);
  readonly datagramsSent: Float64Array<ArrayBuffer>;
  readonly bytesSent: Float64Array<ArrayBuffer>;
  readonly engine = { events: 0 };
  readonly patienceUs = PATIENCE_US;
  readonly network = {
    setExtraLoss: (ratio: number): void => {
      this.#everywhere({ do: 'loss', ratio });
    },
    setPartition: (sides: Uint8Array | undefined): void => {
      this.#everywhere({ do: 'partition', sides });
    },
  };
  readonly elsewhere: Elsewhere = {
    listen: (listeners) => {
      this.#listen(listeners);
    },
    gather: () => this.#gather(),
    overlayOf: (node) => overlayOf(this.#states.get(node)!),
    tableOf: (node) => this.#tableOf(node),
    discoveryOf: (node) => this.#states.get(node)?.discovery ?? NO_DISCOVERY,
  };
  readonly #options: WorldOptions;
  readonly #shares: readonly Share[];
  readonly #endpoints: ReadonlyMap<number, Uint8Array>;
  readonly #agenda = new Agenda();
  readonly #hearer: Hearer = {
    recorder: undefined,
    ledger: undefined,
    keyLog: undefined,
    groups: {},
  };
  readonly #states = new Map<number, NodeState>();
  /** Made of the states when somebody asks. */
  readonly #tables = new Map<number, RoutingTable>();
  readonly #upSinceUs: Float64Array;
  readonly #upTotalUs: Float64Array;
  #nowUs = 0;
  #begun = false;

  constructor(options: WorldOptions, lines: readonly WorkerLine[]) {
    this.#options = options;
    this.crypto = options.crypto;
    this.streams = new StreamFactory(options.seed);
    this.#shares = lines.map((line) => ({
      line,
      reader: new ObservationReader(),
      untilUs: 0,
      events: 0,
      drops: new Float64Array(6),
    }));
    this.#endpoints = new Map(lines.flatMap(({ endpoints }) => [...endpoints]));
    const nodes = this.#endpoints.size;
    this.online = new Uint8Array(nodes);
    this.datagramsSent = new Float64Array(nodes);
    this.bytesSent = new Float64Array(nodes);
    this.#upSinceUs = new Float64Array(nodes);
    this.#upTotalUs = new Float64Array(nodes);
  }

  get recorder(): Recorder | undefined {
    return this.#hearer.recorder;
  }

  set recorder(recorder: Recorder | undefined) {
    this.#hearer.recorder = recorder;
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  get size(): number {
    return this.peers.size;
  }

  addNode(address: Uint8Array, _endpoint: Uint8Array, _factory: NodeFactory): number {
    return this.peers.intern(address, 0, this.#endpoints.get(this.size)!, 0);
  }

  node(index: number): HostedNode {
    throw new Error(`node ${index} lives in another process`);
  }

  streamOf(node: number, purpose: string): RandomStream {
    const bytes = new Uint8Array(32);
    this.peers.writeAddress(node, bytes, 0);
    return this.streams.stream(`node/${Buffer.from(bytes).toString('hex')}/${purpose}`);
  }

  start(node: number): void {
    this.#at(node, { do: 'start', node });
    this.#came(node);
  }

  controlAt(timeUs: number, node: number, control: number): void {
    this.#at(node, { do: 'control', timeUs, node, control });
    this.#agenda.add(timeUs, () => {
      if (control === CONTROL_START) this.#came(node);
      else this.#went(node);
    });
  }

  atNode(timeUs: number, node: number, kind: number, argument: number): void {
    this.#at(node, { do: 'timer', timeUs, node, kind, argument });
  }

  atWorld(timeUs: number, kind: number, argument: number): void {
    this.#agenda.add(timeUs, () => this.#options.onWorldEvent?.(kind, argument));
  }

  upTimeUs(node: number): number {
    const current = this.online[node] === 1 ? this.#nowUs - this.#upSinceUs[node]! : 0;
    return this.#upTotalUs[node]! + current;
  }

  resetUpTime(): void {
    this.#upTotalUs.fill(0);
    this.#upSinceUs.fill(this.#nowUs);
  }

  /** Waits until all workers have reported up to `untilUs`. @throws what ended a worker. */
  async run(untilUs: number): Promise<StopReason> {
    if (!this.#begun) this.#begin();
    for (;;) {
      this.#hear();
      const knownUs = this.#shares.reduce(
        (least, share) => Math.min(least, share.untilUs),
        Infinity,
      );
      this.#advance(Math.min(untilUs, knownUs));
      if (this.#nowUs >= untilUs) return 'time';
      await Promise.race(this.#shares.map(({ line }) => line.moved()));
    }
  }

  digest(): string {
    return 'none (real time)';
  }

  #begin(): void {
    this.#begun = true;
    const { recorder } = this;
    const datagrams = recorder?.sent !== undefined || recorder?.delivered !== undefined;
    const steadyUs = machineTimeUs();
    for (const { line } of this.#shares) line.tell({ say: 'begin', steadyUs, datagrams });
  }

  /** Takes in the reports that have come. */
  #hear(): void {
    for (const share of this.#shares)
      for (const report of share.line.take('heard')) {
        share.reader.add(report.observations);
        share.untilUs = report.untilUs;
        share.events = report.events;
        share.drops = report.drops;
        share.line.nodes.forEach((node, i) => {
          this.datagramsSent[node] = report.datagramsSent[i]!;
          this.bytesSent[node] = report.bytesSent[i]!;
        });
        this.#know(report.changed);
      }
    this.engine.events = this.#shares.reduce((sum, { events }) => sum + events, 0);
    for (let reason = 0; reason < this.drops.length; reason++)
      this.drops[reason] = this.#shares.reduce((sum, { drops }) => sum + drops[reason]!, 0);
  }

  /** Everything up to `untilUs` in the order of time: what happened there before what is planned here. */
  #advance(untilUs: number): void {
    for (;;) {
      const next = this.#shares.reduce((first, share) =>
        share.reader.nextUs < first.reader.nextUs ? share : first,
      ).reader;
      const atUs = Math.min(next.nextUs, this.#agenda.nextUs);
      if (atUs > untilUs) break;
      this.#nowUs = Math.max(this.#nowUs, atUs);
      if (next.nextUs <= this.#agenda.nextUs) next.read(this.#hearer);
      else this.#agenda.runDue(atUs);
    }
    this.#nowUs = Math.max(this.#nowUs, untilUs);
  }

  async #gather(): Promise<void> {
    for (const { line } of this.#shares) line.tell({ say: 'gather' });
    for (const { line } of this.#shares) this.#know((await line.next('states')).states);
  }

  #know(states: readonly NodeState[]): void {
    for (const state of states) {
      this.#states.set(state.node, state);
      this.#tables.delete(state.node);
    }
  }

  /** The table of a node as it was reported last; empty before that. */
  #tableOf(node: number): RoutingTable {
    const made = this.#tables.get(node);
    if (made !== undefined) return made;
    const table = new RoutingTable(this.peers, node);
    const state = this.#states.get(node);
    if (state !== undefined) {
      const { handles, binSizes } = state;
      const prefixes = Uint32Array.from(handles, (peer) => this.peers.words[peer * ADDRESS_WORDS]!);
      table.assign(handles, prefixes, new Uint32Array(handles.length), Uint16Array.from(binSizes));
    }
    this.#tables.set(node, table);
    return table;
  }

  #listen({ ledger, keyLog, groups }: Listeners): void {
    this.#hearer.ledger = ledger;
    this.#hearer.keyLog = keyLog;
    this.#hearer.groups = {
      ...groups,
      begun: (group, id) => {
        this.#everywhere({ do: 'invite', group, id });
      },
    };
  }

  #came(node: number): void {
    if (this.online[node] === 1) return;
    this.online[node] = 1;
    this.#upSinceUs[node] = this.#nowUs;
  }

  #went(node: number): void {
    if (this.online[node] === 0) return;
    this.online[node] = 0;
    this.#upTotalUs[node]! += this.#nowUs - this.#upSinceUs[node]!;
  }

  #at(node: number, act: Act): void {
    const share = this.#shares[node % this.#shares.length]!;
    share.line.tell({ say: 'act', act });
  }

  #everywhere(act: Act): void {
    for (const { line } of this.#shares) line.tell({ say: 'act', act });
  }
}

/** Before anything is known of a node. */
const NO_DISCOVERY: DiscoveryView = { sequence: 0, advertisers: [], agreed: 0, contacts: 0 };

function overlayOf(state: NodeState): OverlayView {
  const { handles, binSizes, depth, estimatedNodes } = state;
  return {
    table: { size: handles.length, handles, binSize: (bin) => binSizes[bin]! },
    depth: () => depth,
    estimateSize: () => (estimatedNodes === undefined ? undefined : { nodes: estimatedNodes }),
  };
}
