/**
 * Who lives in a scenario's world and what they will do: roles, identities, protocols, the acts of users. The same scenario and seed give the same
 * population in every process, so a world may be spread over several without telling them more than that.
 * Everything drawn here comes from streams named after what it is for, so that one part never shifts another.
 */
import type { AgreementKey } from '../../protocols/crypto/port.ts';
import type { Host, HostedNode } from '../../protocols/host.ts';
import { signRecord } from '../../protocols/identity/record.ts';
import type { KeyLog } from '../../protocols/link/host.ts';
import { LinkLayer } from '../../protocols/link/machine.ts';
import type { LinkOptions } from '../../protocols/link/options.ts';
import { LinkScratch } from '../../protocols/link/session.ts';
import { NodeScratch, type MainframeNode } from '../../protocols/node/node.ts';
import { fillConverged } from '../../protocols/overlay/converged.ts';
import { SimLinkHost } from '../../sim/link-host.ts';
import { MemoryVault } from '../../sim/vault.ts';
import type { World } from '../../sim/world.ts';
import { createOverlayPolicy, createRelayPolicy } from '../behaviours/index.ts';
import type { ResolvedScenario } from '../model.ts';
import { DiscoveryPlan } from './discovery.ts';
import { GroupWorld } from './groups/world.ts';
import type { PacketMoney } from './money.ts';
import {
  assignRoles,
  drawIdentity,
  KeyRing,
  settle,
  SIMULATED_NETWORK_ID,
  type Identity,
} from './population.ts';
import { drawProbes } from './probes.ts';
import { createUserNode, type Talk } from './user-node.ts';
import { nodesOf, type Ledger, type Probe } from './workload.ts';

/** In traffic: every role. */
const ANYONE = 'anyone';
/** Nodes that a joining node knows, at most. */
const BOOTSTRAP_NODES = 3;

/** Where people live: as much of a world as they need. */
export type Ground = Pick<World, 'addNode' | 'crypto' | 'node' | 'peers' | 'streams' | 'streamOf'>;

export interface Population {
  /** Role index of each node. */
  roleOf: Uint8Array;
  /** Nodes that newcomers know. */
  bootstrap: readonly number[];
  probes: readonly Probe[];
  /** A node's protocols, made when first asked for. */
  nodeOf: (index: number) => MainframeNode;
  /** What they sell and look for; undefined where nobody does. */
  discovery: DiscoveryPlan | undefined;
  groups: GroupWorld | undefined;
}

/**
 * Adds all nodes to a world that has none.
 *
 * @param ledger is told what users do
 * @param keyLog where the keys of links go
 * @param money what they pay with, where they do
 */
export function populate(
  scenario: ResolvedScenario,
  world: Ground,
  ledger: Ledger,
  keyLog: KeyLog | undefined,
  money?: PacketMoney,
): Population {
  const { nodes } = scenario.world;
  const { streams, crypto: suite } = world;
  const { overlay, routing, link } = scenario.services;
  const roleOf = assignRoles(scenario.roles, nodes, streams);
  const keys = new KeyRing(suite);
  const scratch = new NodeScratch(suite);
  const users: MainframeNode[] = [];
  const linkScratch = new LinkScratch(suite, nodes);
  const discovery =
    scenario.services.discovery &&
    new DiscoveryPlan(suite, scenario, scenario.services.discovery, roleOf, money);

  const bootstrap = bootstrapNodes(scenario, roleOf);
  const recipients = scenario.traffic.map((t) => nodesOf(t.to, scenario.roles, roleOf));
  const probes = drawProbes(scenario, roleOf, recipients, streams, routing.lifetimeUs);
  const chatsOfRole = scenario.roles.map((role) =>
    scenario.traffic.flatMap((t, index) =>
      t.every !== undefined && (t.from === ANYONE || t.from === role.name) ? [index] : [],
    ),
  );
  const acts = {
    traffic: scenario.traffic,
    probes,
    keys,
    recipients,
    lookupEveryUs: overlay.lookupEveryUs,
    ledger,
  };

  const groups =
    scenario.services.groups && new GroupWorld(scenario.services.groups, nodes, streams);
  const ofRole = scenario.roles.map(() => 0);
  for (let node = 0; node < nodes; node++) {
    const signs = link !== undefined || discovery !== undefined || groups !== undefined;
    const identity = drawIdentity(suite, streams, node, signs);
    keys.add(identity.secret);
    const role = scenario.roles[roleOf[node]!]!;
    const numberInRole = ofRole[roleOf[node]!]!++;
    if (role.networks !== undefined)
      settle(identity, streams, role.name, numberInRole % role.networks);
    discovery?.enter(node, identity);
    money?.enter(node, identity, roleOf[node]!);
    const vault = new MemoryVault();
    const company = groups?.company(suite, world, keys, node, identity, vault);
    const isInGroup = company !== undefined;
    const talk = talkOf(scenario, role.name, identity, keys.key(node), vault, isInGroup);
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
          ...(discovery === undefined ? {} : { discovery: discovery.settings(node, identity) }),
          ...(money === undefined ? {} : { swap: money.swap(node) }),
        },
        acts,
        chatsOfRole[roleOf[node]!]!,
        talk,
        { searching: discovery?.searching(node, identity), company },
      ));
    const hosted = (host: Host): HostedNode => groups?.overheard(node, user(host)) ?? user(host);
    world.addNode(identity.address, identity.endpoint, (host) =>
      link === undefined
        ? hosted(host)
        : linked(host, identity, keys.key(node), link, linkScratch, hosted, keyLog),
    );
  }
  money?.open();
  return {
    roleOf,
    bootstrap,
    discovery,
    groups,
    probes,
    nodeOf(index) {
      world.node(index);
      return users[index]!;
    },
  };
}

/** Lays out the tables of all nodes where a scenario begins with them. */
export function layOutTables(
  scenario: ResolvedScenario,
  world: Ground,
  { nodeOf }: Population,
): void {
  const { overlay } = scenario.services;
  if (overlay.start !== 'converged') return;
  const tables = Array.from(
    { length: scenario.world.nodes },
    (_, node) => nodeOf(node).overlay.table,
  );
  fillConverged(tables, world.peers, overlay, (node) => world.streamOf(node, 'overlay/converged'));
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
  return { self: { address, key, secret }, vault, luminosityBits, tags: scenario.services.tags };
}

/** A node whose datagrams all go through the encrypted link. */
function linked(
  host: Host,
  identity: Identity,
  key: AgreementKey,
  options: LinkOptions,
  scratch: LinkScratch,
  hosted: (host: Host) => HostedNode,
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
  layer.attach(hosted(layer.host));
  return layer;
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
