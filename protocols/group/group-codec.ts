/**
 * A group on disk, version 1. Written whole after each change, so that one record is always one consistent state. Decoding is total: bytes
 * that are no group give undefined.
 *
 * Epochs share most of their trees, so nodes stand once, in a table, and trees refer to them:
 *
 * | bytes | field |
 * |---|---|
 * | 1 | version 1 |
 * | 32 | group id |
 * | 4 + . | nodes: count, each 1 byte (0 leaf, 1 parent) and itself (`tree-codec.ts`) |
 * | 1 + . | epochs: count, the oldest kept first; see `writeEpoch` |
 * | 2 + . | wishes to leave: count, each leaf 2, signature 65, leaf key 32 |
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, X25519_KEY_BYTES } from '../crypto/port.ts';
import { ACCOUNT_BYTES } from '../identity/address.ts';
import type { EpochBody } from './epoch.ts';
import { countingLine, FORK_EPOCHS_MAX, SIDE_EPOCHS_MAX } from './fork.ts';
import { SECRET_BYTES } from './kdf.ts';
import {
  decodeKeyPackage,
  KEY_PACKAGE_BYTES,
  SIGNATURE_BYTES,
  type KeyPackage,
  type Leaf,
} from './leaf.ts';
import { PACKET_BYTES_MAX } from './packet.ts';
import { leafAt, LEAVES_MAX, treeOf, type Parent, type Tree } from './ratchet-tree.ts';
import { Reader } from './reader.ts';
import type { MessageKey, Ratchet, SecretTree } from './secret-tree.ts';
import type { Epoch, GroupState, PendingLeave, Wish } from './state.ts';
import { encodeNode, heightOf, isWellFormed, readNode } from './tree-codec.ts';
import { nodeCount } from './tree-math.ts';
import { Writer } from './writer.ts';

const VERSION = 1;
const FLAG_REMOVES = 1;
const FLAG_BODY = 2;
const FLAG_WISH = 4;
const EPOCHS_MAX = 1 + FORK_EPOCHS_MAX + SIDE_EPOCHS_MAX;

type Node = Leaf | Parent;

/** Kept for the next call, since a group is written after each message. */
const writer = new Writer();

export function encodeGroup(state: GroupState): Uint8Array {
  const epochs = [state.root];
  for (const epoch of state.epochs.values()) if (epoch !== state.root) epochs.push(epoch);
  // A group that could not be written to its end must not stand before the next one.
  writer.clear().uint8(VERSION).bytes(state.groupId);
  const numbers = writeNodes(epochs);
  writer.uint8(epochs.length);
  for (const epoch of epochs) writeEpoch(epoch, numbers);
  writer.uint16(state.leaves.length);
  for (const { leave, key } of state.leaves)
    writer.uint16(leave.leaf).bytes(leave.signature).bytes(key);
  return writer.finish();
}

/** Writes the nodes of all trees, each once. @returns their numbers, from 1, in the order in which they were met first */
function writeNodes(epochs: readonly Epoch[]): ReadonlyMap<Node, number> {
  const numbers = new Map<Node, number>();
  const places: number[] = [];
  for (const { body } of epochs)
    body?.tree.nodes.forEach((node, place) => {
      if (node === undefined || numbers.has(node)) return;
      numbers.set(node, numbers.size + 1);
      places.push(place);
    });
  writer.uint32(numbers.size);
  let next = 0;
  for (const node of numbers.keys()) {
    const place = places[next++]!;
    writer.uint8(place % 2).bytes(encodeNode(node, place));
  }
  return numbers;
}

/**
 * | bytes | field |
 * |---|---|
 * | 1 | flags: 1 its commit removes somebody, 2 we are a member, 4 its commit is our wish |
 * | 1 + . | transcript hash, by which it is named: length, itself |
 * | 1 + . | the same of the epoch before |
 * | 6 | number |
 * | 4 + . | packet of its commit |
 * | . | wish, if any: packages 1 + 280 each, accounts 1 + 20 each |
 * | . | body, if we are a member |
 */
function writeEpoch(epoch: Epoch, numbers: ReadonlyMap<Node, number>): void {
  const { wish, body } = epoch;
  const flags =
    (epoch.removes ? FLAG_REMOVES : 0) |
    (body === undefined ? 0 : FLAG_BODY) |
    (wish === undefined ? 0 : FLAG_WISH);
  const [id, parent] = [hexToBytes(epoch.id), hexToBytes(epoch.parent)];
  writer.uint8(flags);
  writer.uint8(id.length).bytes(id).uint8(parent.length).bytes(parent);
  writer.uint48(epoch.height);
  writer.uint32(epoch.packet.length).bytes(epoch.packet);
  if (wish !== undefined) writeWish(wish);
  if (body !== undefined) writeBody(body, numbers);
}

function writeWish({ add, remove }: Wish): void {
  writer.uint8(add.length);
  for (const { bytes } of add) writer.bytes(bytes);
  writer.uint8(remove.length);
  for (const account of remove) writer.bytes(account);
}

function writeBody(body: EpochBody, numbers: ReadonlyMap<Node, number>): void {
  const { tree, secretTree, privates } = body;
  writer.bytes(body.context.treeHash).bytes(body.interimTranscriptHash);
  writer.uint16(body.ownLeaf);
  for (const secret of [body.initSecret, body.senderDataSecret, body.authenticator, body.tagSecret])
    writer.bytes(secret);
  writer.uint8(heightOf(tree));
  // 0 is a blank.
  for (const node of tree.nodes) writer.uint32(node === undefined ? 0 : numbers.get(node)!);
  writeSecrets(privates);
  writeSecrets(secretTree.nodes);
  writer.uint16(secretTree.ratchets.size);
  for (const [name, ratchet] of secretTree.ratchets) writeRatchet(name, ratchet);
}

function writeSecrets(secrets: ReadonlyMap<number, Uint8Array>): void {
  writer.uint16(secrets.size);
  for (const [place, secret] of secrets) writer.uint16(place).bytes(secret);
}

function writeRatchet(name: number, { secret, generation, skipped }: Ratchet): void {
  writer.uint16(name).bytes(secret).uint32(generation).uint16(skipped.length);
  for (const one of skipped) writer.uint32(one.generation).bytes(one.key).bytes(one.nonce);
}

/** The inverse; undefined for bytes that are no group. */
export function decodeGroup(bytes: Uint8Array): GroupState | undefined {
  const reader = new Reader(bytes);
  if (reader.uint8() !== VERSION) return undefined;
  const groupId = reader.bytes(SECRET_BYTES);
  const nodes = list(reader, reader.uint32(), () => {
    const side = reader.uint8();
    if (side > 1) reader.fail();
    return { side, node: readNode(reader, side) };
  });
  const count = reader.uint8();
  if (count > EPOCHS_MAX) return undefined;
  const read = list(reader, count, () => readEpoch(reader, groupId, nodes));
  const leaves = list(reader, reader.uint16(), (): PendingLeave => {
    const leaf = reader.uint16();
    const signature = reader.bytes(SIGNATURE_BYTES);
    return { leave: { kind: 'leave', leaf, signature }, key: reader.bytes(X25519_KEY_BYTES) };
  });
  const [root] = read;
  if (!reader.finished || root === undefined) return undefined;
  const epochs = new Map(read.map((epoch) => [epoch.id, epoch]));
  const hangs = read.every(({ parent }, i) => i === 0 || epochs.has(parent));
  if (epochs.size !== read.length || !hangs) return undefined;
  return { groupId, epochs, root, head: countingLine(epochs, root).at(-1)!, leaves };
}

/** `count` things read one after another, as many as there are bytes for. */
function list<T>(reader: Reader, count: number, read: () => T): T[] {
  const all: T[] = [];
  for (let i = 0; i < count && reader.ok; i++) all.push(read());
  return all;
}

type NodeEntries = readonly { side: number; node: Node }[];

function readEpoch(reader: Reader, groupId: Uint8Array, nodes: NodeEntries): Epoch {
  const flags = reader.uint8();
  const id = readName(reader);
  const parent = readName(reader);
  const height = reader.uint48();
  const length = reader.uint32();
  if (length > PACKET_BYTES_MAX) reader.fail();
  const packet = reader.bytes(length);
  const wish = (flags & FLAG_WISH) === 0 ? undefined : readWish(reader);
  const hasBody = (flags & FLAG_BODY) !== 0;
  const context = { groupId, epoch: height, confirmedTranscriptHash: id };
  const body = hasBody ? readBody(reader, context, nodes) : undefined;
  return {
    id: bytesToHex(id),
    parent: bytesToHex(parent),
    height,
    removes: (flags & FLAG_REMOVES) !== 0,
    packet,
    wish,
    body,
  };
}

function readName(reader: Reader): Uint8Array {
  const length = reader.uint8();
  if (length !== 0 && length !== SECRET_BYTES) reader.fail();
  return reader.bytes(length);
}

function readWish(reader: Reader): Wish {
  const add = list(reader, reader.uint8(), (): KeyPackage[] => {
    const one = decodeKeyPackage(reader.bytes(KEY_PACKAGE_BYTES));
    if (one === undefined) reader.fail();
    return one === undefined ? [] : [one];
  });
  return {
    add: add.flat(),
    remove: list(reader, reader.uint8(), () => reader.bytes(ACCOUNT_BYTES)),
  };
}

function readBody(
  reader: Reader,
  context: Omit<EpochBody['context'], 'treeHash'>,
  nodes: NodeEntries,
): EpochBody {
  const treeHash = reader.bytes(SECRET_BYTES);
  const interimTranscriptHash = reader.bytes(SECRET_BYTES);
  const ownLeaf = reader.uint16();
  const secrets = {
    initSecret: reader.bytes(SECRET_BYTES),
    senderDataSecret: reader.bytes(SECRET_BYTES),
    authenticator: reader.bytes(SECRET_BYTES),
    tagSecret: reader.bytes(SECRET_BYTES),
  };
  const tree = readReferences(reader, nodes);
  if (ownLeaf >= tree.leaves || leafAt(tree, ownLeaf) === undefined) reader.fail();
  const privates = readSecrets(reader);
  const secretTree: SecretTree = {
    leaves: tree.leaves,
    nodes: readSecrets(reader),
    ratchets: new Map(list(reader, reader.uint16(), () => readRatchet(reader))),
  };
  return {
    context: { ...context, treeHash },
    tree,
    interimTranscriptHash,
    ownLeaf,
    privates,
    ...secrets,
    secretTree,
  };
}

function readReferences(reader: Reader, table: NodeEntries): Tree {
  const leaves = 1 << Math.min(reader.uint8(), 31);
  const empty = treeOf(1, [undefined]);
  if (leaves < 1 || leaves > LEAVES_MAX || 4 * nodeCount(leaves) > reader.left) {
    reader.fail();
    return empty;
  }
  const nodes = Array.from({ length: nodeCount(leaves) }, (_, place) => {
    const reference = reader.uint32();
    if (reference === 0) return undefined;
    const entry = table[reference - 1];
    if (entry?.side !== place % 2) reader.fail();
    return entry?.node;
  });
  const tree = treeOf(leaves, nodes);
  if (!reader.ok || !isWellFormed(tree)) reader.fail();
  return reader.ok ? tree : empty;
}

function readSecrets(reader: Reader): Map<number, Uint8Array> {
  return new Map(
    list(reader, reader.uint16(), (): [number, Uint8Array] => [
      reader.uint16(),
      reader.bytes(SECRET_BYTES),
    ]),
  );
}

function readRatchet(reader: Reader): [number, Ratchet] {
  const name = reader.uint16();
  const secret = reader.bytes(SECRET_BYTES);
  const generation = reader.uint32();
  const skipped = list(reader, reader.uint16(), (): MessageKey => ({
    generation: reader.uint32(),
    key: reader.bytes(AEAD_KEY_BYTES),
    nonce: reader.bytes(AEAD_NONCE_BYTES),
  }));
  return [name, { secret, generation, skipped }];
}
