/** `mainframe node init|status|peers|stop|id`: makes, asks and stops a live node. */
import { existsSync } from 'node:fs';
import { createSuite } from '../../protocols/crypto/suites.ts';
import type { NodeStatus, PeerLine, Reason } from '../../live/api/schemas.ts';
import { settingsText } from '../../live/config/file.ts';
import { NetworkError, readNetwork, type Network } from '../../live/config/networks.ts';
import type { NodeFacts } from '../../live/node/facts.ts';
import { KEY_FILE, NodeFolder } from '../../live/node/folder.ts';
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
import { factsAt } from '../../live/node/start.ts';
import { placeOf } from '../../live/node/place.ts';
import { reachabilityText } from '../../live/node/reachability.ts';
import { EXIT, UserError } from '../exit.ts';
import { keyIn, newKey, unlock, type Key } from '../key-file.ts';
import { clientOf, folderOf, known } from '../live.ts';
import { layersFor, settingsFor, wrongSettings } from '../settings.ts';
import type { Output } from '../output.ts';

/** Longest that a node is waited for. */
const STOP_SECONDS = 20;

export interface InitArguments {
  name: string;
  listen: string;
  port: number;
  announce?: string | undefined;
  bootstrap: readonly string[];
  network?: string | undefined;
  /** A network by name, instead of its number. */
  net?: string | undefined;
  key?: string | undefined;
  'password-file'?: string | undefined;
  light: boolean;
}

/** Makes a node's folder and settings file. Its key is the one that `keys create` has put there, one from a file, or a new one. */
export async function nodeInitVerb(args: InitArguments, output: Output): Promise<number> {
  const folder = known(() => new NodeFolder(args.name));
  assertNew(folder);
  const network = networkOf(args);
  const given = settingsOf(args, network);
  const { problems } = layersFor(undefined, {});
  if (problems.length > 0) throw wrongSettings(problems);
  const { secret, text } = await keyFor(folder, args);
  const suite = createSuite('native');
  const identity = newIdentity(suite, secret, BigInt(network.id));
  folder.create();
  folder.write(KEY_FILE, text);
  folder.writeSettings(settingsText(args.name, given));
  const facts: NodeFacts = {
    version: 2,
    name: args.name,
    networkId: network.id,
    address: toHex(identity.address),
    publicKey: toHex(identity.key.publicKey),
    nonce: toHex(identity.nonce),
    sequence: 1,
    keyNumber: 1,
    announced: placeOf(settingsFor(folder).node),
  };
  folder.saveFacts(facts);
  const card = cardText(recordOf(suite, identity, facts, announcedEndpoint(facts.announced)));
  output.print(
    [
      `Made node "${args.name}".`,
      `  address   ${facts.address}`,
      `  key       ${folder.file(KEY_FILE)}   scrypt, mode 0600`,
      `  config    ${folder.settingsFile}   every setting, commented, with its default`,
      `  card      ${card}`,
      `Give the card to friends. Back the key up: mainframe keys backup ${args.name} --to FILE`,
      `Next: mainframe node run ${args.name}`,
    ].join('\n'),
  );
  output.object({
    schema: 'node-init/v1',
    name: args.name,
    address: facts.address,
    card,
    folder: folder.path,
    config: folder.settingsFile,
  });
  return EXIT.ok;
}

function assertNew(folder: NodeFolder): void {
  if (folder.exists)
    throw new UserError(
      EXIT.environment,
      'MF-0801',
      `There is a node "${folder.name}" already, in ${folder.path}.`,
    );
  if (existsSync(folder.settingsFile))
    throw new UserError(
      EXIT.environment,
      'MF-0801',
      `${folder.settingsFile} is there already, perhaps of an earlier node of that name. Move it away, or give another name.`,
    );
}

function keyFor(folder: NodeFolder, args: InitArguments): Promise<Key> {
  const own = folder.file(KEY_FILE);
  if (!existsSync(own))
    return args.key === undefined ? newKey(args, 'The key of a new node') : keyIn(args.key, args);
  if (args.key === undefined) return keyIn(own, args);
  throw new UserError(
    EXIT.environment,
    'MF-0801',
    `There is a key for "${folder.name}" already, ${own}; leave --key out, or give another name.`,
  );
}

/** The network that the flags name. @throws UserError (exit 2, exit 3 for a network's file that is wrong). */
function networkOf({ network, net, bootstrap }: InitArguments): Network {
  if (net !== undefined) {
    if (network !== undefined)
      throw new UserError(
        EXIT.usage,
        'MF-0805',
        '--net and --network both name the network: leave one out.',
      );
    try {
      const { id, bootstrap: cards } = readNetwork(createSuite('native'), net);
      return { id, bootstrap: [...cards, ...bootstrap] };
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      throw new UserError(EXIT.scenario, 'MF-0829', error.message);
    }
  }
  const id = network ?? '1';
  if (!/^\d{1,20}$/.test(id) || BigInt(id) > 0xffff_ffff_ffff_ffffn)
    throw new UserError(EXIT.usage, 'MF-0805', `--network takes a number below 2^64, not "${id}".`);
  return { id, bootstrap };
}

/** What the flags say, as settings. @throws UserError (exit 2) for what cannot be one. */
function settingsOf(
  args: InitArguments,
  { bootstrap }: Network,
): { [name: string]: string | readonly string[] } {
  const suite = createSuite('native');
  for (const card of args.bootstrap) {
    const read = readCard(suite, card);
    if (!read.ok)
      throw new UserError(
        EXIT.usage,
        'MF-0806',
        `--bootstrap: that is no contact card: ${read.why}. Its owner has it by: mainframe node id`,
      );
  }
  const ipv6 = args.listen.includes(':');
  try {
    announcedEndpoint(args.announce ?? '');
    announcedEndpoint(ipv6 ? `[${args.listen}]:${args.port}` : `${args.listen}:${args.port}`);
  } catch (error) {
    throw new UserError(
      EXIT.usage,
      'MF-0807',
      `${(error as Error).message}. Give an IP address, for example --listen 127.0.0.1 --port 4242.`,
    );
  }
  return {
    'node.udp.ipv4': ipv6 ? 'none' : args.listen,
    'node.udp.ipv6': ipv6 ? args.listen : 'none',
    'node.udp.port': args.port === 0 ? 'any' : String(args.port),
    'node.udp.announce': args.announce ?? 'auto',
    'node.bootstrap': bootstrap.map((card) => card.trim()),
  };
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
      ...status.reasons.flatMap(reasonLines),
      `  reachable from outside: ${reachabilityText(status.reachability)}`,
    ].join('\n'),
  );
  output.object({ schema: 'node-status/v1', ...status });
  return status.state === 'degraded' ? EXIT.environment : EXIT.ok;
}

function reasonLines({ why, next }: Reason): string[] {
  return [`  ! ${why}`, `      ${next}`];
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
  const { facts, card } = await factsAndCard(args.name, args['password-file']);
  output.print(card);
  output.object({ schema: 'node-id/v1', name: facts.name, address: facts.address, card });
  return EXIT.ok;
}

/** What is known of a node, and its card as it is now. */
export async function factsAndCard(
  name: string | undefined,
  passwordFile: string | undefined,
): Promise<{ facts: NodeFacts; card: string }> {
  const folder = folderOf(name);
  const facts = known(() => factsAt(folder, settingsFor(folder)));
  const card = existsSync(folder.file('api.json'))
    ? (await clientOf(name).get<{ card: string }>('/card')).card
    : cardOf(facts, await unlock(folder, passwordFile));
  return { facts, card };
}

function cardOf(facts: NodeFacts, secret: Uint8Array): string {
  const suite = createSuite('native');
  const nonce = fromHex(facts.nonce);
  const identity = identityOf(suite, secret, BigInt(facts.networkId), nonce, facts.keyNumber);
  return cardText(recordOf(suite, identity, facts, announcedEndpoint(facts.announced)));
}

export function short(address: string): string {
  return `${address.slice(0, 8)}…${address.slice(-4)}`;
}
