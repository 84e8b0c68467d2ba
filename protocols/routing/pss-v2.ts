/**
 * Swarm's later forwarding rule (ethersphere/swarm, pss/pss.go `forward`, 2019-2021), for comparison.
 *
 * With t = min(proximity of us to the target, depth, luminosity): if t is below both luminosity and depth, we are outside and one copy
 * goes to somebody nearer (t + 1, once). Otherwise everyone in the bins at or above t gets one. Bins are tried nearest first, within a
 * bin the least used peer first; a send that fails is followed by the next attempt; after an exact full-address hit nobody else is tried.
 */
import type { PeerHandle } from '../host.ts';
import { ADDRESS_BITS } from '../identity/proximity.ts';
import type { TargetWalk } from './walk.ts';

/** Peers whose use is remembered beyond the contacts of the moment. */
const FORMER_CONTACTS_MAX = 64;

export class PssV2Rule {
  /** How often each peer was chosen, for the least-used order. */
  #uses = new Map<PeerHandle, number>();

  /** Peers whose use is remembered. */
  get remembered(): number {
    return this.#uses.size;
  }

  /**
   * Writes to `out` whom a packet goes to; `accepts` says whether a send to a peer succeeds.
   * @returns how many peers were written; `out` must have room for `walk.count`.
   */
  receivers(
    walk: TargetWalk,
    luminosity: number,
    depth: number,
    accepts: (peer: PeerHandle) => boolean,
    out: Int32Array,
  ): number {
    if (this.#uses.size > walk.count + FORMER_CONTACTS_MAX) this.#forgetFormer(walk);
    let threshold = Math.min(walk.own, depth, luminosity);
    const once = threshold < luminosity && threshold < depth;
    if (once) threshold++;
    let sent = 0;
    for (let start = 0; start < walk.count;) {
      const order = walk.orders[start]!;
      if (order < threshold && sent > 0) break;
      let end = start;
      while (end < walk.count && walk.orders[end] === order) end++;
      this.#leastUsedFirst(walk.peers, start, end);
      for (let i = start; i < end; i++) {
        const peer = walk.peers[i]!;
        if (!accepts(peer)) continue;
        this.#uses.set(peer, (this.#uses.get(peer) ?? 0) + 1);
        out[sent++] = peer;
        if (once || (luminosity === ADDRESS_BITS && order === ADDRESS_BITS)) return sent;
      }
      start = end;
    }
    return sent;
  }

  /** Keeps the uses of present contacts only, so that churn does not make the memory grow. */
  #forgetFormer(walk: TargetWalk): void {
    const uses = new Map<PeerHandle, number>();
    for (let i = 0; i < walk.count; i++) {
      const used = this.#uses.get(walk.peers[i]!);
      if (used !== undefined) uses.set(walk.peers[i]!, used);
    }
    this.#uses = uses;
  }

  /** Stable insertion sort of one bin by use. */
  #leastUsedFirst(peers: Int32Array, start: number, end: number): void {
    for (let i = start + 1; i < end; i++) {
      const peer = peers[i]!;
      const uses = this.#uses.get(peer) ?? 0;
      let j = i - 1;
      while (j >= start && (this.#uses.get(peers[j]!) ?? 0) > uses) {
        peers[j + 1] = peers[j]!;
        j--;
      }
      peers[j + 1] = peer;
    }
  }
}

/**
 * Who tries to open a packet: every node that the prefix matches; beyond that, a node with a neighbourhood handler for the topic that is
 * within its own depth of the target (Swarm `isSelfPossibleRecipient`).
 */
export function possibleRecipient(
  own: number,
  luminosity: number,
  depth: number,
  neighbourhoodHandler: boolean,
): boolean {
  return own >= luminosity || (neighbourhoodHandler && own >= depth);
}
