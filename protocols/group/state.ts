/**
 * What one member remembers of a group: the epochs that may still count, and who wants to leave.
 *
 * Epochs hang in a map by their transcript hash; the state is replaced part by part, and keys that no kept epoch holds are overwritten.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Leave } from './commit.ts';
import type { EpochBody } from './epoch.ts';
import { countingLine, kept, type Branch } from './fork.ts';
import { sameBytes, type KeyPackage } from './leaf.ts';
import { EMPTY } from './presentation.ts';
import { leafAt, leafOfAccount } from './ratchet-tree.ts';
import { secretsIn } from './secret-tree.ts';

/** What somebody wants of a group. With neither, their own key is renewed. */
export interface Wish {
  add: readonly KeyPackage[];
  /** Accounts. */
  remove: readonly Uint8Array[];
}

/** An epoch that is kept. */
export interface Epoch extends Branch {
  /** The packet of the commit that made it, for those who have missed it; empty where it is not known. */
  packet: Uint8Array;
  /** What we wanted by this commit, if it is ours and may still be superseded. */
  wish: Wish | undefined;
  /** Undefined where we are not a member. */
  body: EpochBody | undefined;
}

/** Somebody's wish to leave, and the leaf key they had then. */
export interface PendingLeave {
  leave: Leave;
  key: Uint8Array;
}

/** All that is remembered of a group; `group-codec.ts` writes it to disk. */
export interface GroupState {
  groupId: Uint8Array;
  epochs: Map<string, Epoch>;
  /** The oldest epoch kept. */
  root: Epoch;
  /** The one that counts. */
  head: Epoch;
  leaves: PendingLeave[];
}

/** A group that begins, for us, with this epoch. */
export function stateOf(body: EpochBody): GroupState {
  const { confirmedTranscriptHash, epoch: height, groupId } = body.context;
  const id = bytesToHex(confirmedTranscriptHash);
  const epoch = { id, parent: '', height, removes: false, packet: EMPTY, wish: undefined, body };
  return { groupId, epochs: new Map([[id, epoch]]), root: epoch, head: epoch, leaves: [] };
}

/** Where the epoch that a commit makes hangs. */
export function childOf(parent: Epoch, confirmed: Uint8Array, removes: boolean): Branch {
  return { id: bytesToHex(confirmed), parent: parent.id, height: parent.height + 1, removes };
}

/**
 * Hangs an epoch in, moves the head to what counts now, and lets go of what is too old. @returns what we wanted by commits that have just ceased to
 * count and is still to be wished for; undefined if nothing was lost.
 */
export function insertEpoch(state: GroupState, epoch: Epoch): Wish | undefined {
  const epochs = new Map(state.epochs).set(epoch.id, epoch);
  const line = countingLine(epochs, state.root);
  state.head = line.at(-1)!;
  const lost = [...epochs.values()].filter((one) => one.wish !== undefined && !line.includes(one));
  const wishes = lost.map((one) => one.wish!);
  for (const one of lost) one.wish = undefined;
  const left = kept(epochs, line);
  state.epochs = epochs;
  keepOnly(state, left.root, left.epochs);
  return wishes.length === 0 ? undefined : stillWanted(state, wishes);
}

/** Lets go of all epochs but these, and overwrites keys that only the others had. */
export function keepOnly(state: GroupState, root: Epoch, epochs: Map<string, Epoch>): void {
  const alive = new Set<Uint8Array>();
  for (const { body } of epochs.values())
    if (body !== undefined) for (const secret of secretsOf(body)) alive.add(secret);
  for (const [id, { body }] of state.epochs)
    if (!epochs.has(id) && body !== undefined)
      for (const secret of secretsOf(body)) if (!alive.has(secret)) secret.fill(0);
  state.root = root;
  state.epochs = epochs;
  state.leaves = state.leaves.filter((one) =>
    [...epochs.values()].some(({ body }) => body !== undefined && stands(body, one)),
  );
}

/** Whether whoever wants to leave is there, with the key with which they said so. */
export function stands(body: EpochBody, { leave, key }: PendingLeave): boolean {
  const leaf = leave.leaf < body.tree.leaves ? leafAt(body.tree, leave.leaf) : undefined;
  return leaf !== undefined && sameBytes(leaf.key, key);
}

/** Every secret of an epoch. */
export function secretsOf(body: EpochBody): Uint8Array[] {
  return [
    body.initSecret,
    body.senderDataSecret,
    body.authenticator,
    body.tagSecret,
    ...body.privates.values(),
    ...secretsIn(body.secretTree),
  ];
}

/** What is left to wish for in the epoch that counts; undefined if that is not ours to change. */
function stillWanted(state: GroupState, wishes: readonly Wish[]): Wish | undefined {
  const { body } = state.head;
  if (body === undefined) return undefined;
  const isIn = (account: Uint8Array): boolean => leafOfAccount(body.tree, account) >= 0;
  return {
    add: wishes.flatMap(({ add }) => add).filter(({ leaf }) => !isIn(leaf.account)),
    remove: wishes.flatMap(({ remove }) => remove).filter(isIn),
  };
}
