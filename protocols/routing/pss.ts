/**
 * The forwarding rule of PSS in the version the paper cites (MainframeHQ/go-ethereum, January 2018, swarm/pss/pss.go): one greedy copy
 * outside the matching zone, a flood on every matching link inside it. The baseline against which dissemination is compared.
 *
 * Walk all contacts by proximity to the target, nearest first, skipping whom it came from. Send; go on only while the peer's address
 * starts with the disclosed prefix or is at or beyond our own depth; stop after the first for which neither holds.
 */
import type { PeerHandle } from '../host.ts';
import { ADDRESS_BITS } from '../identity/proximity.ts';
import type { BinSizes } from '../overlay/depth.ts';
import { BIN_COUNT } from '../overlay/table.ts';
import type { TargetWalk } from './walk.ts';

/** Depth as that version computed it: proximity order of the second nearest contact to us, 0 with fewer than two. */
export function whitepaperDepth(bins: BinSizes): number {
  let enclosed = 0;
  for (let bin = BIN_COUNT - 1; bin >= 0; bin--) {
    enclosed += bins.binSize(bin);
    if (enclosed >= 2) return bin;
  }
  return 0;
}

/**
 * Writes to `out` whom a packet goes to. `walk` is prepared for the packet's target, `luminosity` in bits, `from` the peer it came
 * from (-1 for our own). @returns how many peers were written; `out` must have room for `walk.count`.
 */
export function pssReceivers(
  walk: TargetWalk,
  luminosity: number,
  depth: number,
  from: PeerHandle,
  out: Int32Array,
): number {
  let sent = 0;
  for (let i = 0; i < walk.count; i++) {
    const peer = walk.peers[i]!;
    if (peer === from) continue;
    out[sent++] = peer;
    const order = walk.orders[i]!;
    const matches = luminosity < ADDRESS_BITS && order >= luminosity;
    if (!matches && order < depth) break;
  }
  return sent;
}
