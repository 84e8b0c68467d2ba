/** `mainframe node …`: makes, runs, asks and stops a live node. */
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import pino from 'pino';
import { createSuite } from '../../protocols/crypto/suites.ts';
import { ApiServer } from '../../live/api/server.ts';
import { BindError } from '../../live/host/udp.ts';
import {
  decryptKey,
  encryptKey,
  KeyFileError,
  LIGHT_COST,
  STANDARD_COST,
} from '../../live/keys/keystore.ts';
import type { LiveNode, NodeStatus, PeerLine } from '../../live/node/daemon.ts';
import { NodeFolder, type NodeSettingsFile } from '../../live/node/folder.ts';
import {
  announcedEndpoint,
  cardText,
  fromHex,
  identityOf,
  newIdentity,
  readCard,
  recordOf,
  toHex,
} from '../../live/node/identity.ts';
import { reachabilityText } from '../../live/node/reachability.ts';
import { startNode, type EmulatedNetwork } from '../../live/node/start.ts';
import { StoreError } from '../../live/store/port.ts';
import { buildIdentity } from '../../scenarios/version.ts';
import { EXIT, UserError } from '../exit.ts';
import { clientOf, folderOf, known } from '../live.ts';
import type { Output } from '../output.ts';
import { password } from '../password.ts';

export const KEY_FILE = 'account.json';
/** Longest that a stop may take, seconds. */
const STOP_SECONDS = 20;

export interface InitArguments {
  name: string;
  listen: string;
  port: number;
  announce?: string | undefined;
  bootstrap: readonly string[];
  network: string;
  'password-file'?: string | undefined;
  light: boolean;
}

/** Makes a node's folder: key, settings, contact card. */
export async function nodeInitVerb(args: InitArguments, output: Output): Promise<number> {
  const folder = known(() => new NodeFolder(args.name));
  if (folder.exists)
    throw new UserError(
      EXIT.environment,
      'MF-0801',
      `There is a node "${args.name}" already, in ${folder.path}.`,
    );
  if (!/^\d{1,20}$/.test(args.network) || BigInt(args.network) > 0xffff_ffff_ffff_ffffn)
    throw new UserError(
      EXIT.usage,
      'MF-0805',
      `--network takes a number below 2^64, not "${args.network}".`,
    );
  const suite = createSuite('native');
  for (const card of args.bootstrap) {
    const read = readCard(suite, card);
    if (!read.ok)
      throw new UserError(
        EXIT.usage,
        'MF-0806',
        `--bootstrap: that is no contact card: ${read.why}.`,
      );
  }
  const ipv6 = args.listen.includes(':');
  const wildcard = args.listen === '0.0.0.0' || args.listen === '::';
  const at = ipv6 ? `[${args.listen}]:${args.port}` : `${args.listen}:${args.port}`;
  const announce = args.announce ?? (wildcard || args.port === 0 ? '' : at);
  try {
    announcedEndpoint(announce);
    announcedEndpoint(at);
  } catch (error) {
    throw new UserError(
      EXIT.usage,
      'MF-0807',
      `${(error as Error).message}. Give an IP address, for example --listen 127.0.0.1 --port 4242.`,
    );
  }
  const secret = await password(args['password-file'], 'The key of a new node', true);
  const identity = newIdentity(suite, BigInt(args.network));
  const settings: NodeSettingsFile = {
    version: 1,
    name: args.name,
    networkId: args.network,
    address: toHex(identity.address),
    publicKey: toHex(identity.key.publicKey),
    nonce: toHex(identity.nonce),
    sequence: 1,
    keyNumber: 1,
    listenIpv4: ipv6 ? '' : args.listen,
    listenIpv6: ipv6 ? args.listen : '',
    port: args.port,
    announce,
    apiPort: 0,
    bootstrap: [...args.bootstrap],
    luminosityBits: 8,
    networkShareRatio: args.listen.startsWith('127.') || args.listen === '::1' ? 1 : 0.25,
    keepaliveSeconds: 25,
    relayBytesPerSecond: 131_072,
  };
  folder.create();
  folder.write(
    KEY_FILE,
    await encryptKey(
      identity.accountSecret,
      secret,
      identity.account,
      args.light ? LIGHT_COST : STANDARD_COST,
    ),
  );
  folder.saveSettings(settings);
  const card = cardText(recordOf(suite, identity, settings, announcedEndpoint(announce)));
  output.print(
    [
      `Made node "${args.name}".`,
      `  address   ${settings.address}`,
      `  key       ${folder.file(KEY_FILE)}   scrypt, mode 0600`,
      `  card      ${card}`,
      `Give the card to friends. Next: mainframe node run ${args.name}`,
    ].join('\n'),
  );
  output.object({
    schema: 'node-init/v1',
    name: args.name,
    address: settings.address,
    card,
    folder: folder.path,
  });
  return EXIT.ok;
}

/** Runs a node until Ctrl-C, a polite kill, or `node stop`. */
export async function nodeRunVerb(
  args: {
    name: string | undefined;
    log: string;
    delay: number;
    loss: number;
    'password-file'?: string | undefined;
  },
  output: Output,
): Promise<number> {
  const folder = folderOf(args.name);
  const settings = known(() => folder.settings());
  const secret = await unlock(folder, args['password-file']);
  // Logs are talk: text for people on a terminal comes from `print`, lines of JSON for machines from here.
  const log = pino({ level: args.log }, pino.destination(2));
  const node = await started(folder, settings, secret, log, emulatedOf(args));
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const token = randomBytes(32).toString('base64url');
  folder.write('api.token', `${token}\n`);
  const api = new ApiServer(node, token, stop);
  const port = await api.listen(settings.apiPort).catch(async (error: NodeJS.ErrnoException) => {
    await node.stop();
    throw new UserError(
      EXIT.environment,
      'MF-0803',
      `The API cannot listen at 127.0.0.1:${settings.apiPort} (${error.code ?? error.message}).`,
    );
  });
  folder.write('api.json', JSON.stringify({ port, pid: process.pid }));
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const status = node.status();
  output.print(
    [
      `mainframe node ${buildIdentity().version}   ${settings.name}   ${short(status.address)}   network ${status.networkId}`,
      `  udp      ${status.udp.join('   ')}`,
      `  api      http://127.0.0.1:${port}   health /health   metrics /metrics   token ${folder.file('api.token')}`,
      `Ready. Ctrl-C stops.`,
    ].join('\n'),
  );
  output.object({ schema: 'node-run/v1', ...status, apiPort: port });
  await stopped;
  output.talk('Stopping: saying goodbye to neighbours, keeping what waits.');
  const forced = setTimeout(() => {
    output.complain(
      `It took longer than ${STOP_SECONDS} s; stopped at once. What was acknowledged is kept.`,
    );
    process.exit(EXIT.environment);
  }, STOP_SECONDS * 1_000);
  await api.close();
  await node.stop();
  rmSync(folder.file('api.json'), { force: true });
  clearTimeout(forced);
  output.print(
    `Stopped. ${node.status().waiting} messages wait for their recipients and go on with the next start.`,
  );
  return EXIT.ok;
}

/** @throws UserError (exit 2) for what no network does. */
export function emulatedOf({ delay, loss }: { delay: number; loss: number }): EmulatedNetwork {
  if (!(delay >= 0 && delay <= 60_000))
    throw new UserError(EXIT.usage, 'MF-0818', '--delay takes 0 to 60000 milliseconds.');
  if (!(loss >= 0 && loss < 100))
    throw new UserError(EXIT.usage, 'MF-0818', '--loss takes 0 to 99 percent.');
  return { delayUs: Math.round(delay * 1_000), lossRatio: loss / 100 };
}

/** The account's secret of a node, with its password. */
export async function unlock(
  folder: NodeFolder,
  passwordFile: string | undefined,
): Promise<Uint8Array> {
  const text = known(() => folder.readSecret(KEY_FILE));
  const secret = await password(passwordFile, `The key of node "${folder.name}"`, false);
  try {
    return await decryptKey(text, secret);
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    throw new UserError(EXIT.environment, 'MF-0813', `${error.message} (${folder.file(KEY_FILE)})`);
  }
}

async function started(
  folder: NodeFolder,
  settings: NodeSettingsFile,
  secret: Uint8Array,
  log: pino.Logger,
  emulated: EmulatedNetwork,
): Promise<LiveNode> {
  try {
    return await startNode(
      folder,
      secret,
      {
        info: (event, facts) => {
          log.info({ event, ...facts });
        },
        warn: (event, facts) => {
          log.warn({ event, ...facts });
        },
      },
      emulated,
    );
  } catch (error) {
    if (error instanceof StoreError)
      throw new UserError(
        EXIT.environment,
        'MF-0804',
        error.code === 'LEVEL_LOCKED'
          ? `The node "${settings.name}" runs already: ${error.message} Stop it: mainframe node stop ${settings.name}`
          : error.message,
      );
    if (error instanceof BindError)
      throw new UserError(
        EXIT.environment,
        'MF-0803',
        `UDP ${error.address}:${error.port} cannot be used (${error.code}): ${error.code === 'EADDRINUSE' ? 'another program has it' : 'this machine has no such address'}. Change "port" in ${folder.file('node.json')}.`,
      );
    throw error;
  }
}

export async function nodeStatusVerb(name: string | undefined, output: Output): Promise<number> {
  const status = await clientOf(name).get<NodeStatus>('/status');
  output.print(
    [
      `${status.name}   ${status.state}   up ${status.upSeconds} s   network ${status.networkId}`,
      `  address   ${status.address}`,
      `  udp       ${status.udp.join('   ')}`,
      `  peers     ${status.peers} in the table   ${status.links} links open   depth ${status.depth}`,
      `  messages  ${status.waiting} wait for an acknowledgement`,
      `  reachable from outside: ${reachabilityText(status.reachability)}`,
      ...status.reasons.map((reason) => `  ! ${reason}`),
    ].join('\n'),
  );
  output.object({ schema: 'node-status/v1', ...status });
  return status.state === 'degraded' ? EXIT.environment : EXIT.ok;
}

export async function nodePeersVerb(name: string | undefined, output: Output): Promise<number> {
  const { peers } = await clientOf(name).get<{ peers: PeerLine[] }>('/peers');
  for (const { address, endpoint, bin, roundTripMs, way } of peers)
    output.print(
      `${short(address)}  ${(way === 'relay' ? 'through a relay' : endpoint).padEnd(24)} bin ${String(bin).padStart(2)}   ${roundTripMs === 0 ? '' : `${roundTripMs.toFixed(1)} ms`}`.trimEnd(),
    );
  if (peers.length === 0) output.print('No peers yet.');
  output.object({ schema: 'node-peers/v1', peers });
  return EXIT.ok;
}

export async function nodeStopVerb(name: string | undefined, output: Output): Promise<number> {
  const folder = folderOf(name);
  await clientOf(name).post('/stop', {});
  const until = performance.now() + STOP_SECONDS * 1_000;
  while (existsSync(folder.file('api.json')) && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const stopped = !existsSync(folder.file('api.json'));
  output.print(
    stopped
      ? `Stopped "${folder.name}".`
      : `"${folder.name}" has not stopped within ${STOP_SECONDS} s.`,
  );
  output.object({ schema: 'node-stop/v1', name: folder.name, stopped });
  return stopped ? EXIT.ok : EXIT.environment;
}

/** The node's address and contact card, from its running self or, with the password, from its key. */
export async function nodeIdVerb(
  args: { name: string | undefined; 'password-file'?: string | undefined },
  output: Output,
): Promise<number> {
  const folder = folderOf(args.name);
  const settings = known(() => folder.settings());
  const card = existsSync(folder.file('api.json'))
    ? (await clientOf(args.name).get<{ card: string }>('/card')).card
    : cardOf(settings, await unlock(folder, args['password-file']));
  output.print(card);
  output.object({ schema: 'node-id/v1', name: settings.name, address: settings.address, card });
  return EXIT.ok;
}

function cardOf(settings: NodeSettingsFile, secret: Uint8Array): string {
  const suite = createSuite('native');
  const identity = identityOf(
    suite,
    secret,
    BigInt(settings.networkId),
    fromHex(settings.nonce),
    settings.keyNumber,
  );
  return cardText(recordOf(suite, identity, settings, announcedEndpoint(settings.announce)));
}

export function short(address: string): string {
  return `${address.slice(0, 8)}…${address.slice(-4)}`;
}
