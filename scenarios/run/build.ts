/**
 * Builds the world of a scenario: nodes, roles, tables, what users will do, what will go wrong, who watches.
 * Everything drawn here comes from streams named after what it is for, so that one part never shifts another.
 */
import type { AgreementKey } from '../../protocols/crypto/port.ts';
import type { Host } from '../../protocols/host.ts';
import { signRecord } from '../../protocols/identity/record.ts';
import type { KeyLog } from '../../protocols/link/host.ts';
import { LinkLayer } from '../../protocols/link/machine.ts';
import type { LinkOptions } from '../../protocols/link/options.ts';
import { LinkScratch } from '../../protocols/link/session.ts';
import { SimLinkHost } from '../../sim/link-host.ts';
import { readFileSync } from 'node:fs';
import { createSuite } from '../../protocols/crypto/suites.ts';
import { NodeScratch, type MainframeNode } from '../../protocols/node/node.ts';
import { fillConverged } from '../../protocols/overlay/converged.ts';
import { parseLatencyFile } from '../../sim/network/latency-file.ts';
import type { NetworkModel } from '../../sim/network/model.ts';
import type { StreamFactory } from '../../sim/random/streams.ts';
import { MemoryVault } from '../../sim/vault.ts';
import { World } from '../../sim/world.ts';
import type { ScenarioWorld, WorldMaker } from './world-port.ts';
import { createOverlayPolicy, createRelayPolicy } from '../behaviours/index.ts';
import type { NetworkSpec, ResolvedScenario, Traffic } from '../model.ts';
import type { CensusSetting } from './census.ts';
import { Collector, MESSAGE_FIELDS } from './collector.ts';
import { datagramLog, recordingDatagrams } from './datagram-log.ts';
import { FaultEngine, scheduleSessions } from './faults.ts';
import { MessageTracker } from './messages.ts';
import { createJudge, watchersOf } from './observe.ts';
import {
  assignRoles,
  drawIdentity,
  KeyRing,
  SIMULATED_NETWORK_ID,
  type Identity,
} from './population.ts';
import { GroupWorld } from './groups/world.ts';
import type { RunOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import { TextTracker, type TextName } from './texts.ts';
import { createUserNode, type Talk } from './user-node.ts';
import { ACT_PROBE, nodesOf, type Probe } from './workload.ts';
import { ZoneIndex } from './zones.ts';

/** World events of the run itself (faults use 1 and 2). */
const WORLD_WARMUP_OVER = 10;
const WORLD_SETTLE = 11;

/** In traffic: every role. */
const ANYONE = 'anyone';
/** Nodes that a joining node knows, at most. */
const BOOTSTRAP_NODES = 3;
/** How long before the end the last probe is sent, in packet lifetimes. */
const PROBE_MARGIN_LIFETIMES = 1;

export interface BuiltWorld {
  world: ScenarioWorld;
  collector: Collector;
  faults: FaultEngine;
  /** At the end: settles every message whose packets have expired, and every text. Those still in flight are not counted at all. */
  settle(): void;
  /** Writes what waits to be recorded. */
  endRecording(): void;
  census(): CensusSetting;
}

export function buildWorld(scenario: ResolvedScenario, options: RunOptions): BuiltWorld {
  const { nodes, warmupUs, durationUs } = scenario.world;
  const suite = createSuite(scenario.world.suite);
  const observe = options.observe !== false;
  const keyLog = observe ? options.keyLog : undefined;
  const makeWorld: WorldMaker = options.makeWorld ?? ((parts) => new World(parts));
  const world = makeWorld({
    seed: options.seed,
    network: readNetwork(scenario.world.network),
    crypto: suite,
    onWorldEvent: (kind, argument) => {
      onWorldEvent(kind, argument);
    },
  });
  const streams: StreamFactory = world.streams;
  const roleOf = assignRoles(scenario.roles, nodes, streams);
  const keys = new KeyRing(suite);
  const scratch = new NodeScratch(suite);
  const routing = scenario.services.routing;
  const { overlay, link } = scenario.services;
  const users: MainframeNode[] = [];
  const linkScratch = new LinkScratch(suite, nodes);

  const bootstrap = bootstrapNodes(scenario, roleOf);
  const recipients = scenario.traffic.map((t) => nodesOf(t.to, scenario.roles, roleOf));
  const probes = drawProbes(scenario, roleOf, recipients, streams, routing.lifetimeUs);
  const chatsOfRole = scenario.roles.map((role) =>
    scenario.traffic.flatMap((t, index) =>
      t.every !== undefined && (t.from === ANYONE || t.from === role.name) ? [index] : [],
    ),
  );

  const lookupTargets = new Map<number, Uint32Array>();
  const lookupKey = (node: number, id: number): number => node * 0x200000 + (id & 0x1fffff);
  const acts = {
    traffic: scenario.traffic,
    probes,
    keys,
    recipients,
    lookupEveryUs: overlay.lookupEveryUs,
    ledger: {
      sending(_sender: number, recipient: number, traffic: Traffic): void {
        outbox.announce(recipient, traffic.sizeBytes);
      },
      lookingUp(node: number, id: number, target: Uint32Array): void {
        if (observe) lookupTargets.set(lookupKey(node, id), target);
      },
      saying(text: TextName, stranger: boolean, answered: TextName | undefined): void {
        if (observe) texts.said(world.nowUs, text, stranger, answered);
      },
      read(text: TextName): void {
        if (observe) texts.read(world.nowUs, text);
      },
      acknowledged(text: TextName): void {
        if (observe) texts.acknowledged(world.nowUs, text);
      },
    },
  };

  const groupSpec = scenario.services.groups;
  const groups = groupSpec && new GroupWorld(groupSpec, nodes, streams);
  for (let node = 0; node < nodes; node++) {
    const signs = link !== undefined || groups !== undefined;
    const identity = drawIdentity(suite, streams, node, signs);
    keys.add(identity.secret);
    const role = scenario.roles[roleOf[node]!]!;
    const vault = new MemoryVault();
    const company = groups?.company(suite, world, keys, node, identity, vault);
    const talk = talkOf(
      scenario,
      role.name,
      identity,
      keys.key(node),
      vault,
      company !== undefined,
    );
    const user = (host: Host): MainframeNode =>
      (users[node] = createUserNode(
        host,
        {
          overlay,
          routing,
          overlayPolicy: createOverlayPolicy(role.behaves),
          relayPolicy: createRelayPolicy(role.behaves, host),
          key: keys.key(node),
          bootstrap: bootstrap.filter((b) => b !== node),
          scratch,
        },
        acts,
        chatsOfRole[roleOf[node]!]!,
        talk,
        company,
      ));
    world.addNode(identity.address, identity.endpoint, (host) =>
      link === undefined
        ? user(host)
        : linked(host, identity, keys.key(node), link, linkScratch, user, keyLog),
    );
  }
  // Nodes are made when first asked for.
  const nodeOf = (index: number): MainframeNode => {
    world.node(index);
    return users[index]!;
  };
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
  });
  if (observe && groups !== undefined)
    collector.groups = groups.watch(
      suite,
      world,
      zones,
      watchers?.observer.kind === 'colluders' ? watchers.corrupt : undefined,
      collector,
      warmupUs,
      routing.lifetimeUs,
    );

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
    } else if (kind === WORLD_SETTLE) {
      settleDue(world.nowUs);
      collector.groups?.settle(world.nowUs);
      world.atWorld(world.nowUs + settleEveryUs, WORLD_SETTLE, 0);
    }
  };
  const settleEveryUs = Math.max(1, Math.floor(routing.lifetimeUs / 8));

  if (overlay.start === 'converged') {
    const tables = Array.from({ length: nodes }, (_, node) => nodeOf(node).overlay.table);
    fillConverged(tables, world.peers, overlay, (node) =>
      world.streamOf(node, 'overlay/converged'),
    );
  }
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
    },
    endRecording: () => datagrams?.close(),
    census: () => ({
      world,
      nodeOf,
      zones,
      bucket: overlay.bucket,
      bytesAtWarmup,
    }),
  };
}

/**
 * What a node needs to talk, in a world where anybody does. Where nothing else was said, as in an acknowledgement, it shows the fewest bits of
 * all conversations that its role takes part in.
 */
function talkOf(
  scenario: ResolvedScenario,
  role: string,
  identity: Identity,
  key: AgreementKey,
  vault: MemoryVault,
  isInGroup: boolean,
): Talk | undefined {
  const conversations = scenario.traffic.filter((t) => t.conversation === true);
  if (conversations.length === 0 && !isInGroup) return undefined;
  const own = conversations.filter((t) => [t.from, t.to].some((r) => r === role || r === ANYONE));
  const luminosityBits = (own.length > 0 ? own : conversations).reduce(
    (fewest, t) => Math.min(fewest, t.luminosityBits),
    isInGroup ? scenario.services.groups!.luminosityBits : Infinity,
  );
  const { address, secret } = identity;
  return { self: { address, key, secret }, vault, luminosityBits };
}

/** A node whose datagrams all go through the encrypted link. */
function linked(
  host: Host,
  identity: Identity,
  key: AgreementKey,
  options: LinkOptions,
  scratch: LinkScratch,
  user: (host: Host) => MainframeNode,
  keyLog: KeyLog | undefined,
): LinkLayer {
  const below = new SimLinkHost(host, keyLog);
  const { nonce, endpoint, accountSecret } = identity;
  const record = signRecord(host.crypto, accountSecret!, {
    networkId: SIMULATED_NETWORK_ID,
    nonce,
    publicKey: key.publicKey,
    endpoint,
    sequence: 1,
  });
  const layer = new LinkLayer(
    below,
    { key, record, networkId: SIMULATED_NETWORK_ID },
    options,
    scratch,
  );
  layer.attach(user(layer.host));
  return layer;
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

/** The first nodes of roles that are always on, so that a newcomer finds somebody. */
function bootstrapNodes(scenario: ResolvedScenario, roleOf: Uint8Array): number[] {
  const steady = [...roleOf.keys()].filter((node) => {
    const role = scenario.roles[roleOf[node]!]!;
    return (
      role.online === undefined && role.sessionsFile === undefined && role.behaves.kind !== 'dead'
    );
  });
  const candidates = steady.length > 0 ? steady : [...roleOf.keys()];
  return candidates.slice(0, BOOTSTRAP_NODES);
}

function drawProbes(
  scenario: ResolvedScenario,
  roleOf: Uint8Array,
  recipients: readonly Int32Array[],
  streams: StreamFactory,
  lifetimeUs: number,
): Probe[] {
  const probes: Probe[] = [];
  const { warmupUs, durationUs } = scenario.world;
  scenario.traffic.forEach((traffic, index) => {
    if (traffic.messages === undefined) return;
    const senders = nodesOf(traffic.from, scenario.roles, roleOf);
    const to = recipients[index]!;
    const random = streams.stream(`probes/${index}`);
    const span = Math.max(1, durationUs - warmupUs - PROBE_MARGIN_LIFETIMES * lifetimeUs);
    for (let i = 0; i < traffic.messages; i++) {
      const sender = senders[random.below(senders.length)]!;
      let recipient = to[random.below(to.length)]!;
      // A role of one node cannot write to itself; the scenario loader refuses it, so this ends.
      while (recipient === sender) recipient = to[random.below(to.length)]!;
      const atUs = warmupUs + 1 + Math.floor((span * i) / traffic.messages);
      probes.push({ traffic: index, sender, recipient, atUs });
    }
  });
  return probes;
}

function readNetwork(spec: NetworkSpec): NetworkModel {
  const latency = spec.latency;
  if (latency.kind !== 'matrix') return { ...spec, latency };
  const parsed = parseLatencyFile(readFileSync(latency.file, 'utf8'));
  if (!parsed.ok) {
    throw new Error(`${latency.file}: ${parsed.problems[0]!.message}`);
  }
  return {
    ...spec,
    latency: { kind: 'matrix', source: latency.file, rows: parsed.rows, oneWayUs: parsed.oneWayUs },
  };
}
