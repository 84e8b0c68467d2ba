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
 * | 1 + . | epochs: count, the oldest kept first; see `encodeEpoch` |
 * | 2 + . | wishes to leave: count, each leaf 2, signature 65, leaf key 32 |
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { writeUint48 } from '../codec/bytes.ts';
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
import { concat, uint16, uint32, uint8 } from './presentation.ts';
import { leafAt, LEAVES_MAX, treeOf, type Parent, type Tree } from './ratchet-tree.ts';
import { Reader } from './reader.ts';
import type { MessageKey, Ratchet, SecretTree } from './secret-tree.ts';
import type { Epoch, GroupState, PendingLeave, Wish } from './state.ts';
import { encodeNode, heightOf, isWellFormed, readNode } from './tree-codec.ts';
import { nodeCount } from './tree-math.ts';

const VERSION = 1;
const FLAG_REMOVES = 1;
const FLAG_BODY = 2;
const FLAG_WISH = 4;
const EPOCHS_MAX = 1 + FORK_EPOCHS_MAX + SIDE_EPOCHS_MAX;

type Node = Leaf | Parent;

/** Nodes in the order in which they were met first; reference 0 is a blank. */
class NodeTable {
  readonly #numbers = new Map<Node, number>();
  readonly parts: Uint8Array[] = [];

  reference(node: Node | undefined, place: number): number {
    if (node === undefined) return 0;
    const known = this.#numbers.get(node);
    if (known !== undefined) return known;
    this.parts.push(concat(uint8(place % 2), encodeNode(node, place)));
    this.#numbers.set(node, this.parts.length);
    return this.parts.length;
  }
}

export function encodeGroup(state: GroupState): Uint8Array {
  const table = new NodeTable();
  const others = [...state.epochs.values()].filter((epoch) => epoch !== state.root);
  const epochs = [state.root, ...others].map((epoch) => encodeEpoch(epoch, table));
  return concat(
    uint8(VERSION),
    state.groupId,
    uint32(table.parts.length),
    ...table.parts,
    uint8(epochs.length),
    ...epochs,
    uint16(state.leaves.length),
    ...state.leaves.flatMap(({ leave, key }) => [uint16(leave.leaf), leave.signature, key]),
  );
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
function encodeEpoch(epoch: Epoch, table: NodeTable): Uint8Array {
  const { wish, body } = epoch;
  const flags =
    (epoch.removes ? FLAG_REMOVES : 0) |
    (body === undefined ? 0 : FLAG_BODY) |
    (wish === undefined ? 0 : FLAG_WISH);
  const [id, parent] = [hexToBytes(epoch.id), hexToBytes(epoch.parent)];
  return concat(
    uint8(flags),
    uint8(id.length),
    id,
    uint8(parent.length),
    parent,
    uint48(epoch.height),
    uint32(epoch.packet.length),
    epoch.packet,
    ...(wish === undefined ? [] : encodeWish(wish)),
    ...(body === undefined ? [] : encodeBody(body, table)),
  );
}

function encodeWish({ add, remove }: Wish): Uint8Array[] {
  return [uint8(add.length), ...add.map(({ bytes }) => bytes), uint8(remove.length), ...remove];
}

function encodeBody(body: EpochBody, table: NodeTable): Uint8Array[] {
  const { tree, secretTree, privates } = body;
  const secrets = ({ size }: { size: number }, entries: Iterable<[number, Uint8Array]>) => [
    uint16(size),
    ...[...entries].flatMap(([place, secret]) => [uint16(place), secret]),
  ];
  return [
    body.context.treeHash,
    body.interimTranscriptHash,
    uint16(body.ownLeaf),
    body.initSecret,
    body.senderDataSecret,
    body.authenticator,
    body.tagSecret,
    uint8(heightOf(tree)),
    ...tree.nodes.map((node, place) => uint32(table.reference(node, place))),
    ...secrets(privates, privates.entries()),
    ...secrets(secretTree.nodes, secretTree.nodes.entries()),
    uint16(secretTree.ratchets.size),
    ...[...secretTree.ratchets].map(([name, ratchet]) => encodeRatchet(name, ratchet)),
  ];
}

function encodeRatchet(name: number, { secret, generation, skipped }: Ratchet): Uint8Array {
  return concat(
    uint16(name),
    secret,
    uint32(generation),
    uint16(skipped.length),
    ...skipped.flatMap((one) => [uint32(one.generation), one.key, one.nonce]),
  );
}

function uint48(value: number): Uint8Array {
  const out = new Uint8Array(6);
  writeUint48(out, 0, value);
  return out;
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
