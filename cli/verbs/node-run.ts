/** `mainframe node run`: a live node, until it is told to stop. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { ApiServer } from '../../live/api/server.ts';
import type { NodeSettings } from '../../live/config/schema.ts';
import { BindError } from '../../live/host/udp.ts';
import type { LogSpec } from '../../live/log/levels.ts';
import { createLog, type Reporter } from '../../live/log/logger.ts';
import { mft } from '../../live/money/amounts.ts';
import { MoneySettingsError } from '../../live/money/settings-error.ts';
import type { LiveNode } from '../../live/node/daemon.ts';
import type { NodeFolder } from '../../live/node/folder.ts';
import { startNode, type StartOptions } from '../../live/node/start.ts';
import { StoreError } from '../../live/store/port.ts';
import { buildIdentity } from '../../scenarios/version.ts';
import { earlyClock, openClock } from '../machine-clock.ts';
import { EXIT, UserError } from '../exit.ts';
import { unlock } from '../key-file.ts';
import { folderOf, known } from '../live.ts';
import { listenTo, type CaptureArguments } from '../node-capture.ts';
import type { Output } from '../output.ts';
import { settingsFor, type SettingArguments } from '../settings.ts';
import { short } from './node.ts';

const US_PER_S = 1_000_000;

/** Runs a node until Ctrl-C, a polite kill, or `node stop`. */
export async function nodeRunVerb(
  args: { name: string | undefined; 'password-file'?: string | undefined } & SettingArguments &
    CaptureArguments,
  output: Output,
): Promise<number> {
  const folder = folderOf(args.name);
  const facts = known(() => folder.facts());
  const settings = settingsFor(folder, args);
  const accountSecret = await unlock(folder, args['password-file']);
  const migrated = known(() => folder.migrate());
  if (migrated !== undefined) output.talk(migrated);
  const reporter = logTo(output, settings.log);
  const ears = listenTo(args, facts, output);
  const { listening } = ears;
  const node = await started(folder, { accountSecret, settings, reporter, listening }).catch(
    (error: unknown) => {
      ears.close();
      throw error;
    },
  );
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const { api, port } = await served(folder, node, settings, stop, reporter);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  welcome(folder, node, port, output, reporter);
  await stopped;
  output.talk('Stopping: saying goodbye to neighbours, keeping what waits.');
  const seconds = settings.node.stop.within / US_PER_S;
  const forced = setTimeout(() => {
    output.complain(
      `It took longer than ${seconds} s; stopped at once. What was acknowledged is kept.`,
    );
    process.exit(EXIT.environment);
  }, seconds * 1_000);
  // The API lives as long as the node, so that whoever asks is told that it stops.
  await node.stop();
  ears.close();
  await api.close();
  rmSync(folder.file('api.json'), { force: true });
  clearTimeout(forced);
  const { waiting } = node.status();
  reporter.report('node.stopped', { waiting });
  output.print(
    `Stopped. ${waiting} messages wait for their recipients and go on with the next start.`,
  );
  return EXIT.ok;
}

/** Logs are talk: to stderr, text for a terminal, lines of JSON for everything else. */
function logTo(output: Output, spec: LogSpec): Reporter {
  return createLog({
    spec,
    networkUs: openClock(),
    wallMs: () => Date.now(),
    write: (line) => process.stderr.write(line),
    text: process.stderr.isTTY === true && !output.json,
    colour: output.colourOfTalk,
  });
}

/** The API of a node, with its token and its port in the node's folder. */
async function served(
  folder: NodeFolder,
  node: LiveNode,
  settings: NodeSettings,
  stop: () => void,
  reporter: Reporter,
): Promise<{ api: ApiServer; port: number }> {
  const token = randomBytes(32).toString('base64url');
  folder.write('api.token', `${token}\n`);
  const api = new ApiServer(node, token, stop, {
    reporter,
    metricsOfPeers: settings.metrics.peers,
  });
  const wanted = settings.node.api.port;
  const port = await api.listen(wanted).catch(async (error: NodeJS.ErrnoException) => {
    await node.stop();
    throw new UserError(
      EXIT.environment,
      'MF-0803',
      `The API cannot listen at 127.0.0.1:${wanted} (${error.code ?? error.message}). Another port: mainframe config set node.api.port any --node ${folder.name}`,
    );
  });
  folder.write('api.json', JSON.stringify({ port, pid: process.pid }));
  return { api, port };
}

function welcome(
  folder: NodeFolder,
  node: LiveNode,
  port: number,
  output: Output,
  reporter: Reporter,
): void {
  const status = node.status();
  const { version } = buildIdentity();
  reporter.report('api.listening', { port });
  reporter.report('node.started', { version, address: status.address, udp: status.udp, api: port });
  output.print(
    [
      `mainframe node ${version}   ${status.name}   ${short(status.address)}   network ${status.networkId}`,
      `  udp      ${status.udp.join('   ')}`,
      ...moneyLine(node),
      `  api      http://127.0.0.1:${port}   health /health   metrics /metrics   token ${folder.file('api.token')}`,
      `Ready. Ctrl-C stops.`,
    ].join('\n'),
  );
  output.object({ schema: 'node-run/v1', ...status, apiPort: port });
}

/** A line on money, for a node that has any. */
function moneyLine(node: LiveNode): string[] {
  if (!node.hasMoney) return [];
  const { chequebook, owed, owing, trouble, endpoint } = node.money().report();
  if (trouble !== null) return [`  money    ! ${trouble.why}`];
  if (chequebook === null) return [`  money    chain at ${endpoint}, no contracts named yet`];
  const held = chequebook.opened
    ? `${mft(BigInt(chequebook.balance))} in the chequebook`
    : 'no chequebook yet';
  return [`  money    ${held} · we are owed ${mft(BigInt(owed))} · we owe ${mft(BigInt(owing))}`];
}

async function started(folder: NodeFolder, options: StartOptions): Promise<LiveNode> {
  try {
    return await startNode(folder, options);
  } catch (error) {
    if (error instanceof StoreError)
      throw new UserError(
        EXIT.environment,
        'MF-0804',
        error.code === 'LEVEL_LOCKED'
          ? `The node "${folder.name}" runs already: ${error.message} Stop it: mainframe node stop ${folder.name}`
          : error.message,
      );
    if (error instanceof MoneySettingsError)
      throw new UserError(EXIT.scenario, 'MF-0832', error.message);
    if (error instanceof BindError)
      throw new UserError(
        EXIT.environment,
        'MF-0803',
        `UDP ${error.address}:${error.port} cannot be used (${error.code}): ${error.code === 'EADDRINUSE' ? 'another program has it' : 'this machine has no such address'}. Another port: mainframe config set node.udp.port PORT --node ${folder.name}`,
      );
    throw earlyClock(error) ?? error;
  }
}
