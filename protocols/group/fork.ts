/**
 * Which of several commits of one epoch counts. Nobody orders messages here, so members may see them in any order and must agree all the same.
 *
 * Epochs form a tree: each commit hangs below the epoch it was made in. The line that counts begins at the oldest epoch kept and goes, at every fork, to the
 * better child, until there is none. Better is a commit that removes somebody (or the removed could defend their seat by answering each
 * removal with a commit that happens to win), then the smaller transcript hash. This depends on nothing but the set of commits, so members who have
 * seen the same commits are in the same epoch, in whatever order they came.
 *
 * The other lines are kept too, since words that were said there still arrive. But old epochs are old keys: what branches off more than
 * `FORK_EPOCHS_MAX` epochs behind the head is not looked at any more.
 */

/** Epochs behind the head that a better commit may still replace. */
export const FORK_EPOCHS_MAX = 8;
/** Epochs kept that are not on the line that counts; the last and worst goes first, so that what is kept always hangs on something kept. */
export const SIDE_EPOCHS_MAX = 16;

/** An epoch as it hangs in the tree of epochs. */
export interface Branch {
  /** Confirmed transcript hash as lower-case hex: all commits before it, and the one that made it. */
  id: string;
  parent: string;
  height: number;
  /** Whether the commit that made it removes somebody. */
  removes: boolean;
}

/** Order of two commits of one epoch: negative if `a` counts. */
export function compareSiblings(a: Branch, b: Branch): number {
  if (a.removes !== b.removes) return a.removes ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** The line that counts, from the oldest epoch kept, which is `root`, to the head. */
export function countingLine<B extends Branch>(epochs: ReadonlyMap<string, B>, root: B): B[] {
  const children = new Map<string, B>();
  for (const epoch of epochs.values()) {
    if (epoch === root) continue;
    const best = children.get(epoch.parent);
    if (best === undefined || compareSiblings(epoch, best) < 0) children.set(epoch.parent, epoch);
  }
  const line = [root];
  for (let next = children.get(root.id); next !== undefined; next = children.get(next.id))
    line.push(next);
  return line;
}

/** The epochs that are kept, of which `line` is the line that counts: the line's last ones, and what branches off them. */
export function kept<B extends Branch>(
  epochs: ReadonlyMap<string, B>,
  line: readonly B[],
): { root: B; epochs: Map<string, B> } {
  const recent = line.slice(-1 - FORK_EPOCHS_MAX);
  const root = recent[0]!;
  const counting = new Set(recent);
  const within = new Set([root.id]);
  const sides: B[] = [];
  // Parents before children.
  const ordered = [...epochs.values()].sort((a, b) => a.height - b.height);
  for (const epoch of ordered) {
    if (epoch !== root && !within.has(epoch.parent)) continue;
    within.add(epoch.id);
    if (!counting.has(epoch)) sides.push(epoch);
  }
  sides.sort((a, b) => a.height - b.height || compareSiblings(a, b));
  const stay = new Set([...recent, ...sides.slice(0, SIDE_EPOCHS_MAX)]);
  return { root, epochs: new Map([...epochs].filter(([, epoch]) => stay.has(epoch))) };
}
