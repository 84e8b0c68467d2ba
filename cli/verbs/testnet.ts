/** `mainframe testnet up|down|status`: several live nodes on this machine, each a process of its own, joined through the first. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiClient } from '../../live/api/client.ts';
import type { NodeStatus } from '../../live/api/schemas.ts';
import { flagLayer } from '../../live/config/layer.ts';
import { forgetNetwork, writeNetwork } from '../../live/config/networks.ts';
import { NodeFolder, nodeNames, nodesHome } from '../../live/node/folder.ts';
import { EXIT, UserError } from '../exit.ts';
import { Output } from '../output.ts';
import { flagsOf, wrongSettings } from '../settings.ts';
import { nodeInitVerb } from './node.ts';

const PREFIX = 'testnet-';
const NODES_MAX = 64;
const NETWORK = '7357';
/** Its name, for nodes that want to join it. */
const NET = 'testnet';
const START_SECONDS = 30;

const names = (): string[] =>
  nodeNames()
    .filter((name) => name.startsWith(PREFIX))
    .toSorted((a, b) => Number(a.slice(PREFIX.length)) - Number(b.slice(PREFIX.length)));
const quiet = (): Output => new Output({ json: false, quiet: true, color: false });

export async function testnetUpVerb(
  args: { nodes: number; port: number; delay: number; loss: number },
  output: Output,
): Promise<number> {
  if (!(Number.isInteger(args.nodes) && args.nodes >= 2 && args.nodes <= NODES_MAX))
    throw new UserError(EXIT.usage, 'MF-0815', `A testnet has 2 to ${NODES_MAX} nodes.`);
  if (names().length > 0)
    throw new UserError(
      EXIT.environment,
      'MF-0816',
      'There is a testnet already. End it: mainframe testnet down',
    );
  assertEmulated(args);
  mkdirSync(nodesHome(), { recursive: true, mode: 0o700 });
  const passwordFile = join(nodesHome(), 'testnet.password');
  writeFileSync(passwordFile, `${randomBytes(16).toString('hex')}\n`, { mode: 0o600 });
  const started = performance.now();
  let first: string | undefined;
  for (let i = 1; i <= args.nodes; i++) {
    const name = `${PREFIX}${i}`;
    const port = args.port === 0 ? await freePort() : args.port + i - 1;
    await nodeInitVerb(
      {
        name,
        listen: '127.0.0.1',
        port,
        bootstrap: first === undefined ? [] : [first],
        network: NETWORK,
        'password-file': passwordFile,
        light: true,
      },
      quiet(),
    );
    launch(name, port, passwordFile, args);
    await untilUp(name);
    first ??= (await new ApiClient(new NodeFolder(name)).get<{ card: string }>('/card')).card;
    output.progress(`${i} of ${args.nodes} nodes are up`);
  }
  writeNetwork(NET, 'The testnet of this machine, while it is up.', {
    id: NETWORK,
    bootstrap: [first!],
  });
  await untilJoined();
  const all = await statuses();
  const peers = all.map(({ status }) => status?.peers ?? 0).toSorted((a, b) => a - b);
  output.print(
    [
      `${args.nodes} nodes are up, each in a process of its own: ${PREFIX}1 to ${PREFIX}${args.nodes}, network ${NETWORK}.`,
      `  peers     ${peers[0]} to ${peers.at(-1)} in each table`,
      `  took      ${((performance.now() - started) / 1_000).toFixed(1)} s`,
      `Try       mainframe contacts add two "$(mainframe node id ${PREFIX}2)" --node ${PREFIX}1`,
      `          mainframe send two "hello" --node ${PREFIX}1 && mainframe inbox --node ${PREFIX}2`,
      `Join      mainframe node init me --net ${NET} --listen 127.0.0.1 --port 0`,
      `End       mainframe testnet down`,
    ].join('\n'),
  );
  output.object({ schema: 'testnet/v1', nodes: all });
  return EXIT.ok;
}

export async function testnetStatusVerb(output: Output): Promise<number> {
  const all = await statuses();
  for (const { name, status } of all)
    output.print(
      status === undefined
        ? `${name.padEnd(12)} does not run`
        : `${name.padEnd(12)} ${status.state.padEnd(9)} ${String(status.peers).padStart(3)} peers   ${status.udp.join(' ')}   ${status.waiting} waiting`,
    );
  if (all.length === 0) output.print('There is no testnet. mainframe testnet up 8');
  output.object({ schema: 'testnet/v1', nodes: all });
  return all.every(({ status }) => status !== undefined) ? EXIT.ok : EXIT.environment;
}

/** Stops every node and removes their folders. */
export async function testnetDownVerb(output: Output): Promise<number> {
  const all = names();
  await Promise.all(
    all.map(async (name) => {
      const folder = new NodeFolder(name);
      try {
        const { pid } = JSON.parse(readFileSync(folder.file('api.json'), 'utf8')) as {
          pid: number;
        };
        await new ApiClient(folder).post('/stop', {});
        await untilGone(pid);
      } catch {
        // It does not run.
      }
      folder.remove();
    }),
  );
  rmSync(join(nodesHome(), 'testnet.password'), { force: true });
  forgetNetwork(NET);
  output.print(
    all.length === 0
      ? 'There was no testnet.'
      : `${all.length} nodes stopped, their folders removed.`,
  );
  output.object({ schema: 'testnet-down/v1', stopped: all.length });
  return EXIT.ok;
}

/** @throws UserError (exit 2) for what no network does. */
function assertEmulated(args: { delay: number; loss: number }): void {
  const { problems } = flagLayer(flagsOf(args));
  if (problems.length > 0) throw wrongSettings(problems);
}

function launch(
  name: string,
  port: number,
  passwordFile: string,
  { delay, loss }: { delay: number; loss: number },
): void {
  const folder = new NodeFolder(name);
  const log = openSync(folder.file('log.ndjson'), 'a', 0o600);
  spawn(
    process.execPath,
    [
      ...process.execArgv,
      process.argv[1]!,
      'node',
      'run',
      name,
      '--password-file',
      passwordFile,
      '--json',
      `--delay=${delay}`,
      `--loss=${loss}`,
      // Stronger than whatever the user has set for other nodes.
      '--set=node.udp.ipv4=127.0.0.1',
      `--set=node.udp.port=${port}`,
    ],
    {
      detached: true,
      stdio: ['ignore', log, log],
    },
  ).unref();
}

async function untilUp(name: string): Promise<void> {
  const until = performance.now() + START_SECONDS * 1_000;
  for (;;) {
    try {
      await new ApiClient(new NodeFolder(name)).get('/status');
      return;
    } catch {
      if (performance.now() > until)
        throw new UserError(
          EXIT.environment,
          'MF-0817',
          `${name} did not start within ${START_SECONDS} s. What it said: ${new NodeFolder(name).file('log.ndjson')}`,
        );
      await pause(100);
    }
  }
}

/** Waits until every node has a peer. */
async function untilJoined(): Promise<void> {
  const until = performance.now() + START_SECONDS * 1_000;
  while (performance.now() < until) {
    if ((await statuses()).every(({ status }) => (status?.peers ?? 0) > 0)) return;
    await pause(200);
  }
}

async function untilGone(pid: number): Promise<void> {
  const until = performance.now() + START_SECONDS * 1_000;
  while (performance.now() < until) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await pause(50);
  }
}

async function statuses(): Promise<{ name: string; status?: NodeStatus }[]> {
  return Promise.all(
    names().map(async (name) => {
      try {
        return {
          name,
          status: await new ApiClient(new NodeFolder(name)).get<NodeStatus>('/status'),
        };
      } catch {
        return { name };
      }
    }),
  );
}

/** A UDP port that nobody uses at this moment. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => {
        resolve(port);
      });
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
