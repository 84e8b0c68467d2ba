/**
 * Which destinations of a packet leave a node together.
 *
 * The nearest contact to each destination is rarely the same for two: with sixteen contacts in a bin, twenty destinations have nearly as many. So hops are chosen for
 * all of them at once. A contact may serve a destination if it is at most `detourBits` short of the best one; again and again, the contact that serves most of
 * those that are left takes them (greedy set cover; of equal ones, that with the most progress in all, then any). Every hop still gets nearer to each
 * destination, so nothing goes round in circles. A destination that nobody else can join goes to its best contact, as a packet of its own would.
 *
 * A contact inside a destination's zone is never passed over for one that is outside: the way would be a hop longer, for sure.
 */
import type { PeerHandle } from '../../host.ts';
import type { PeerBook } from '../../identity/peer-book.ts';
import { BIN_COUNT, type RoutingTable } from '../../overlay/table.ts';
import { contactProximity } from '../targets.ts';

/** A destination that is not reached yet. */
export interface Bound {
  /** Its place in the packet's list. */
  index: number;
  target: Uint32Array;
  /** Our own proximity order to it, below the luminosity. */
  own: number;
}

export interface SharingRules {
  /** Bits of the destinations that the packet shows. */
  luminosity: number;
  detourBits: number;
  /** 0 takes the best hops; n those that are left when the hops of 0..n-1 are ruled out for each destination, so that copies of one message part at once. */
  rank: number;
  /** Decides between equals: any number that all copies of a message have in common, since each must know what the others took. */
  tie: number;
}

/** @returns the next hop of each of `bound`, in their order; -1 at a dead end. */
export function shareHops(
  table: RoutingTable,
  peers: PeerBook,
  bound: readonly Bound[],
  rules: SharingRules,
): PeerHandle[] {
  const hops = bound.map(() => -1);
  const bins = new Map<number, number[]>();
  for (let i = 0; i < bound.length; i++) {
    const bin = Math.min(bound[i]!.own, BIN_COUNT - 1);
    const others = bins.get(bin);
    if (others === undefined) bins.set(bin, [i]);
    else others.push(i);
  }
  for (const [bin, places] of bins) {
    const start = table.start(bin);
    const width = table.end(bin) - start;
    if (width === 0) continue;
    const first = rules.tie % width;
    const orders = places.map((place) => {
      const { target, own } = bound[place]!;
      return Array.from({ length: width }, (_, i) => {
        const at = start + ((first + i) % width);
        const order = contactProximity(table, peers, target, own, bin, at);
        // Only the last bin holds some that are no nearer than we are.
        return order > own ? Math.min(order, rules.luminosity) : -1;
      });
    });
    const chosen = shareBin(orders, width, rules);
    for (let i = 0; i < places.length; i++)
      if (chosen[i]! >= 0)
        hops[places[i]!] = table.handles[start + ((first + chosen[i]!) % width)]!;
  }
  return hops;
}

/** @param orders capped proximity of each contact to each destination, -1 for one that is no nearer. @returns a contact for each destination, -1 for none. */
function shareBin(orders: readonly number[][], width: number, rules: SharingRules): number[] {
  const ruledOut = orders.map(() => new Set<number>());
  let chosen: number[] = [];
  for (let round = 0; round <= rules.rank; round++) {
    const allowed = orders.map((row, i) => allowedHops(row, ruledOut[i]!, rules));
    chosen = cover(orders, allowed, width);
    for (let i = 0; i < chosen.length; i++) {
      ruledOut[i]!.add(chosen[i]!);
      // All have been used: the next copy begins again.
      if (ruledOut[i]!.size >= orders[i]!.filter((order) => order >= 0).length)
        ruledOut[i]!.clear();
    }
  }
  return chosen;
}

/** Whether each contact may serve a destination. */
function allowedHops(
  row: readonly number[],
  ruledOut: ReadonlySet<number>,
  { luminosity, detourBits }: SharingRules,
): boolean[] {
  let best = -1;
  for (let i = 0; i < row.length; i++) if (!ruledOut.has(i)) best = Math.max(best, row[i]!);
  const least = best >= luminosity ? luminosity : Math.max(0, best - detourBits);
  return row.map((order, i) => order >= least && !ruledOut.has(i));
}

/** Greedy set cover of the destinations (rows) by contacts (columns). */
function cover(
  orders: readonly number[][],
  allowed: readonly boolean[][],
  width: number,
): number[] {
  const chosen = orders.map(() => -1);
  for (;;) {
    let most = 0;
    let farthest = 0;
    let best = -1;
    for (let contact = 0; contact < width; contact++) {
      let count = 0;
      let progress = 0;
      for (let i = 0; i < orders.length; i++) {
        if (chosen[i]! >= 0 || !allowed[i]![contact]) continue;
        count++;
        progress += orders[i]![contact]!;
      }
      if (count < most || (count === most && progress <= farthest)) continue;
      [most, farthest, best] = [count, progress, contact];
    }
    if (most === 0) return chosen;
    for (let i = 0; i < orders.length; i++)
      if (chosen[i]! < 0 && allowed[i]![best]) chosen[i] = best;
  }
}
