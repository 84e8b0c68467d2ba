/** A worker process of `mainframe run --transport udp --processes n`: holds the sockets and the nodes of its share of a live world. */
import { createSuite } from '../../protocols/crypto/suites.ts';
import { BIN_COUNT } from '../../protocols/overlay/table.ts';
import type { ResolvedScenario } from '../../scenarios/model.ts';
import { readNetwork } from '../../scenarios/run/network.ts';
import { discoveryView } from '../../scenarios/run/discovery-watch.ts';
import { readersOfGroups, watchersOf } from '../../scenarios/run/observe.ts';
import { layOutTables, populate, type Population } from '../../scenarios/run/populate.ts';
import { recordsDatagrams } from '../../scenarios/results/recording.ts';
import { BindError } from '../host/udp.ts';
import type { Transport } from '../host/transport.ts';
import { LiveWorld } from './live-world.ts';
import type { Act, NodeState, ToRun, ToWorker } from './messages.ts';
import { ObservationWriter } from './observations.ts';
import { endpointOf, openSockets } from './sockets.ts';

/** Between two reports, microseconds. */
const REPORT_US = 25_000;

class Worker {
  readonly #scenario: ResolvedScenario;
  readonly #seed: number;
  readonly #sockets: ReadonlyMap<number, Transport>;
  readonly #writer = new ObservationWriter(() => this.#world!.nowUs);
  #world: LiveWorld | undefined;
  #population: Population | undefined;
  /** Versions of what was reported last of each node. */
  readonly #marks = new Map<number, string>();
  #ended = false;

  constructor(scenario: ResolvedScenario, seed: number, sockets: ReadonlyMap<number, Transport>) {
    this.#scenario = scenario;
    this.#seed = seed;
    this.#sockets = sockets;
  }

  settle(others: ReadonlyMap<number, Uint8Array>): void {
    const scenario = this.#scenario;
    const world = new LiveWorld(
      {
        seed: this.#seed,
        network: readNetwork(scenario.world.network),
        crypto: createSuite(scenario.world.suite),
      },
      { sockets: this.#sockets, others },
    );
    this.#world = world;
    const keyLog = recordsDatagrams(scenario.record) ? this.#writer.keyLog : undefined;
    this.#population = populate(scenario, world, this.#writer.ledger, keyLog);
    this.#follow(this.#population, world);
    layOutTables(scenario, world, this.#population);
    for (const node of this.#sockets.keys()) world.node(node);
    say({ say: 'settled' });
  }

  act(act: Act): void {
    const world = this.#world!;
    switch (act.do) {
      case 'start':
        world.start(act.node);
        return;
      case 'control':
        world.controlAt(act.timeUs, act.node, act.control);
        return;
      case 'timer':
        world.atNode(act.timeUs, act.node, act.kind, act.argument);
        return;
      case 'loss':
        world.network.setExtraLoss(act.ratio);
        return;
      case 'partition':
        world.network.setPartition(act.sides);
        return;
      case 'invite':
        this.#population!.groups!.invite(act.group, act.id);
    }
  }

  /** Lets time pass until the end, reporting. */
  async begin(steadyUs: number, datagrams: boolean): Promise<void> {
    const world = this.#world!;
    world.recorder = this.#writer.recorder(datagrams);
    world.begin(steadyUs);
    while (!this.#ended) {
      await world.run(world.nowUs + REPORT_US);
      this.#report();
    }
  }

  states(): NodeState[] {
    return [...this.#sockets.keys()].map((node) => this.#stateOf(node));
  }

  #stateOf(node: number): NodeState {
    const { overlay, discovery } = this.#population!.nodeOf(node);
    const { table } = overlay;
    return {
      node,
      handles: table.handles.slice(0, table.size),
      binSizes: Array.from({ length: BIN_COUNT }, (_, bin) => table.binSize(bin)),
      depth: overlay.depth(),
      estimatedNodes: overlay.estimateSize()?.nodes,
      discovery: discovery && discoveryView(discovery, table),
    };
  }

  /** Nodes that have changed since the last call in what is measured while the world runs: ways by tables, freshness by manifests. */
  #changed(): NodeState[] {
    const { groups } = this.#scenario.services;
    return [...this.#sockets.keys()].flatMap((node) => {
      const { overlay, discovery } = this.#population!.nodeOf(node);
      const version = groups === undefined ? 0 : overlay.table.version;
      const mark = `${version}/${discovery?.manifest.sequence ?? 0}`;
      if ((this.#marks.get(node) ?? '0/0') === mark) return [];
      this.#marks.set(node, mark);
      return [this.#stateOf(node)];
    });
  }

  /** Writes down what people in groups do, and what colluders among the nodes read. */
  #follow({ groups, roleOf }: Population, { streams }: LiveWorld): void {
    if (groups === undefined) return;
    const { groups: follower } = this.#writer;
    const corrupt = readersOfGroups(watchersOf(this.#scenario, roleOf, streams))?.corrupt;
    groups.tell({
      ...follower,
      arrived(node, from, bytes, offset, length) {
        if (corrupt?.[node] === 1) follower.arrived(node, from, bytes, offset, length);
      },
    });
  }

  async end(): Promise<void> {
    this.#ended = true;
    if (this.#world !== undefined) await this.#world.close();
    else await Promise.all([...this.#sockets.values()].map((socket) => socket.close()));
  }

  #report(): void {
    const world = this.#world!;
    const untilUs = world.nowUs;
    const own = [...this.#sockets.keys()];
    say({
      say: 'heard',
      untilUs,
      observations: this.#writer.take(),
      events: world.engine.events,
      drops: world.drops.slice(),
      datagramsSent: Float64Array.from(own, (node) => world.datagramsSent[node]!),
      bytesSent: Float64Array.from(own, (node) => world.bytesSent[node]!),
      changed: this.#changed(),
    });
  }
}

function say(message: ToRun): void {
  // Without a run there is nobody to say it to; `disconnect` ends this process then.
  if (process.connected) process.send?.(message);
}

function fail(error: unknown): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const bind =
    error instanceof BindError
      ? { bind: { code: error.code, address: error.address, port: error.port } }
      : {};
  say({ say: 'failed', message, stack: stack ?? message, ...bind });
}

let worker: Worker | undefined;

async function handle(message: ToWorker): Promise<void> {
  switch (message.say) {
    case 'open': {
      const sockets = await openSockets(message.nodes);
      worker = new Worker(message.scenario, message.seed, sockets);
      const endpoints = new Map([...sockets].map(([node, socket]) => [node, endpointOf(socket)]));
      say({ say: 'opened', endpoints });
      return;
    }
    case 'settle':
      worker!.settle(message.others);
      return;
    case 'act':
      worker!.act(message.act);
      return;
    case 'begin':
      await worker!.begin(message.steadyUs, message.datagrams);
      return;
    case 'gather':
      say({ say: 'states', states: worker!.states() });
      return;
    case 'end':
      await worker?.end();
      process.exit(0);
  }
}

// The run decides when to end. Ctrl-C reaches the whole process group, and the run still has to say what it has.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToWorker) => {
  handle(message).catch(fail);
});
