/**
 * Starting a live node: opens its disk and sockets, and puts the protocols together as the simulator does.
 */
import { createSuite } from '../../protocols/crypto/suites.ts';
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { PeerHandle } from '../../protocols/host.ts';
import { ENDPOINT_BYTES, PeerBook } from '../../protocols/identity/peer-book.ts';
import { LINK_EVENTS } from '../../protocols/link/events.ts';
import { DEFAULT_LINK_OPTIONS } from '../../protocols/link/options.ts';
import { LinkScratch } from '../../protocols/link/session.ts';
import { MessagingNode } from '../../protocols/node/messaging.ts';
import { NodeScratch } from '../../protocols/node/node.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../../protocols/overlay/policy.ts';
import { RENDEZVOUS_EVENTS } from '../../protocols/rendezvous/events.ts';
import {
  DEFAULT_RENDEZVOUS_OPTIONS,
  type RendezvousOptions,
} from '../../protocols/rendezvous/options.ts';
import { HONEST_RENDEZVOUS_POLICY } from '../../protocols/rendezvous/policy.ts';
import { ReachableLink } from '../../protocols/rendezvous/reachable-link.ts';
import { DEFAULT_ROUTING_OPTIONS } from '../../protocols/routing/params.ts';
import { HONEST_RELAY_POLICY } from '../../protocols/routing/policy.ts';
import { entropyStreams } from '../host/entropy.ts';
import { modelledShim, type Shim } from '../host/shim.ts';
import { openLiveHost } from '../host/live-host.ts';
import { LevelStore } from '../store/level-store.ts';
import type { NodeFolder, NodeSettingsFile } from './folder.ts';
import {
  announcedEndpoint,
  cardText,
  fromHex,
  identityOf,
  readCard,
  recordOf,
  type Identity,
} from './identity.ts';
import { localEndpoints } from './reachability.ts';
import { NodeVault } from './vault.ts';

import { LiveNode, type Reporter } from './daemon.ts';

/** Peers that a start tries, of those remembered. */
const BOOTSTRAP_MAX = 20;
/** On one machine all neighbours share an address, hence a rate limit. */
const LOCAL_SOURCE_LIMIT = { perSecond: 20_000, burst: 40_000 };
const US_PER_S = 1_000_000;
const LOGGED_EVENTS = new Map(
  [...LINK_EVENTS, ...RENDEZVOUS_EVENTS].map(({ code, name }) => [code, name]),
);

/** A worse network than the real one, for trying things out: what this node sends is late or lost. */
export interface EmulatedNetwork {
  delayUs: number;
  lossRatio: number;
}

const NO_EMULATION: EmulatedNetwork = { delayUs: 0, lossRatio: 0 };

/** Starts the node of a folder with its account's secret. */
export async function startNode(
  folder: NodeFolder,
  accountSecret: Uint8Array,
  reporter: Reporter,
  emulated: EmulatedNetwork = NO_EMULATION,
): Promise<LiveNode> {
  const settings = folder.settings();
  const suite = createSuite('native');
  const networkId = BigInt(settings.networkId);
  const identity = identityOf(
    suite,
    accountSecret,
    networkId,
    fromHex(settings.nonce),
    settings.keyNumber,
  );
  const store = await LevelStore.open(folder.file('store'));
  try {
    const peers = new PeerBook(64, crypto.getRandomValues(new Uint32Array(1))[0]!);
    const announced = announcedEndpoint(settings.announce);
    const self = peers.intern(identity.address, 0, announced ?? new Uint8Array(ENDPOINT_BYTES), 0);
    const host = await openLiveHost(
      {
        ...(settings.listenIpv4 === ''
          ? {}
          : { ipv4: { address: settings.listenIpv4, port: settings.port } }),
        ...(settings.listenIpv6 === ''
          ? {}
          : { ipv6: { address: settings.listenIpv6, port: settings.port } }),
      },
      {
        peers,
        self,
        crypto: suite,
        ...(settings.listenIpv4.startsWith('127.') ? { sourceLimit: LOCAL_SOURCE_LIMIT } : {}),
        ...shimOf(emulated),
        onEvent: (_timeUs, event, a, b) => {
          const name = LOGGED_EVENTS.get(event);
          if (name !== undefined) reporter.info(name, { peer: a, detail: b });
        },
        onException: (error, place) => {
          reporter.warn('node.exception', {
            place,
            error: error instanceof Error ? error.stack : String(error),
          });
        },
        onClockJump: (jump) => {
          reporter.warn('clock.jump', { ...jump });
        },
        onSocketError: (error) => {
          reporter.warn('socket.error', { error: error.message });
        },
      },
    );
    const introduced = {
      key: identity.key,
      record: recordOf(suite, identity, settings, announced),
      networkId,
    };
    const link = new ReachableLink(host, {
      identity: introduced,
      link: { ...DEFAULT_LINK_OPTIONS, keepaliveUs: settings.keepaliveSeconds * US_PER_S },
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
        host.act(work);
      },
      () => new Date().toISOString(),
    );
    const node = new MessagingNode(link.host, {
      overlay: {
        ...DEFAULT_OVERLAY_OPTIONS,
        start: 'join',
        requestTimeoutUs: 3_000_000,
        networkShareRatio: settings.networkShareRatio,
      },
      routing: DEFAULT_ROUTING_OPTIONS,
      overlayPolicy: HONEST_OVERLAY_POLICY,
      relayPolicy: HONEST_RELAY_POLICY,
      key: identity.key,
      bootstrap: await bootstrapOf(settings, vault, peers, self),
      scratch: new NodeScratch(suite),
      self: { address: identity.address, key: identity.key, secret: identity.secret },
      vault,
      listener: {},
      luminosityBits: settings.luminosityBits,
    });
    for (const contact of await vault.load()) {
      if (!node.messenger.restore(contact))
        reporter.warn('store.broken', { bytes: contact.length });
    }
    await vault.tidy();
    link.attach(node, (peer) => node.overlay.table.has(peer));
    host.run(link);
    return new LiveNode({
      settings,
      identity,
      host,
      store,
      vault,
      link,
      node,
      card: () => cardText(introduced.record),
    });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Peers to join through: those of the settings, and some that were there the last time. */
async function bootstrapOf(
  settings: NodeSettingsFile,
  vault: NodeVault,
  peers: PeerBook,
  self: PeerHandle,
): Promise<PeerHandle[]> {
  const suite = createSuite('native');
  const handles = settings.bootstrap.flatMap((card) => {
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
  const settings = folder.settings();
  const next = { ...settings, sequence: settings.sequence + 1 };
  folder.saveSettings(next);
  return recordOf(suite, identity, next, endpoint);
}

function rendezvousOptions({ relayBytesPerSecond }: NodeSettingsFile): RendezvousOptions {
  const { allBytes, channelsMax } = DEFAULT_RENDEZVOUS_OPTIONS;
  const burst = (relayBytesPerSecond * allBytes.burst) / allBytes.perSecond;
  return {
    ...DEFAULT_RENDEZVOUS_OPTIONS,
    channelsMax: relayBytesPerSecond === 0 ? 0 : channelsMax,
    allBytes: { perSecond: relayBytesPerSecond, burst },
  };
}

function shimOf({ delayUs, lossRatio }: EmulatedNetwork): { shim?: Shim } {
  if (delayUs === 0 && lossRatio === 0) return {};
  const out = { delayUs, jitterUs: 0, lossRatio, bitsPerSecond: 0, queueBytes: 0 };
  return { shim: modelledShim({ out }, entropyStreams()('shim')) };
}
