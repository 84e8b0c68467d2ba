/**
 * What the zones of a group's packets disclose about who its members are, in bits.
 *
 * Before, every set of n out of N nodes may be the group: log2 C(N, n) bits. Whoever reads the list of zones knows that all members lie in them and that each
 * holds at least one. The number of sets that fit is counted by inclusion and exclusion over empty zones; the budget is what has become
 * of the logarithm. It is spent by the first packet: the same zones again say nothing new. A member's own entropy is that of its zone.
 */

export interface GroupDisclosure {
  /** Distinct zones on the list. */
  zones: number;
  /** Bits disclosed about the set of members. */
  bits: number;
  /** Bits that the set had before anything was sent. */
  priorBits: number;
}

/**
 * @param nodes N, nodes of the network.
 * @param members n, members of the group, the sender left out.
 * @param zoneNodes nodes of each distinct zone on the list.
 */
export function groupDisclosure(
  nodes: number,
  members: number,
  zoneNodes: readonly number[],
): GroupDisclosure {
  const priorBits = logChoose(nodes, members);
  const total = zoneNodes.reduce((sum, n) => sum + n, 0);
  // Sets of members within all zones that leave out none, by the sum over which are left out. Zones may differ in size, so
  // the sum goes over how many nodes the left-out zones have.
  let ways = new Map<number, number>([[0, 1]]);
  for (const size of zoneNodes) {
    const next = new Map(ways);
    for (const [nodesOut, count] of ways)
      next.set(nodesOut + size, (next.get(nodesOut + size) ?? 0) - count);
    ways = next;
  }
  // In units of the largest term, since the numbers themselves do not fit.
  const top = logChoose(total, members);
  let sum = 0;
  for (const [nodesOut, count] of ways) {
    if (total - nodesOut >= members)
      sum += count * 2 ** (logChoose(total - nodesOut, members) - top);
  }
  const posteriorBits = top + Math.log2(Math.max(sum, Number.EPSILON));
  return { zones: zoneNodes.length, bits: Math.max(0, priorBits - posteriorBits), priorBits };
}

/** log2 of the binomial coefficient. */
function logChoose(n: number, k: number): number {
  let bits = 0;
  for (let i = 1; i <= k; i++) bits += Math.log2((n - k + i) / i);
  return bits;
}
