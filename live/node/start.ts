/**
 * Starting a live node: opens its disk and sockets, and puts the protocols together as the simulator does.
 */
import { createSuite } from '../../protocols/crypto/suites.ts';
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { PeerHandle } from '../../protocols/host.ts';
import type { KeyLog } from '../../protocols/link/host.ts';
import { ENDPOINT_BYTES, PeerBook } from '../../protocols/identity/peer-book.ts';
import { DEFAULT_LINK_OPTIONS } from '../../protocols/link/options.ts';
import { LinkScratch } from '../../protocols/link/session.ts';
import { DEFAULT_GROUP_OPTIONS, EXACT_BITS } from '../../protocols/node/group-options.ts';
import { GroupNode } from '../../protocols/node/groups.ts';
import { NodeScratch } from '../../protocols/node/node.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../../protocols/overlay/policy.ts';
import {
  DEFAULT_RENDEZVOUS_OPTIONS,
  type RendezvousOptions,
} from '../../protocols/rendezvous/options.ts';
import { HONEST_RENDEZVOUS_POLICY } from '../../protocols/rendezvous/policy.ts';
import { ReachableLink } from '../../protocols/rendezvous/reachable-link.ts';
import { DEFAULT_ROUTING_OPTIONS } from '../../protocols/routing/params.ts';
import { HONEST_RELAY_POLICY } from '../../protocols/routing/policy.ts';
import type { Machine } from '../host/clock.ts';
import { entropyStreams } from '../host/entropy.ts';
import { modelledShim, type Shim } from '../host/shim.ts';
import { openLiveHost } from '../host/open.ts';
import type { LiveMoney } from '../money/money.ts';
import type { Tap } from '../host/tap.ts';
import { LevelStore } from '../store/level-store.ts';
import type { NodeSettings } from '../config/schema.ts';
import { PROTOCOL_EVENTS } from '../log/events.ts';
import type { Reporter } from '../log/logger.ts';
import type { NodeFacts } from './facts.ts';
import type { NodeFolder } from './folder.ts';
import { GroupShelf } from './group-shelf.ts';
import { isLoopback, placeOf, shareOf } from './place.ts';
import {
  announcedEndpoint,
  cardText,
  fromHex,
  identityOf,
  readCard,
  recordOf,
  toHex,
  type Identity,
} from './identity.ts';
import { localEndpoints } from './reachability.ts';
import { NodeVault } from './vault.ts';

import { LiveNode } from './daemon.ts';
import { Health } from './health.ts';

/** Peers that a start tries, of those remembered. */
const BOOTSTRAP_MAX = 20;
/** On one machine all neighbours share an address, hence a rate limit. */
const LOCAL_SOURCE_LIMIT = { perSecond: 20_000, burst: 40_000 };

/** Who listens at the node's sockets and links, by the owner's wish. */
export interface Listening {
  tap?: Tap | undefined;
  keyLog?: KeyLog | undefined;
}

/** What a start is given besides the folder; the machine whose clocks it goes by is this one by default. */
export interface StartOptions {
  /** Of the account, 32 bytes. */
  accountSecret: Uint8Array;
  settings: NodeSettings;
  reporter: Reporter;
  listening?: Listening;
  machine?: Machine;
}

/** Who a node is, given its settings: a node that is now elsewhere has a new record. */
export function factsAt(folder: NodeFolder, settings: NodeSettings): NodeFacts {
  const facts = folder.facts();
  const announced = placeOf(settings.node);
  if (announced === facts.announced) return facts;
  const moved = { ...facts, announced, sequence: facts.sequence + 1 };
  folder.saveFacts(moved);
  return moved;
}

/** Starts the node of a folder. */
export async function startNode(folder: NodeFolder, options: StartOptions): Promise<LiveNode> {
  const { accountSecret, reporter, listening = {}, machine } = options;
  const { node: settings } = options.settings;
  const { ipv4, ipv6, port } = settings.udp;
  const facts = factsAt(folder, options.settings);
  const suite = createSuite('native');
  const networkId = BigInt(facts.networkId);
  const identity = identityOf(
    suite,
    accountSecret,
    networkId,
    fromHex(facts.nonce),
    facts.keyNumber,
  );
  const health = new Health({
    name: facts.name,
    folder: folder.path,
    diskFreeMinBytes: settings.disk.free_min,
  });
  /** Whoever is to hear of what the host reports; the host is there first. */
  let live: LiveNode | undefined;
  const store = await LevelStore.open(folder.file('store'));
  try {
    const peers = new PeerBook(64, crypto.getRandomValues(new Uint32Array(1))[0]!);
    const announced = announcedEndpoint(facts.announced);
    const self = peers.intern(identity.address, 0, announced ?? new Uint8Array(ENDPOINT_BYTES), 0);
    // Before the sockets: settings that contradict each other leave none open.
    const money = await moneyOf(options, {
      suite,
      identity,
      networkId,
      store,
      health,
      act: (work) => {
        // What was on its way to the disk when the node ended has nothing to follow.
        if (!host.closed) host.act(work);
      },
    });
    const host = await openLiveHost(
      {
        ...(ipv4 === '' ? {} : { ipv4: { address: ipv4, port } }),
        ...(ipv6 === '' ? {} : { ipv6: { address: ipv6, port } }),
      },
      {
        peers,
        self,
        crypto: suite,
        keyLog: listening.keyLog,
        ...(isLoopback(settings.udp) ? { sourceLimit: LOCAL_SOURCE_LIMIT } : {}),
        ...shimOf(settings.emulate),
        onEvent: (_timeUs, event, ...values) => {
          const definition = PROTOCOL_EVENTS.get(event);
          if (definition !== undefined) reporter.protocol(definition, values, peers);
        },
        onException: (error, place) => {
          health.faulted(error);
          reporter.report('node.exception', {
            place,
            error: error instanceof Error ? error.stack : String(error),
          });
        },
        ...(machine === undefined ? {} : { machine }),
        onClockJump: (jump) => {
          health.clockJumped(jump);
          reporter.report('clock.jumped', { ...jump });
          live?.tell({ event: 'clock-jumped', bySeconds: jump.byUs / 1_000_000 });
        },
        onSocketError: (error) => {
          health.socketFailed(error);
          reporter.report('socket.failed', { error: error.message });
        },
      },
      listening.tap,
    );
    const introduced = {
      key: identity.key,
      record: recordOf(suite, identity, facts, announced),
      networkId,
    };
    const link = new ReachableLink(host, {
      identity: introduced,
      link: { ...DEFAULT_LINK_OPTIONS, keepaliveUs: settings.nat.keepalive },
      scratch: new LinkScratch(suite),
      rendezvous: rendezvousOptions(settings),
      policy: HONEST_RENDEZVOUS_POLICY,
      local: localEndpoints([host.ipv4, host.ipv6]),
      // Whoever has set where to be reached knows better than the neighbours.
      ...(announced === undefined
        ? { sign: (endpoint): Uint8Array => signAnew(suite, identity, folder, endpoint) }
        : {}),
    });
    const vault = new NodeVault(
      store,
      (work) => {
        if (!host.closed) host.act(work);
      },
      () => new Date().toISOString(),
    );
    const shelf = new GroupShelf(store, vault, () => introduced.record);
    const { account, nonce, address, key, secret } = identity;
    const node = new GroupNode(money?.hostFor(link.host) ?? link.host, {
      ...money?.nodeSettings(),
      overlay: {
        ...DEFAULT_OVERLAY_OPTIONS,
        start: 'join',
        requestTimeoutUs: 3_000_000,
        networkShareRatio: shareOf(settings),
      },
      routing: DEFAULT_ROUTING_OPTIONS,
      overlayPolicy: HONEST_OVERLAY_POLICY,
      relayPolicy: HONEST_RELAY_POLICY,
      key: identity.key,
      bootstrap: await bootstrapOf(settings.bootstrap, vault, peers, self),
      scratch: new NodeScratch(suite),
      self: { address, key, secret },
      vault,
      groupSelf: { account, nonce, accountSecret },
      networkId,
      groupVault: shelf,
      groups: {
        ...DEFAULT_GROUP_OPTIONS,
        luminosityBits: Math.min(settings.luminosity, EXACT_BITS),
      },
      cards: shelf,
      card: (wanted) => node.messenger.contact(wanted)?.party ?? shelf.party(suite, wanted),
      admits: (id, wanted) => shelf.admits(id, wanted),
      listener: {
        acknowledged: (contact, numbers) => {
          live?.tell({
            event: 'acknowledged',
            to: toHex(contact.party.address),
            numbers: [...numbers],
          });
        },
        // What is told is known when the input is over.
        groupMoved: (group) => queueMicrotask(() => live?.groups.moved(toHex(group.id))),
        invited: (from, id) => live?.groups.invited(toHex(id), toHex(from)),
      },
      luminosityBits: settings.luminosity,
      tags: settings.tags,
    });
    for (const contact of await vault.load()) {
      if (!node.messenger.restore(contact))
        reporter.report('store.broken', { bytes: contact.length });
    }
    await shelf.load();
    await vault.tidy();
    money?.attach(node, peers);
    link.attach(node, (peer) => node.overlay.table.has(peer));
    await money?.heard();
    host.run(link);
    money?.begin();
    live = new LiveNode({
      facts,
      alone: settings.bootstrap.length === 0,
      identity,
      host,
      store,
      vault,
      shelf,
      link,
      node,
      money,
      health,
      reporter,
      card: () => cardText(introduced.record),
    });
    live.groups.resume();
    return live;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The money of a node whose settings name a chain. What it needs of libraries is read only then. */
async function moneyOf(
  { accountSecret, settings, reporter }: StartOptions,
  node: {
    suite: CryptoSuite;
    identity: Identity;
    networkId: bigint;
    store: LevelStore;
    health: Health;
    act: (work: () => void) => void;
  },
): Promise<LiveMoney | undefined> {
  if (settings.money.rpc === '') return undefined;
  const { LiveMoney } = await import('../money/money.ts');
  const { suite, identity, networkId, store, health, act } = node;
  return LiveMoney.open({
    suite,
    accountSecret,
    networkId,
    nonce: identity.nonce,
    settings: settings.money,
    store,
    reporter,
    wallMs: () => Date.now(),
    steadyMs: () => performance.now(),
    act,
    onDiskTrouble: (error) => {
      health.diskFailed(error);
      const text = error instanceof Error ? error.message : String(error);
      reporter.report('store.failed', { error: text });
    },
  });
}

/** Peers to join through: those of the settings, and some that were there the last time. */
async function bootstrapOf(
  cards: readonly string[],
  vault: NodeVault,
  peers: PeerBook,
  self: PeerHandle,
): Promise<PeerHandle[]> {
  const suite = createSuite('native');
  const handles = cards.flatMap((card) => {
    const read = readCard(suite, card);
    return read.ok ? [peers.intern(read.record.address, 0, read.record.endpoint, 0)] : [];
  });
  for (const { address, endpoint } of (await vault.peers()).slice(0, BOOTSTRAP_MAX))
    handles.push(peers.intern(address, 0, endpoint, 0));
  return [...new Set(handles)].filter((handle) => handle !== self);
}

/** The node's record with another endpoint; its number is kept, so that no later life of the node introduces itself by an older one. */
function signAnew(
  suite: CryptoSuite,
  identity: Identity,
  folder: NodeFolder,
  endpoint: Uint8Array,
): Uint8Array {
  const facts = folder.facts();
  const next = { ...facts, sequence: facts.sequence + 1 };
  folder.saveFacts(next);
  return recordOf(suite, identity, next, endpoint);
}

function rendezvousOptions({ nat }: NodeSettings['node']): RendezvousOptions {
  const relayBytesPerSecond = nat.relay_rate / 8;
  const { allBytes, channelsMax } = DEFAULT_RENDEZVOUS_OPTIONS;
  const burst = (relayBytesPerSecond * allBytes.burst) / allBytes.perSecond;
  return {
    ...DEFAULT_RENDEZVOUS_OPTIONS,
    channelsMax: relayBytesPerSecond === 0 ? 0 : channelsMax,
    allBytes: { perSecond: relayBytesPerSecond, burst },
  };
}

function shimOf({ delay, loss }: NodeSettings['node']['emulate']): { shim?: Shim } {
  if (delay === 0 && loss === 0) return {};
  const out = { delayUs: delay, jitterUs: 0, lossRatio: loss, bitsPerSecond: 0, queueBytes: 0 };
  return { shim: modelledShim({ out }, entropyStreams()('shim')) };
}
