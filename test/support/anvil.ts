/**
 * A play chain for tests: anvil, which makes a block only when it is told to. The binary of the platform is started, not the npm wrapper, whose child would outlive it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const PLATFORM = `anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;

const BINARY = join(
  dirname(require.resolve('@foundry-rs/anvil/package.json')),
  '..',
  PLATFORM,
  'bin',
  process.platform === 'win32' ? 'anvil.exe' : 'anvil',
);

/** Why there can be no chain here; undefined if there can. */
export const NO_ANVIL = existsSync(BINARY)
  ? undefined
  : `skipped: ${BINARY} is not there (npm ci installs it where the platform has one)`;

export const ANVIL_CHAIN_ID = 31_337n;

export interface Anvil {
  url: string;
  ask(method: string, ...params: unknown[]): Promise<unknown>;
  /** Makes blocks. */
  mine(blocks?: number): Promise<void>;
  /** Gives an account coins for gas. */
  fund(account: string, coins?: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startAnvil(chainId = ANVIL_CHAIN_ID): Promise<Anvil> {
  const port = await freePort();
  const child = spawn(
    BINARY,
    [
      '--port',
      String(port),
      '--chain-id',
      String(chainId),
      '--no-mining',
      '--order',
      'fifo',
      '--silent',
      '--accounts',
      '1',
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  const ask = async (method: string, ...params: unknown[]): Promise<unknown> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as { result?: unknown; error?: unknown };
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  };
  await answering(ask, child);
  return {
    url,
    ask,
    mine: async (blocks = 1) => {
      await ask('anvil_mine', `0x${blocks.toString(16)}`, '0x1');
    },
    fund: async (account, coins = 100) => {
      await ask('anvil_setBalance', account, `0x${(BigInt(coins) * 10n ** 18n).toString(16)}`);
    },
    stop: () => ended(child),
  };
}

async function answering(ask: Anvil['ask'], child: ChildProcess): Promise<void> {
  for (let i = 0; i < 200; i++) {
    try {
      await ask('eth_chainId');
      return;
    } catch {
      if (child.exitCode !== null) throw new Error(`anvil ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  child.kill('SIGKILL');
  throw new Error('anvil does not answer');
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.kill('SIGKILL');
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
