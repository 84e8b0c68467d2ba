/** Live nodes in this process, with their API, in a home of their own. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unlock } from '../../../cli/key-file.ts';
import { nodeInitVerb } from '../../../cli/verbs/node.ts';
import { Output } from '../../../cli/output.ts';
import { ApiServer } from '../../../live/api/server.ts';
import type { Machine } from '../../../live/host/clock.ts';
import { resolveSettings } from '../../../live/config/resolve.ts';
import type { Reporter } from '../../../live/log/logger.ts';
import type { LiveNode } from '../../../live/node/daemon.ts';
import { NodeFolder } from '../../../live/node/folder.ts';
import { startNode } from '../../../live/node/start.ts';

export interface Running {
  node: LiveNode;
  api: ApiServer;
  folder: NodeFolder;
  /** `http://127.0.0.1:…` */
  at: string;
  port: number;
  token: string;
  /** What it has reported. */
  said: { event: string; facts: object }[];
  /** How often the API was told to stop the node. */
  stops: () => number;
  close(): Promise<void>;
}

/** A home for nodes; every node that a test makes lives there. */
export function makeHome(): { passwordFile: string; remove(): void } {
  const home = mkdtempSync(join(tmpdir(), 'mainframe-api-'));
  process.env['MAINFRAME_HOME'] = home;
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, 'correct horse\n', { mode: 0o600 });
  return {
    passwordFile,
    remove: () => {
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export async function startLive(
  name: string,
  passwordFile: string,
  more: {
    bootstrap?: string[];
    machine?: Machine;
    set?: string[];
    /** The node is there already. */
    again?: boolean;
    /** Where in the network it must be: others are made until one has such an address (hex). */
    fits?: (address: string) => boolean;
  } = {},
): Promise<Running> {
  const folder = new NodeFolder(name);
  if (more.again !== true) await initLive(name, passwordFile, more.bootstrap ?? []);
  while (more.fits?.(folder.facts().address) === false) {
    rmSync(folder.path, { recursive: true });
    rmSync(folder.settingsFile);
    await initLive(name, passwordFile, more.bootstrap ?? []);
  }
  const said: Running['said'] = [];
  const reporter: Reporter = {
    report: (event, facts) => said.push({ event, facts }),
    protocol: ({ name }, values) => said.push({ event: name, facts: { values: [...values] } }),
  };
  const accountSecret = await unlock(folder, passwordFile);
  const { machine, set = [] } = more;
  const flags = set.map((text) => ({ flag: '--set', text }));
  const { settings } = resolveSettings({ node: name, flags });
  const node = await startNode(folder, {
    accountSecret,
    settings,
    reporter,
    ...(machine === undefined ? {} : { machine }),
  });
  const token = randomBytes(32).toString('base64url');
  let stops = 0;
  const api = new ApiServer(node, token, () => stops++, {
    reporter,
    metricsOfPeers: settings.metrics.peers,
  });
  const port = await api.listen(0);
  return {
    node,
    api,
    folder,
    at: `http://127.0.0.1:${port}`,
    port,
    token,
    said,
    stops: () => stops,
    close: async () => {
      await node.stop();
      await api.close();
    },
  };
}

async function initLive(name: string, passwordFile: string, bootstrap: string[]): Promise<void> {
  await nodeInitVerb(
    {
      name,
      listen: '127.0.0.1',
      port: await freePort(),
      bootstrap,
      network: '1',
      'password-file': passwordFile,
      light: true,
    },
    new Output({ json: false, quiet: true, color: false }),
  );
}

/** Waits until `there` gives something. */
export async function eventually<T>(there: () => T | undefined | false): Promise<T> {
  for (let round = 0; round < 1_000; round++) {
    const value = there();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('waited in vain');
}

/** A UDP port that nobody uses at this moment; a card needs one that is known before the node runs. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
