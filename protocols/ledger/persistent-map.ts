/**
 * A map that never changes: `set` gives a new map that shares all but one path with the old one (a hash array mapped trie, P. Bagwell,
 * Ideal Hash Trees, 2001).
 *
 * The ledger's states are built from it. A state of a block is then one reference: keeping the last hundred costs what changed in
 * them, undoing a transaction or a reorganisation is letting go of a reference, and a node that has heard of an older block reads the older
 * state. A journal would make the newest state cheaper to write and every other one expensive to read.
 *
 * The walk's order depends on the keys alone (and, for two keys of one hash, on which came first), never on the process.
 */

interface Leaf<V> {
  readonly hash: number;
  readonly key: string;
  readonly value: V;
  /** Another leaf of the same 32-bit hash. */
  readonly next: Leaf<V> | undefined;
}

interface Branch<V> {
  /** Bit i is set where there is a child for slot i. */
  readonly bitmap: number;
  readonly children: readonly (Branch<V> | Leaf<V>)[];
}

const BITS = 5;
const MASK = 31;

export class PersistentMap<V> {
  /** How many keys there are. */
  readonly size: number;
  readonly #root: Branch<V>;

  private constructor(root: Branch<V>, size: number) {
    this.#root = root;
    this.size = size;
  }

  /** The map without keys. */
  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>({ bitmap: 0, children: [] }, 0);
  }

  get(key: string): V | undefined {
    return this.#find(hashOf(key), key)?.value;
  }

  /** A map with `key` at `value`; this one stays as it is. */
  set(key: string, value: V): PersistentMap<V> {
    const hash = hashOf(key);
    const known = this.#find(hash, key) !== undefined;
    const root = put(this.#root, 0, hash, key, value) as Branch<V>;
    return new PersistentMap(root, known ? this.size : this.size + 1);
  }

  /** Visits every entry, in an order that depends on the keys alone. */
  forEach(visit: (value: V, key: string) => void): void {
    walk(this.#root, visit);
  }

  #find(hash: number, key: string): Leaf<V> | undefined {
    let node: Branch<V> | Leaf<V> = this.#root;
    for (let shift = 0; isBranch(node); shift += BITS) {
      const bit = 1 << ((hash >>> shift) & MASK);
      if ((node.bitmap & bit) === 0) return undefined;
      node = node.children[bitsBelow(node.bitmap, bit)]!;
    }
    let leaf: Leaf<V> | undefined = node;
    while (leaf !== undefined && leaf.key !== key) leaf = leaf.next;
    return leaf;
  }
}

function isBranch<V>(node: Branch<V> | Leaf<V>): node is Branch<V> {
  return 'children' in node;
}

/** `node` with the key set; `shift` is the depth in bits. */
function put<V>(
  node: Branch<V> | Leaf<V>,
  shift: number,
  hash: number,
  key: string,
  value: V,
): Branch<V> | Leaf<V> {
  if (!isBranch(node)) {
    if (node.hash === hash) return putInChain(node, hash, key, value);
    // Two hashes meet in one slot: push the old leaf one level down and try again.
    const bit = 1 << ((node.hash >>> shift) & MASK);
    return put({ bitmap: bit, children: [node] }, shift, hash, key, value);
  }
  const bit = 1 << ((hash >>> shift) & MASK);
  const at = bitsBelow(node.bitmap, bit);
  const children = node.children.slice();
  if ((node.bitmap & bit) !== 0) {
    children[at] = put(children[at]!, shift + BITS, hash, key, value);
    return { bitmap: node.bitmap, children };
  }
  children.splice(at, 0, { hash, key, value, next: undefined });
  return { bitmap: node.bitmap | bit, children };
}

function putInChain<V>(leaf: Leaf<V>, hash: number, key: string, value: V): Leaf<V> {
  if (leaf.key === key) return { hash, key, value, next: leaf.next };
  const next =
    leaf.next === undefined
      ? { hash, key, value, next: undefined }
      : putInChain(leaf.next, hash, key, value);
  return { hash, key: leaf.key, value: leaf.value, next };
}

function walk<V>(node: Branch<V> | Leaf<V>, visit: (value: V, key: string) => void): void {
  if (isBranch(node)) {
    for (const child of node.children) walk(child, visit);
    return;
  }
  for (let leaf: Leaf<V> | undefined = node; leaf !== undefined; leaf = leaf.next)
    visit(leaf.value, leaf.key);
}

/** FNV-1a over UTF-16 units, with a final mix so that the low bits depend on all of them. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** How many bits of `bitmap` are set below `bit`. */
function bitsBelow(bitmap: number, bit: number): number {
  let bits = bitmap & (bit - 1);
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
