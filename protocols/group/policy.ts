/**
 * Who may change a group. Every member asks the same question of the same tree before taking a commit in, so a policy must answer from its arguments
 * alone: members who answer differently drift apart. Updates of one's own keys and leaving are nobody's to forbid.
 */
import type { Member } from './leaf.ts';

export interface GroupPolicy {
  /** Whether `by` may add `added` to a group of `members` (before the change, in the order of the tree). */
  mayAdd(by: Member, added: Member, members: readonly Member[]): boolean;
  /** Whether `by` may remove `removed`. Not asked for somebody who wants to leave. */
  mayRemove(by: Member, removed: Member, members: readonly Member[]): boolean;
}

/** The default: everybody may do everything. */
export const ANY_MEMBER: GroupPolicy = {
  mayAdd: () => true,
  mayRemove: () => true,
};
