/** One live node of the bench, on loopback and on any port, without limits on how much it listens to. */
import { writeUint32 } from '../protocols/codec/bytes.ts';
import { createSuite } from '../protocols/crypto/suites.ts';
import { accountFromPublicKey, overlayAddress } from '../protocols/identity/address.ts';
import type { HostedNode } from '../protocols/host.ts';
import { PeerBook } from '../protocols/identity/peer-book.ts';
import { signRecord } from '../protocols/identity/record.ts';
import { LinkLayer } from '../protocols/link/machine.ts';
import { DEFAULT_LINK_OPTIONS } from '../protocols/link/options.ts';
import { LinkScratch } from '../protocols/link/session.ts';
import { MessagingNode } from '../protocols/node/messaging.ts';
import { NodeScratch } from '../protocols/node/node.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../protocols/overlay/policy.ts';
import { DEFAULT_ROUTING_OPTIONS } from '../protocols/routing/params.ts';
import { HONEST_RELAY_POLICY } from '../protocols/routing/policy.ts';
import { parseEndpoint } from '../live/host/endpoint-text.ts';
import { LiveHost } from '../live/host/live-host.ts';
import { TappedTransport, type Tap } from '../live/host/tap.ts';
import { openUdp } from '../live/host/udp.ts';

const NETWORK = 9n;
const NO_LIMIT = { perSecond: 10_000_000, burst: 10_000_000 };

export interface BenchNode {
  host: LiveHost;
  link: LinkLayer;
  node: MessagingNode;
  address: Uint8Array;
  publicKey: Uint8Array;
  endpoint: Uint8Array;
  /** Called with each text that comes. */
  heard: () => void;
  /** Datagrams of the application that came. */
  received: number;
}

const NOBODY: HostedNode = {
  start: () => undefined,
  stop: () => undefined,
  onDatagram: () => 0,
  onTimer: () => 0,
};

/** What a node may be given besides a seed. */
export interface BenchSettings {
  /** Hears every datagram at the socket. */
  tap?: Tap;
  /** Whom it joins through. */
  knows?: { address: Uint8Array; endpoint: Uint8Array };
  /** Told of the numbers of texts that the other side has acknowledged. */
  acknowledged?: (numbers: readonly number[]) => void;
}

/** @param bare with a link and nothing above it. */
export async function openNode(
  seed: number,
  bare = false,
  { tap, knows, acknowledged }: BenchSettings = {},
): Promise<BenchNode> {
  const suite = createSuite('native');
  const [accountSecret, nonce, secret] = [1, 2, 3].map((n) => {
    const bytes = new Uint8Array(32).fill(n);
    writeUint32(bytes, 0, seed);
    return bytes;
  }) as [Uint8Array, Uint8Array, Uint8Array];
  const key = suite.agreementKey(secret);
  const address = overlayAddress(
    suite,
    accountFromPublicKey(suite, suite.accountPublicKey(accountSecret)),
    NETWORK,
    nonce,
  );
  const transport = await openUdp({ ipv4: { address: '127.0.0.1', port: 0 } });
  const endpoint = parseEndpoint(`127.0.0.1:${transport.ipv4!.port}`)!;
  const peers = new PeerBook();
  const self = peers.intern(address, 0, endpoint, 0);
  const bootstrap = knows === undefined ? [] : [peers.intern(knows.address, 0, knows.endpoint, 0)];
  const host = new LiveHost(tap === undefined ? transport : new TappedTransport(transport, tap), {
    peers,
    self,
    crypto: suite,
    sourceLimit: NO_LIMIT,
    totalLimit: NO_LIMIT,
  });
  const record = signRecord(suite, accountSecret, {
    networkId: NETWORK,
    nonce,
    publicKey: key.publicKey,
    endpoint,
    sequence: 1,
  });
  const link = new LinkLayer(
    host,
    { key, record, networkId: NETWORK },
    DEFAULT_LINK_OPTIONS,
    new LinkScratch(suite),
  );
  const made: BenchNode = {
    host,
    link,
    address,
    publicKey: key.publicKey,
    endpoint,
    heard: () => undefined,
    received: 0,
    node: undefined as never,
  };
  made.node = new MessagingNode(link.host, {
    overlay: { ...DEFAULT_OVERLAY_OPTIONS, start: 'join', networkShareRatio: 1 },
    routing: DEFAULT_ROUTING_OPTIONS,
    overlayPolicy: HONEST_OVERLAY_POLICY,
    relayPolicy: HONEST_RELAY_POLICY,
    key,
    bootstrap,
    scratch: new NodeScratch(suite),
    self: { address, key, secret },
    vault: {
      keep: (_contacts, _inbound, then) => {
        then();
      },
    },
    listener: {
      received: () => {
        made.heard();
      },
      acknowledged: (_contact, numbers) => {
        acknowledged?.(numbers);
      },
    },
    luminosityBits: 8,
    tags: 'rotating',
  });
  // Datagrams of the bench are told from the protocols' by a first byte that none of them uses.
  const { node } = made;
  const onDatagram = node.onDatagram.bind(node);
  node.onDatagram = (from, bytes, offset, length) => {
    if (bytes[offset] !== 0x7f) return onDatagram(from, bytes, offset, length);
    made.received++;
    return 0;
  };
  link.attach(bare ? NOBODY : node);
  host.run(link);
  return made;
}
