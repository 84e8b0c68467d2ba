/**
 * A live node in a flood: how well are its good peers served, with and without?
 * Not part of the tests, since it takes its time: `npx tsx test/soak/flood.ts [datagrams] [a second]`, after a build. Exit 0 if the node has lived, has not grown, and
 * has served within 20 % of what is normal.
 *
 * The node is a process of its own, as `mainframe node run` makes it. Two good peers, here, say something to it ten times a second each, and measure how long it
 * takes until they know that it has come. They also lend what they send to whoever floods: a third process, which sends it spoilt, again, and from elsewhere, with
 * handshakes that look right, from sockets at many addresses. Quiet and flooded stretches take turns, so that whatever else the machine
 * does falls on both.
 */
import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import dgram from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openNode, type BenchNode } from '../../bench/live-node.ts';
import { endpointText } from '../../live/host/endpoint-text.ts';
import { readCard } from '../../live/node/identity.ts';
import { createSuite } from '../../protocols/crypto/suites.ts';
import { TYPE_INITIATE } from '../../protocols/link/wire.ts';
import { StreamFactory } from '../../sim/random/streams.ts';

const DATAGRAMS = Number(process.argv[2] ?? 1_000_000);
const PER_SECOND = Number(process.argv[3] ?? 10_000);
const STRETCH_MS = 10_000;
/** Between two stretches, for what is still under way. */
const PAUSE_MS = 2_000;
const SAY_EVERY_MS = 100;
const FRIENDS = 2;
const SOCKETS = 64;
/** How much worse the node may serve in a flood, and how much larger it may get. */
const SERVICE_RATIO_MIN = 0.8;
const GROWTH_MIB_MAX = 32;

const pause = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));

// ---- the flood, a process of its own ----

interface Order {
  port: number;
  datagrams: number;
  corpus: Uint8Array[];
}

/** Sends so many, evenly over time, then says so. */
async function flood({ port, datagrams, corpus }: Order): Promise<void> {
  const random = new StreamFactory(`flood/${process.pid}/${performance.now()}`).stream('damage');
  const handshakes = corpus.filter(([type]) => type === TYPE_INITIATE);
  const started = performance.now();
  let failed = 0;
  for (let sent = 0; sent < datagrams;) {
    const due = Math.min(datagrams, ((performance.now() - started) / 1_000) * PER_SECOND);
    for (; sent < due; sent++) {
      const bytes = spoilt(corpus, handshakes, random);
      sockets[random.below(SOCKETS)]!.send(bytes, port, '127.0.0.1', (error) => {
        if (error !== null) failed++;
      });
    }
    await pause(5);
  }
  process.send!({ sent: datagrams, failed, seconds: (performance.now() - started) / 1_000 });
}

const sockets: dgram.Socket[] = [];

function spoilt(
  corpus: readonly Uint8Array[],
  handshakes: readonly Uint8Array[],
  random: { below(n: number): number; fill(b: Uint8Array, at: number, n: number): void },
): Uint8Array {
  const bytes = corpus[random.below(corpus.length)]!.slice();
  switch (random.below(6)) {
    case 0: {
      // A call that looks right: any 32 bytes are a public key.
      const call = handshakes[random.below(handshakes.length)]!.slice();
      random.fill(call, 4, 4);
      random.fill(call, 24, 32);
      return call;
    }
    case 1:
      // From elsewhere, as it is: DATA under a neighbour's keys, calls that were made before.
      return bytes;
    case 2: {
      bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
      return bytes;
    }
    case 3: {
      // The index of a neighbour's keys, and nothing else right.
      random.fill(bytes, Math.min(5, bytes.length), Math.max(0, bytes.length - 5));
      return bytes;
    }
    case 4:
      return bytes.subarray(0, random.below(bytes.length + 1));
    default: {
      const noise = new Uint8Array(random.below(1_300));
      random.fill(noise, 0, noise.length);
      return noise;
    }
  }
}

// ---- the measurement ----

interface Stretch {
  said: number;
  milliseconds: number[];
}

interface Victim {
  child: ChildProcess;
  port: number;
  card: string;
  status: () => Promise<{ counters: { [name: string]: number }; links: number }>;
}

async function startVictim(home: string): Promise<Victim> {
  const env = { ...process.env, MAINFRAME_HOME: home, NO_COLOR: '1' };
  const password = join(home, 'password');
  writeFileSync(password, 'in a flood\n', { mode: 0o600 });
  const program = 'dist/cli/main.js';
  const init = spawnSync(
    process.execPath,
    [
      program,
      'node',
      'init',
      'victim',
      '--listen',
      '127.0.0.1',
      '--port',
      '0',
      '--network',
      '9',
      '--light',
      '--json',
      '--password-file',
      password,
    ],
    { env, encoding: 'utf8' },
  );
  if (init.status !== 0) throw new Error(init.stderr + init.stdout);
  const child = spawn(
    process.execPath,
    [program, 'node', 'run', 'victim', '--password-file', password],
    {
      env,
      stdio: 'ignore',
    },
  );
  const folder = join(home, 'nodes', 'victim');
  const ask = async (path: string): Promise<unknown> => {
    const { port } = JSON.parse(readFileSync(join(folder, 'api.json'), 'utf8')) as { port: number };
    const token = readFileSync(join(folder, 'api.token'), 'utf8').trim();
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return response.json();
  };
  for (let tries = 0; ; tries++) {
    try {
      const { udp } = (await ask('/status')) as { udp: string[] };
      const { card } = (await ask('/card')) as { card: string };
      const port = Number(udp[0]!.split(':').at(-1));
      return { child, port, card, status: () => ask('/status') as ReturnType<Victim['status']> };
    } catch (error) {
      if (tries === 200) throw error;
      await pause(100);
    }
  }
}

/** Memory that a process holds, MiB. */
function heldMiB(pid: number): number {
  const found = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found![1]) / 1_024;
}

/** Processor time that a process has used, seconds (of hundredths, Linux). */
function usedSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const quantile = (values: readonly number[], at: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(at * (values.length - 1))] ?? NaN;

async function measure(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'mainframe-flood-'));
  const friends: BenchNode[] = [];
  let victim: Victim | undefined;
  let flooding: ChildProcess | undefined;
  try {
    victim = await startVictim(home);
    const suite = createSuite('native');
    const read = readCard(suite, victim.card);
    if (!read.ok) throw new Error(read.why);
    const { address, publicKey } = read.record;
    const endpoint = new Uint8Array(18);
    endpoint.set([0xff, 0xff, 127, 0, 0, 1, victim.port >>> 8, victim.port & 0xff], 10);

    const corpus: Uint8Array[] = [];
    let stretch: Stretch = { said: 0, milliseconds: [] };
    const begun: Map<number, { at: number; of: Stretch }>[] = [];
    for (let i = 0; i < FRIENDS; i++) {
      begun.push(new Map());
      friends.push(
        await openNode(100 + i, false, {
          knows: { address, endpoint },
          tap: {
            out: (_from, to, bytes) => {
              if (corpus.length < 4_000 && endpointText(to, 0) === endpointText(endpoint, 0))
                corpus.push(bytes.slice());
            },
            in: () => undefined,
          },
          acknowledged: (numbers) => {
            for (const number of numbers) {
              const said = begun[i]!.get(number);
              if (said !== undefined) said.of.milliseconds.push(performance.now() - said.at);
              begun[i]!.delete(number);
            }
          },
        }),
      );
    }
    await pause(2_000);

    /** The good peers talk for so long; what is still under way at its end has a moment left. */
    const talk = async (milliseconds: number): Promise<Stretch> => {
      const mine: Stretch = { said: 0, milliseconds: [] };
      stretch = mine;
      const end = performance.now() + milliseconds;
      for (let next = performance.now(); next < end; next += SAY_EVERY_MS) {
        await pause(Math.max(0, next - performance.now()));
        friends.forEach(({ host, node }, i) => {
          const at = performance.now();
          const { number } = host.act(() =>
            node.say({ address, publicKey }, new Uint8Array(200).fill(i)),
          );
          begun[i]!.set(number, { at, of: mine });
          mine.said++;
        });
      }
      await pause(PAUSE_MS);
      return stretch;
    };

    flooding = fork(
      fileURLToPath(import.meta.url),
      [String(DATAGRAMS), String(PER_SECOND), 'flood'],
      {
        execArgv: process.execArgv,
        serialization: 'advanced',
      },
    );
    await new Promise((resolve) => flooding!.once('message', resolve));
    await talk(STRETCH_MS);

    const quiet: Stretch[] = [];
    const flooded: Stretch[] = [];
    const memory: number[] = [];
    const each = Math.round((PER_SECOND * STRETCH_MS) / 1_000);
    let sent = 0;
    while (sent < DATAGRAMS) {
      quiet.push(await talk(STRETCH_MS));
      const datagrams = Math.min(each, DATAGRAMS - sent);
      const usedBefore = usedSeconds(victim.child.pid!);
      const done = new Promise<{ failed: number; seconds: number }>((resolve) =>
        flooding!.once('message', (said) => {
          resolve(said as { failed: number; seconds: number });
        }),
      );
      flooding.send({ port: victim.port, datagrams, corpus } satisfies Order);
      flooded.push(await talk(STRETCH_MS));
      const { failed, seconds } = await done;
      sent += datagrams;
      const used = usedSeconds(victim.child.pid!) - usedBefore;
      memory.push(heldMiB(victim.child.pid!));
      console.log(
        `${sent.toLocaleString('en')} sent (${failed} refused, ${Math.round(datagrams / seconds)} a second), node used ${used.toFixed(1)} s and holds ${memory.at(-1)!.toFixed(0)} MiB; quiet ${lineOf(quiet.at(-1)!)}, flooded ${lineOf(flooded.at(-1)!)}`,
      );
    }
    const status = await victim.status();
    const all = (stretches: readonly Stretch[]): Stretch => ({
      said: stretches.reduce((sum, { said }) => sum + said, 0),
      milliseconds: stretches.flatMap(({ milliseconds }) => milliseconds),
    });
    const [normal, under] = [all(quiet), all(flooded)];
    const delivery = (s: Stretch): number => s.milliseconds.length / s.said;
    const ratios = {
      delivery: delivery(under) / delivery(normal),
      speed: quantile(normal.milliseconds, 0.5) / quantile(under.milliseconds, 0.5),
    };
    // The least of each half: in between, memory waits for its collector.
    const half = memory.length >> 1;
    const grown = Math.min(...memory.slice(half)) - Math.min(...memory.slice(0, Math.max(1, half)));
    const { counters } = status;
    const dropped = Object.entries(counters).filter(
      ([name, n]) => name.startsWith('dropped') && n > 0,
    );
    console.log(`quiet   ${lineOf(normal)}`);
    console.log(`flooded ${lineOf(under)}`);
    console.log(
      `service in the flood, of normal: ${(100 * ratios.delivery).toFixed(1)}% delivered, ${(100 * ratios.speed).toFixed(1)}% as fast (medians)`,
    );
    console.log(
      `node: ${counters['exceptions']} exceptions, ${grown.toFixed(1)} MiB more in the second half, ${status.links} links; in ${counters['datagramsIn']}, ${dropped.map(([name, n]) => `${name} ${n}`).join(', ')}`,
    );
    const well =
      counters['exceptions'] === 0 &&
      grown < GROWTH_MIB_MAX &&
      ratios.delivery >= SERVICE_RATIO_MIN &&
      ratios.speed >= SERVICE_RATIO_MIN;
    process.exitCode = well ? 0 : 1;
  } finally {
    flooding?.kill();
    if (victim?.child.kill() === true)
      await new Promise((done) => victim!.child.once('exit', done));
    await Promise.all(friends.map(({ host }) => host.close(false)));
    rmSync(home, { recursive: true, force: true });
  }
}

function lineOf({ said, milliseconds }: Stretch): string {
  const [median, p95] = [0.5, 0.95].map((at) => quantile(milliseconds, at).toFixed(1));
  return `${milliseconds.length} of ${said} texts, median ${median} ms, p95 ${p95} ms`;
}

if (process.send !== undefined && process.argv[4] === 'flood') {
  process.on('disconnect', () => process.exit(0));
  for (let i = 0; i < SOCKETS; i++) {
    const socket = dgram.createSocket('udp4');
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      socket.bind(0, `127.9.${i}.1`, resolve);
    });
    sockets.push(socket);
  }
  process.on('message', (order: Order) => void flood(order));
  process.send('ready');
} else await measure();
