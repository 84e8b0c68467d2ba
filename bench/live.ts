/**
 * Two live nodes on this machine's loopback, in one process: what a datagram costs through link, host and socket, and how long a text takes from
 * being said to being read. Both ends share a core, as neighbours on one machine would not.
 */
import { createSuite } from '../protocols/crypto/suites.ts';
import { accountFromPublicKey, overlayAddress } from '../protocols/identity/address.ts';
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
import { openUdp } from '../live/host/udp.ts';
import { median, slices, type BenchCase, type BenchRow } from './harness.ts';

const NETWORK = 9n;
const NO_LIMIT = { perSecond: 10_000_000, burst: 10_000_000 };
const CONTENT_BYTES = 1_146;
/** Datagrams on their way at once: more than a socket's buffer holds would be lost. */
const WINDOW = 64;

interface Node {
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

async function open(seed: number): Promise<Node> {
  const suite = createSuite('native');
  const [accountSecret, nonce, secret] = [1, 2, 3].map((n) =>
    new Uint8Array(32).fill(16 * seed + n),
  ) as [Uint8Array, Uint8Array, Uint8Array];
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
  const host = new LiveHost(transport, {
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
  const made: Node = {
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
    bootstrap: [],
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
    },
    luminosityBits: 8,
  });
  // Datagrams of the bench are told from the protocols' by a first byte that none of them uses.
  const { node } = made;
  const onDatagram = node.onDatagram.bind(node);
  node.onDatagram = (from, bytes, offset, length) => {
    if (bytes[offset] !== 0x7f) return onDatagram(from, bytes, offset, length);
    made.received++;
    return 0;
  };
  link.attach(node);
  host.run(link);
  return made;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function datagramRates(from: Node, to: Node, quick: boolean): Promise<number[]> {
  const peer = from.host.peers.intern(to.address, 0, to.endpoint, 0);
  const content = new Uint8Array(CONTENT_BYTES).fill(0x7f);
  const count = quick ? 2_000 : 20_000;
  const pass = async (): Promise<number> => {
    const start = process.hrtime.bigint();
    const first = to.received;
    for (let sent = 0; sent < count;) {
      if (sent - (to.received - first) < WINDOW) {
        from.host.act(() => {
          from.link.host.send(peer, content, 0, content.length);
        });
        sent++;
      } else await turn();
    }
    // A datagram that the system has dropped would be waited for in vain; a few rounds are enough for the others.
    for (let i = 0; i < 1_000 && to.received - first < count; i++) await turn();
    return (to.received - first) / (Number(process.hrtime.bigint() - start) / 1e9);
  };
  await pass();
  const rates: number[] = [];
  for (let i = 0; i < slices(quick); i++) rates.push(await pass());
  return rates;
}

async function textLatencies(from: Node, to: Node, quick: boolean): Promise<number[]> {
  const values: number[] = [];
  for (let i = 0; i < (quick ? 20 : 100); i++) {
    const start = process.hrtime.bigint();
    await new Promise<void>((resolve) => {
      to.heard = resolve;
      from.host.act(() => {
        from.node.say(
          { address: to.address, publicKey: to.publicKey },
          new Uint8Array(100).fill(65),
        );
      });
    });
    values.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  return values;
}

export const liveBench: BenchCase = {
  name: 'live',
  async run({ quick }): Promise<BenchRow[]> {
    const [a, b] = [await open(1), await open(2)];
    const at = a.host.peers.intern(b.address, 0, b.endpoint, 0);
    // Introduces them, and waits until each is in the other's table.
    a.host.act(() => {
      a.node.overlay.sighted(at);
    });
    for (let i = 0; i < 200 && a.node.overlay.table.size + b.node.overlay.table.size < 2; i++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const rates = await datagramRates(a, b, quick);
    const latencies = await textLatencies(a, b, quick);
    await a.host.close();
    await b.host.close();
    const row = (name: string, unit: string, values: readonly number[]): BenchRow => ({
      bench: 'live',
      case: name,
      unit,
      median: median(values),
      low: Math.min(...values),
      high: Math.max(...values),
    });
    return [
      row(`datagrams of ${CONTENT_BYTES} bytes, one way, link and loopback`, 'datagrams/s', rates),
      row('a text from said to read, whole stack, loopback', 'ms', latencies),
    ];
  },
};
