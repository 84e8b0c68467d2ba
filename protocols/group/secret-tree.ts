/**
 * The keys of an epoch's messages: RFC 9420, section 9, exactly.
 *
 * The epoch's encryption secret is spread down a tree of the ratchet tree's shape; each leaf has two ratchets, one for handshakes (commits, proposals)
 * and one for what people write. Every message has a key of its own. A secret is gone as soon as what follows from it has been worked out, so whoever
 * learns the state later cannot read what was opened before. Values: a step makes new ones and names what is spent; whoever takes the new
 * state overwrites that (`spent`).
 */
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, type CryptoSuite } from '../crypto/port.ts';
import { deriveTreeSecret, expandWithLabel, SECRET_BYTES } from './kdf.ts';
import { EMPTY } from './presentation.ts';
import { leftOf, parentOf, NO_NODE, rightOf, rootOf } from './tree-math.ts';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/** Messages of one sender that may be missing before a later one is opened, and keys kept for them. */
export const SKIP_MAX = 256;
/** Messages of one ratchet; nobody comes near it. */
const GENERATIONS_MAX = 0xffff_ffff;

export interface MessageKey {
  generation: number;
  key: Uint8Array;
  nonce: Uint8Array;
}

export interface Ratchet {
  secret: Uint8Array;
  /** Of the next message. */
  generation: number;
  /** Keys of messages that have not come, oldest first. */
  skipped: readonly MessageKey[];
}

export interface SecretTree {
  leaves: number;
  /** Secrets of subtrees none of whose leaves was asked for yet. */
  nodes: ReadonlyMap<number, Uint8Array>;
  /** By `ratchetName`. */
  ratchets: ReadonlyMap<number, Ratchet>;
}

/** Which of a leaf's two ratchets. */
export type Stream = 'handshake' | 'application';

/** Key of a message, the state after it, and what to overwrite once that state is taken. */
export interface Step {
  key: MessageKey;
  tree: SecretTree;
  spent: Uint8Array[];
}

export function secretTreeOf(leaves: number, encryptionSecret: Uint8Array): SecretTree {
  return { leaves, nodes: new Map([[rootOf(leaves), encryptionSecret]]), ratchets: new Map() };
}

export function ratchetName(leaf: number, stream: Stream): number {
  return 2 * leaf + (stream === 'handshake' ? 1 : 0);
}

/** Number of a leaf's next message in a stream. */
export function nextGeneration(tree: SecretTree, leaf: number, stream: Stream): number {
  return tree.ratchets.get(ratchetName(leaf, stream))?.generation ?? 0;
}

/** Ratchets of people's words, of those leaves that have one yet. */
export function applicationRatchets({ ratchets }: SecretTree): (Ratchet & { leaf: number })[] {
  return [...ratchets]
    .filter(([name]) => (name & 1) === 0)
    .map(([name, ratchet]) => ({ leaf: name >>> 1, ...ratchet }));
}

/** The key of our own next message. @throws if the ratchet is used up: four thousand million messages in one epoch. */
export function nextKey(suite: CryptoSuite, tree: SecretTree, leaf: number, stream: Stream): Step {
  const step = keyFor(suite, tree, leaf, stream, nextGeneration(tree, leaf, stream));
  if (typeof step === 'string') throw new Error(`no key for the next message: ${step}`);
  return step;
}

/** The key of a certain message of a leaf; 'used' if it was used before (or given up), 'far' if too many before it are missing. */
export function keyFor(
  suite: CryptoSuite,
  before: SecretTree,
  leaf: number,
  stream: Stream,
  generation: number,
): Step | 'used' | 'far' {
  const { tree, spent } = withRatchets(suite, before, leaf);
  const name = ratchetName(leaf, stream);
  const ratchet = tree.ratchets.get(name)!;
  if (generation < ratchet.generation) {
    const kept = ratchet.skipped.find((one) => one.generation === generation);
    if (kept === undefined) return 'used';
    const skipped = ratchet.skipped.filter((one) => one !== kept);
    return { key: kept, tree: withRatchet(tree, name, { ...ratchet, skipped }), spent };
  }
  if (generation - ratchet.generation > SKIP_MAX || generation >= GENERATIONS_MAX) return 'far';
  const skipped = [...ratchet.skipped];
  let { secret } = ratchet;
  let key: MessageKey | undefined;
  for (let at = ratchet.generation; at <= generation; at++) {
    if (key !== undefined) skipped.push(key);
    key = messageKey(suite, secret, at);
    const next = deriveTreeSecret(suite, secret, 'secret', at, SECRET_BYTES);
    spent.push(secret);
    secret = next;
  }
  const dropped = skipped.splice(0, Math.max(0, skipped.length - SKIP_MAX));
  for (const one of dropped) spent.push(one.key, one.nonce);
  const after = { secret, generation: generation + 1, skipped };
  return { key: key!, tree: withRatchet(tree, name, after), spent };
}

/** All secrets a tree holds. */
export function secretsIn(tree: SecretTree): Uint8Array[] {
  const secrets = [...tree.nodes.values()];
  for (const { secret, skipped } of tree.ratchets.values())
    secrets.push(secret, ...skipped.flatMap(({ key, nonce }) => [key, nonce]));
  return secrets;
}

function messageKey(suite: CryptoSuite, secret: Uint8Array, generation: number): MessageKey {
  return {
    generation,
    key: deriveTreeSecret(suite, secret, 'key', generation, AEAD_KEY_BYTES),
    nonce: deriveTreeSecret(suite, secret, 'nonce', generation, AEAD_NONCE_BYTES),
  };
}

function withRatchet(tree: SecretTree, name: number, ratchet: Ratchet): SecretTree {
  return { ...tree, ratchets: new Map(tree.ratchets).set(name, ratchet) };
}

/** The tree with the ratchets of `leaf` in it: worked out, the first time, from the nearest secret above. */
function withRatchets(
  suite: CryptoSuite,
  tree: SecretTree,
  leaf: number,
): { tree: SecretTree; spent: Uint8Array[] } {
  if (tree.ratchets.has(ratchetName(leaf, 'application'))) return { tree, spent: [] };
  const way = [2 * leaf];
  while (!tree.nodes.has(way[0]!)) {
    const above = parentOf(way[0]!, tree.leaves);
    if (above === NO_NODE) throw new Error(`the secret tree has no leaf ${leaf}`);
    way.unshift(above);
  }
  const nodes = new Map(tree.nodes);
  const spent: Uint8Array[] = [];
  for (const node of way.slice(0, -1)) {
    const secret = nodes.get(node)!;
    nodes.set(leftOf(node), expandWithLabel(suite, secret, 'tree', LEFT, SECRET_BYTES));
    nodes.set(rightOf(node), expandWithLabel(suite, secret, 'tree', RIGHT, SECRET_BYTES));
    nodes.delete(node);
    spent.push(secret);
  }
  const secret = nodes.get(2 * leaf)!;
  nodes.delete(2 * leaf);
  spent.push(secret);
  const ratchets = new Map(tree.ratchets);
  for (const stream of ['handshake', 'application'] as const)
    ratchets.set(ratchetName(leaf, stream), {
      secret: expandWithLabel(suite, secret, stream, EMPTY, SECRET_BYTES),
      generation: 0,
      skipped: [],
    });
  return { tree: { leaves: tree.leaves, nodes, ratchets }, spent };
}

const LEFT = utf8ToBytes('left');
const RIGHT = utf8ToBytes('right');
