/**
 * Tables as a long-lived network would have them, laid out directly: `start: converged`.
 *
 * Joining 10^5 nodes by messages takes hours of network time; what comes of it is known: in each bin as many contacts as
 * fit, drawn uniformly from those who exist, and everyone in the neighbourhood. (That the real join arrives there is a test
 * and validation case O6.) Sorted by address, all nodes that share a prefix are one run, so each bin of each node is an index
 * range found by bisection, and a contact is a random index into it.
 *
 * Everything happens in the order of addresses, and each node draws from its own stream, so the result depends neither on
 * the order in which nodes were made nor on their handles.
 */
import type { PeerBook } from '../identity/peer-book.ts';
import { ADDRESS_WORDS } from '../identity/proximity.ts';
import type { RandomStream } from '../random.ts';
import { networkLimit } from './contacts.ts';
import type { OverlayOptions } from './options.ts';
import { BIN_COUNT, type RoutingTable } from './table.ts';

/**
 * Fills the (empty) tables of all nodes: `bucket` uniformly random contacts in each bin before the neighbourhood, everyone
 * in it, at most the allowed share of a bin from one endpoint network. With `options.symmetric` each link is then made known
 * to both ends, so bins may exceed `bucket`. `options.neighbourhood` = 0 means that there is none: only bins.
 *
 * @param random the stream of the node whose table is `tables[node]`; drawn from once per node.
 */
export function fillConverged(
  tables: readonly RoutingTable[],
  peers: PeerBook,
  options: OverlayOptions,
  random: (node: number) => RandomStream,
): void {
  const order = sortByAddress(tables, peers);
  const handles = new Int32Array(order.length);
  for (let rank = 0; rank < order.length; rank++) handles[rank] = tables[order[rank]!]!.self;
  const prefixes = prefixesOf(handles, peers);
  const links = chooseLinks(order, handles, prefixes, peers, options, random);
  const complete = options.symmetric ? withReverse(links, order.length) : links;
  const sizes = new Uint16Array(BIN_COUNT);
  const next = new Uint16Array(BIN_COUNT);
  // All tables are views of three arrays: half a million small ones would cost more than filling them.
  const contacts = new Int32Array(complete.ranks.length);
  const firstWords = new Uint32Array(contacts.length);
  const seenSeconds = new Uint32Array(contacts.length);
  for (let rank = 0; rank < order.length; rank++) {
    const from = complete.starts[rank]!;
    const to = complete.starts[rank + 1]!;
    // A counting sort by bin that keeps the order inside each.
    sizes.fill(0);
    for (let i = from; i < to; i++) sizes[binBetween(prefixes, rank, complete.ranks[i]!)]!++;
    next[0] = 0;
    for (let bin = 1; bin < BIN_COUNT; bin++) next[bin] = next[bin - 1]! + sizes[bin - 1]!;
    for (let i = from; i < to; i++) {
      const other = complete.ranks[i]!;
      const at = from + next[binBetween(prefixes, rank, other)]!++;
      contacts[at] = handles[other]!;
      firstWords[at] = prefixes[other * 2]!;
    }
    tables[order[rank]!]!.assign(
      contacts.subarray(from, to),
      firstWords.subarray(from, to),
      seenSeconds.subarray(from, to),
      sizes,
    );
  }
}

/** The first 64 bits of each address in order of rank: all that bins depend on, in one small array. */
function prefixesOf(handles: Int32Array, peers: PeerBook): Uint32Array {
  const prefixes = new Uint32Array(handles.length * 2);
  for (let rank = 0; rank < handles.length; rank++) {
    const at = handles[rank]! * ADDRESS_WORDS;
    prefixes[rank * 2] = peers.words[at]!;
    prefixes[rank * 2 + 1] = peers.words[at + 1]!;
  }
  return prefixes;
}

/** The bin that two nodes are in for each other. */
function binBetween(prefixes: Uint32Array, a: number, b: number): number {
  const high = prefixes[a * 2]! ^ prefixes[b * 2]!;
  if (high !== 0) return Math.clz32(high);
  return Math.min(32 + Math.clz32(prefixes[a * 2 + 1]! ^ prefixes[b * 2 + 1]!), BIN_COUNT - 1);
}

/** Directed links by rank: those of rank r are `ranks[starts[r]..starts[r+1])`. */
interface Links {
  starts: Uint32Array;
  ranks: Uint32Array;
}

/** Indexes into `tables`, sorted by the address of their node. */
function sortByAddress(tables: readonly RoutingTable[], peers: PeerBook): Uint32Array {
  const words = peers.words;
  const order = new Uint32Array(tables.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const at = new Uint32Array(tables.length);
  for (let i = 0; i < at.length; i++) at[i] = tables[i]!.self * ADDRESS_WORDS;
  return order.sort((a, b) => {
    const x = at[a]!;
    const y = at[b]!;
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      const difference = words[x + i]! - words[y + i]!;
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

/** One node's bins as ranges of ranks: bin b is [lows[b], highs[b]); bins from `count` on are empty. */
class BinRanges {
  readonly lows = new Uint32Array(BIN_COUNT);
  readonly highs = new Uint32Array(BIN_COUNT);
  count = 0;

  size(bin: number): number {
    return bin < this.count ? this.highs[bin]! - this.lows[bin]! : 0;
  }

  /** Finds the bins of the node at `rank` by halving the run of nodes that share its prefix, bit by bit. */
  find(rank: number, prefixes: Uint32Array, nodes: number): void {
    let low = 0;
    let high = nodes;
    let bin = 0;
    for (; bin < BIN_COUNT && high - low > 1; bin++) {
      if (bin === BIN_COUNT - 1) {
        // The last bin holds all that remain, on both sides; `rank` itself is left out when drawing.
        this.lows[bin] = low;
        this.highs[bin] = high;
        continue;
      }
      const word = bin >>> 5;
      const mask = (0x80000000 >>> (bin & 31)) >>> 0;
      let first = low;
      let last = high;
      while (first < last) {
        const middle = (first + last) >>> 1;
        if ((prefixes[middle * 2 + word]! & mask) === 0) first = middle + 1;
        else last = middle;
      }
      if (rank < first) {
        this.lows[bin] = first;
        this.highs[bin] = high;
        high = first;
      } else {
        this.lows[bin] = low;
        this.highs[bin] = first;
        low = first;
      }
    }
    this.count = bin;
  }

  /** First bin of the neighbourhood: that of the `neighbourhood`-th nearest node, or the first empty one. */
  depth(neighbourhood: number): number {
    if (neighbourhood === 0) return BIN_COUNT;
    let enclosed = 0;
    let radius = 0;
    for (let bin = this.count - 1; bin > 0; bin--) {
      enclosed += this.size(bin);
      if (enclosed >= neighbourhood) {
        radius = bin;
        break;
      }
    }
    for (let bin = 0; bin < radius; bin++) if (this.size(bin) === 0) return bin;
    return radius;
  }
}

function chooseLinks(
  order: Uint32Array,
  handles: Int32Array,
  prefixes: Uint32Array,
  peers: PeerBook,
  options: OverlayOptions,
  random: (node: number) => RandomStream,
): Links {
  const nodes = order.length;
  const limit = networkLimit(options);
  const networks = new Float64Array(limit === Infinity ? 0 : nodes);
  for (let rank = 0; rank < networks.length; rank++)
    networks[rank] = peers.endpointNetwork(handles[rank]!);
  const draw = new Draw(networks, limit);
  const bins = new BinRanges();
  const starts = new Uint32Array(nodes + 1);
  for (let rank = 0; rank < nodes; rank++) {
    bins.find(rank, prefixes, nodes);
    const depth = bins.depth(options.neighbourhood);
    const stream = random(order[rank]!);
    for (let bin = 0; bin < bins.count; bin++) {
      const most = bin < depth ? options.bucket : Infinity;
      draw.take(bins.lows[bin]!, bins.highs[bin]!, rank, most, stream);
    }
    starts[rank + 1] = draw.size;
  }
  return { starts, ranks: draw.chosen.subarray(0, draw.size) };
}

/** Draws distinct ranks from ranges, appending them to one growing array. */
class Draw {
  chosen = new Uint32Array(1024);
  size = 0;
  readonly #networks: Float64Array;
  readonly #limit: number;
  /** Networks of the bin being filled, parallel to what was chosen for it. */
  #chosenNetworks: number[] = [];
  #pool = new Uint32Array(64);

  constructor(networks: Float64Array, limit: number) {
    this.#networks = networks;
    this.#limit = limit;
  }

  /** Appends up to `most` ranks of [low, high) other than `self`, uniformly and without repetition. */
  take(low: number, high: number, self: number, most: number, stream: RandomStream): void {
    const from = this.size;
    const available = high - low;
    if (available > 4 * most) {
      // Far more than wanted: draw and reject repetitions. Bounded, as the network limit may refuse all that is left.
      for (let tries = 8 * most; tries > 0 && this.size - from < most; tries--) {
        this.#offer(low + stream.below(available), self, from);
      }
      return;
    }
    const pool = this.#reserve(available);
    for (let i = 0; i < available; i++) pool[i] = low + i;
    // A partial shuffle where some must be left out; in order where all fit.
    const mixed = available > most;
    for (let i = 0; i < available && this.size - from < most; i++) {
      if (mixed) {
        const j = i + stream.below(available - i);
        const swap = pool[i]!;
        pool[i] = pool[j]!;
        pool[j] = swap;
      }
      this.#offer(pool[i]!, self, from);
    }
  }

  /** Appends `rank` unless it is ourselves, among `chosen[from..)` already, or one too many of its network. */
  #offer(rank: number, self: number, from: number): void {
    if (rank === self) return;
    for (let i = from; i < this.size; i++) if (this.chosen[i] === rank) return;
    if (this.#limit !== Infinity) {
      const network = this.#networks[rank]!;
      let same = 0;
      for (let i = from; i < this.size; i++) if (this.#chosenNetworks[i - from] === network) same++;
      if (same >= this.#limit) return;
      this.#chosenNetworks[this.size - from] = network;
    }
    if (this.size === this.chosen.length) {
      const grown = new Uint32Array(this.chosen.length * 2);
      grown.set(this.chosen);
      this.chosen = grown;
    }
    this.chosen[this.size++] = rank;
  }

  #reserve(size: number): Uint32Array {
    if (this.#pool.length < size) this.#pool = new Uint32Array(2 * size);
    return this.#pool;
  }
}

/** The same links and, for each, its reverse where that is missing: a node's own choices first, then who chose it. */
function withReverse(links: Links, nodes: number): Links {
  const { starts, ranks } = links;
  const incoming = new Uint32Array(nodes + 1);
  for (let i = 0; i < ranks.length; i++) incoming[ranks[i]! + 1]!++;
  for (let rank = 0; rank < nodes; rank++) incoming[rank + 1]! += incoming[rank]!;
  const sources = new Uint32Array(ranks.length);
  const next = incoming.slice(0, nodes);
  for (let rank = 0; rank < nodes; rank++) {
    for (let i = starts[rank]!; i < starts[rank + 1]!; i++) sources[next[ranks[i]!]!++] = rank;
  }
  const both = new Uint32Array(2 * ranks.length);
  const bothStarts = new Uint32Array(nodes + 1);
  // `markedBy[x] === rank + 1`: x is a link of `rank` already.
  const markedBy = new Uint32Array(nodes);
  let size = 0;
  for (let rank = 0; rank < nodes; rank++) {
    for (let i = starts[rank]!; i < starts[rank + 1]!; i++) {
      markedBy[ranks[i]!] = rank + 1;
      both[size++] = ranks[i]!;
    }
    for (let i = incoming[rank]!; i < incoming[rank + 1]!; i++) {
      if (markedBy[sources[i]!] !== rank + 1) both[size++] = sources[i]!;
    }
    bothStarts[rank + 1] = size;
  }
  return { starts: bothStarts, ranks: both.subarray(0, size) };
}
