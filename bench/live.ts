/**
 * Two live nodes on this machine's loopback, in one process: what a datagram costs through link, host and socket, and how long a text takes from
 * being said to being read. Both ends share a core, as neighbours on one machine would not.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openNode, type BenchNode } from './live-node.ts';
import { liveBytes } from './memory.ts';
import { median, slices, type BenchCase, type BenchRow } from './harness.ts';

const CONTENT_BYTES = 1_146;
/** Datagrams on their way at once: more than a socket's buffer holds would be lost. */
const WINDOW = 64;
const PEERS = 1_000;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function datagramRates(from: BenchNode, to: BenchNode, quick: boolean): Promise<number[]> {
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

async function textLatencies(from: BenchNode, to: BenchNode, quick: boolean): Promise<number[]> {
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

/** Bytes that the process of one node holds for each of many neighbours, whose links are open. */
async function bytesPerPeer(peers: number): Promise<number> {
  const hub = await openNode(3);
  const before = liveBytes();
  const hex = [hub.address, hub.publicKey, hub.endpoint].map((b) => Buffer.from(b).toString('hex'));
  const program = fileURLToPath(new URL('live-peers.js', import.meta.url));
  const crowd = spawn(process.execPath, [program, String(peers), hex.join(',')], {
    stdio: 'ignore',
  });
  for (let i = 0; i < 1_200 && hub.link.size < peers; i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const reached = hub.link.size;
  const bytes = (liveBytes() - before) / reached;
  crowd.kill('SIGKILL');
  await hub.host.close();
  if (reached < peers) throw new Error(`only ${reached} of ${peers} neighbours came`);
  return bytes;
}

export const liveBench: BenchCase = {
  name: 'live',
  async run({ quick }): Promise<BenchRow[]> {
    const [a, b] = [await openNode(1), await openNode(2)];
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
    const peers = quick ? 100 : PEERS;
    const memory = await bytesPerPeer(peers);
    return [
      row(`memory for each of ${peers.toLocaleString('en')} neighbours`, 'kB', [memory / 1_000]),
      row(`datagrams of ${CONTENT_BYTES} bytes, one way, link and loopback`, 'datagrams/s', rates),
      row('a text from said to read, whole stack, loopback', 'ms', latencies),
    ];
  },
};
