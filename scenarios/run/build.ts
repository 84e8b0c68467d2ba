/**
 * Builds the world of a scenario: puts its population on the ground, plans what will happen, sets up who watches and measures.
 * Everything drawn here comes from streams named after what it is for, so that one part never shifts another.
 */
import { readFileSync } from 'node:fs';
import { createSuite } from '../../protocols/crypto/suites.ts';
import type { MainframeNode } from '../../protocols/node/node.ts';
import type { StreamFactory } from '../../sim/random/streams.ts';
import { World } from '../../sim/world.ts';
import type { ResolvedScenario } from '../model.ts';
import type { CensusSetting } from './census.ts';
import { Collector, MESSAGE_FIELDS } from './collector.ts';
import { DiscoveryWatch, discoveryView } from './discovery-watch.ts';
import { datagramLog, recordingDatagrams } from './datagram-log.ts';
import { FaultEngine, scheduleSessions } from './faults.ts';
import type { GroupFollower } from './groups/follower.ts';
import { MessageTracker } from './messages.ts';
import { MoneyWatch } from './money-watch.ts';
import { PacketMoney } from './money.ts';
import { createJudge, readersOfGroups, watchersOf } from './observe.ts';
import { readNetwork } from './network.ts';
import type { RunOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import { layOutTables, populate, type Population } from './populate.ts';
import { TextTracker } from './texts.ts';
import { ACT_PROBE, type Ledger } from './workload.ts';
import type { ScenarioWorld, WorldMaker } from './world-port.ts';
import { ZoneIndex } from './zones.ts';

/** World events of the run itself (faults use 1 and 2). */
const WORLD_WARMUP_OVER = 10;
const WORLD_SETTLE = 11;
const WORLD_BLOCK = 12;

export interface BuiltWorld {
  world: ScenarioWorld;
  collector: Collector;
  faults: FaultEngine;
  /** At the end: settles every message whose packets have expired, and every text. Those still in flight are not counted at all. */
  settle(): void;
  /** Counts the tokens, where there are any. */
  count(): void;
  /** Ends what runs beside this thread. */
  close(): void;
  /** Gets what the census needs of nodes in other processes. */
  gather(): Promise<void> | undefined;
  /** Writes what waits to be recorded. */
  endRecording(): void;
  nodeOf(node: number): MainframeNode;
  census(): CensusSetting;
}

export function buildWorld(scenario: ResolvedScenario, options: RunOptions): BuiltWorld {
  const { nodes, warmupUs, durationUs } = scenario.world;
  const { overlay, routing } = scenario.services;
  const observe = options.observe !== false;
  const keyLog = observe ? options.keyLog : undefined;
  const makeWorld: WorldMaker = options.makeWorld ?? ((parts) => new World(parts));
  const world = makeWorld({
    seed: options.seed,
    network: readNetwork(scenario.world.network),
    crypto: createSuite(scenario.world.suite),
    onWorldEvent: (kind, argument) => {
      onWorldEvent(kind, argument);
    },
  });
  const { elsewhere } = world;
  const streams: StreamFactory = world.streams;
  const lookupTargets = new Map<number, Uint32Array>();
  const lookupKey = (node: number, id: number): number => node * 0x200000 + (id & 0x1fffff);
  const ledger: Ledger = {
    sending(_sender, recipient, sizeBytes): void {
      outbox.announce(recipient, sizeBytes);
    },
    lookingUp(node, id, target): void {
      if (observe) lookupTargets.set(lookupKey(node, id), target);
    },
    saying(text, stranger, answered): void {
      if (observe) texts.said(world.nowUs, text, stranger, answered);
    },
    read(text): void {
      if (observe) texts.read(world.nowUs, text);
    },
    acknowledged(text): void {
      if (observe) texts.acknowledged(world.nowUs, text);
    },
  };
  const money =
    scenario.money &&
    new PacketMoney({
      suite: world.crypto,
      scenario,
      money: scenario.money,
      streams,
      world: {
        nowUs: () => world.nowUs,
        isUp: (node) => world.online[node] === 1,
        nodeOf: (node) => population.nodeOf(node),
        blockAt: (timeUs) => {
          world.atWorld(timeUs, WORLD_BLOCK, 0);
        },
      },
    });
  const population: Population = populate(scenario, world, ledger, keyLog, money);
  const { roleOf, bootstrap, probes } = population;

  const zones = new ZoneIndex(world.peers.words, nodes);

  const watchers = watchersOf(scenario, roleOf, streams);
  const tracker = new MessageTracker(nodes, () => world.peers.words, watchers?.corrupt);
  const rows = observe ? options.sink?.defineTable('messages', [...MESSAGE_FIELDS]) : undefined;
  const settling: { atUs: number; idHigh: number; idLow: number }[] = [];
  const texts: TextTracker = new TextTracker(
    nodes,
    (metric, value, node) => {
      collector.add(metric, value, node);
    },
    warmupUs,
    durationUs - routing.lifetimeUs,
  );
  const outbox = new Outbox(
    tracker,
    texts,
    zones,
    () => world.peers.words,
    (timeUs, idHigh, idLow) => {
      settling.push({ atUs: timeUs + routing.lifetimeUs, idHigh, idLow });
    },
  );
  const watch =
    population.discovery &&
    new DiscoveryWatch(
      {
        size: nodes,
        peers: world.peers,
        isUp: (node) => world.online[node] === 1,
        discoveryOf(node) {
          if (elsewhere !== undefined) return elsewhere.discoveryOf(node);
          const { discovery, overlay } = population.nodeOf(node);
          return discoveryView(discovery!, overlay.table);
        },
      },
      scenario.roles,
      roleOf,
      warmupUs,
    );
  const moneyWatch = money && new MoneyWatch(money, population.nodeOf, nodes, scenario.world);
  const collector: Collector = new Collector({
    tracker,
    roleOf,
    warmupUs,
    rows,
    judge: createJudge(scenario, world, watchers),
    lookups: {
      closest(node, id, found): boolean | undefined {
        const at = lookupTargets.get(lookupKey(node, id));
        lookupTargets.delete(lookupKey(node, id));
        if (at === undefined) return undefined;
        return zones.closest(at, 0, (n) => world.online[n] === 1 && n !== node) === found;
      },
    },
    outbox,
    discovery: watch,
    money: moneyWatch,
  });
  if (money !== undefined && observe)
    money.onFact = (fact) => {
      moneyWatch!.fact(collector, world.nowUs, fact);
    };
  let follower: GroupFollower | undefined;
  if (observe && population.groups !== undefined) {
    const followed = population.groups.watch(
      world.crypto,
      world,
      zones,
      overlay,
      readersOfGroups(watchers),
      collector,
      warmupUs,
      {
        tableOf: (node) =>
          elsewhere === undefined ? population.nodeOf(node).overlay.table : elsewhere.tableOf(node),
        isUp: (node) => world.online[node] === 1,
        peers: () => world.peers,
        routing,
        random: world.streams.stream('groups/single packets'),
      },
    );
    collector.groups = followed.eyes;
    follower = followed.follower;
    population.groups.tell(follower);
  }

  const datagrams = observe ? datagramLog(scenario, world, roleOf, options.sink) : undefined;
  if (observe)
    world.recorder = datagrams === undefined ? collector : recordingDatagrams(collector, datagrams);

  const setting = { world, faults: scenario.faults, roles: scenario.roles, roleOf, durationUs };
  const faults = new FaultEngine(setting);
  let settled = 0;
  const settleDue = (nowUs: number): void => {
    while (settled < settling.length && settling[settled]!.atUs <= nowUs) {
      const due = settling[settled++]!;
      const message = tracker.find(due.idHigh, due.idLow);
      if (message !== undefined) collector.settle(message);
    }
    if (settled > 4096) {
      settling.splice(0, settled);
      settled = 0;
    }
  };
  const bytesAtWarmup = new Float64Array(nodes);
  const onWorldEvent = (kind: number, argument: number): void => {
    if (faults.onWorldEvent(kind, argument)) return;
    if (kind === WORLD_WARMUP_OVER) {
      bytesAtWarmup.set(world.bytesSent.subarray(0, nodes));
      world.resetUpTime();
      moneyWatch?.warm();
    } else if (kind === WORLD_BLOCK) money!.onBlock();
    else if (kind === WORLD_SETTLE) {
      settleDue(world.nowUs);
      collector.groups?.settle(world.nowUs);
      world.atWorld(world.nowUs + settleEveryUs, WORLD_SETTLE, 0);
    }
  };
  const settleEveryUs = Math.max(1, Math.floor(routing.lifetimeUs / 8));

  if (elsewhere === undefined) layOutTables(scenario, world, population);
  else elsewhere.listen({ ledger, keyLog, groups: follower });
  for (let node = 0; node < nodes; node++)
    startNode(world, node, overlay.start, bootstrap, streams);
  scheduleSessions(
    setting,
    (node) => world.streamOf(node, 'sessions'),
    (role) =>
      role.sessionsFile === undefined ? undefined : readFileSync(role.sessionsFile, 'utf8'),
  );
  faults.schedule();
  probes.forEach((probe, index) => world.atNode(probe.atUs, probe.sender, ACT_PROBE, index));
  world.atWorld(Math.max(1, warmupUs), WORLD_WARMUP_OVER, 0);
  world.atWorld(settleEveryUs, WORLD_SETTLE, 0);

  return {
    world,
    collector,
    faults,
    settle() {
      settleDue(world.nowUs);
      collector.groups?.settle(world.nowUs);
      collector.groups?.close();
      texts.settle(world.nowUs, routing.lifetimeUs);
      collector.settlePairs();
      watch?.census(collector);
      moneyWatch?.finish(collector, world.nowUs);
    },
    count() {
      moneyWatch?.count(collector);
    },
    close() {
      money?.close();
    },
    gather: () => elsewhere?.gather(),
    endRecording: () => datagrams?.close(),
    nodeOf: (node) => population.nodeOf(node),
    census: () => ({
      world,
      overlayOf: (node) => elsewhere?.overlayOf(node) ?? population.nodeOf(node).overlay,
      zones,
      bucket: overlay.bucket,
      bytesAtWarmup,
    }),
  };
}

/** In a converged world everyone is up at once; joining nodes arrive spread over the first seconds, bootstraps first. */
function startNode(
  world: ScenarioWorld,
  node: number,
  start: 'join' | 'converged',
  bootstrap: readonly number[],
  streams: StreamFactory,
): void {
  if (start === 'converged' || bootstrap.includes(node)) {
    world.start(node);
    return;
  }
  const spreadUs = Math.min(60_000_000, 10_000 * world.size);
  const atUs = 1 + streams.stream(`arrival/${node}`).below(spreadUs);
  world.controlAt(atUs, node, 1);
}
