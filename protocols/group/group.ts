/**
 * A group as one of its members holds it: the epochs that may still count, and what one can do in them.
 *
 * Nothing here sends, stores or waits. Whoever owns a group writes it to disk (`group-codec.ts`) after each call that changed it and lets packets out only
 * then: a key that has sealed a packet is gone from disk before the packet is on the wire. What was received is written in the same stroke. A packet
 * that is refused leaves everything as it was.
 *
 * A commit is taken in at once by its own maker: there is nobody to ask. If another commit of the same epoch turns out to count
 * (`fork.ts`), the group moves over, and what our commit wanted comes back as `superseded`, to be committed again.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { CryptoSuite } from '../crypto/port.ts';
import {
  decodeCommit,
  decodeLeave,
  encodeProposal,
  leaveHolds,
  makeLeave,
  PROPOSALS_MAX,
  type Proposal,
  type ProposalProblem,
} from './commit.ts';
import { firstEpoch, makeCommit, takeCommit, type CommitProblem, type EpochBody } from './epoch.ts';
import { countingLine } from './fork.ts';
import { encodeContext } from './key-schedule.ts';
import {
  isSignedBy,
  sameBytes,
  type Fresh,
  type GroupSelf,
  type KeyPackageSecrets,
  type Member,
} from './leaf.ts';
import {
  contentDigest,
  KIND_APPLICATION,
  KIND_COMMIT,
  KIND_PROPOSAL,
  openContent,
  openSender,
  sealPacket,
  streamOf,
  type Content,
  type Kind,
  type OpenedSender,
} from './packet.ts';
import type { GroupPolicy } from './policy.ts';
import { EMPTY } from './presentation.ts';
import { leafAt, leafOfAccount, takenLeaves } from './ratchet-tree.ts';
import { keyFor, nextGeneration, nextKey, type Step } from './secret-tree.ts';
import {
  childOf,
  insertEpoch,
  keepOnly,
  secretsOf,
  stands,
  stateOf,
  type Epoch,
  type GroupState,
  type Wish,
} from './state.ts';
import { groupTag } from './tags.ts';
import { acceptWelcome, makeWelcomes, type WelcomeProblem } from './welcome.ts';

/** Messages of our own in one epoch after which an update is due; no more than tags bear to be lost. */
const UPDATE_DUE = 16;

export type CommitRefusal = ProposalProblem | 'not a member' | 'too many proposals';

/** A commit to be sent to all members, and welcomes to be sent to those it adds. */
export interface Outgoing {
  packet: Uint8Array;
  welcomes: { to: Member; bytes: Uint8Array }[];
}

export type PacketProblem = CommitProblem | 'not a leave' | 'no such sender' | 'too far ahead';

export type Received =
  /** Somebody's words: the message of that number from that place in an epoch. */
  | {
      kind: 'message';
      from: Member;
      text: Uint8Array;
      epoch: string;
      leaf: number;
      generation: number;
    }
  /** Somebody wants to leave: the next commit of anybody removes them. */
  | { kind: 'leave'; from: Member }
  /** A commit. `moved`: it counts. `shutOut`: it does, and takes our seat away for good. `superseded`: wishes of ours that do not count any more. */
  | {
      kind: 'commit';
      from: Member;
      moved: boolean;
      shutOut: boolean;
      superseded: Wish | undefined;
    }
  /** It came before. */
  | { kind: 'duplicate' }
  /** Sealed by a member, but wrong. */
  | { kind: 'refused'; reason: PacketProblem }
  /** Of no epoch that we have: of another group, too early, too late or forged. */
  | { kind: 'unknown' };

export class Group {
  readonly state: GroupState;
  readonly #suite: CryptoSuite;
  readonly #self: GroupSelf;
  readonly #policy: GroupPolicy;

  constructor(suite: CryptoSuite, self: GroupSelf, policy: GroupPolicy, state: GroupState) {
    this.#suite = suite;
    this.#self = self;
    this.#policy = policy;
    this.state = state;
  }

  /** A new group of one. */
  static create(
    suite: CryptoSuite,
    self: GroupSelf,
    policy: GroupPolicy,
    own: KeyPackageSecrets,
    fresh: Fresh,
  ): Group {
    return new Group(suite, self, policy, stateOf(firstEpoch(suite, own, fresh)));
  }

  /** The group to which a welcome leads, or why it leads to none. */
  static join(
    suite: CryptoSuite,
    self: GroupSelf,
    policy: GroupPolicy,
    own: KeyPackageSecrets,
    welcome: Uint8Array,
  ): Group | WelcomeProblem {
    const body = acceptWelcome(suite, own, welcome);
    return typeof body === 'string' ? body : new Group(suite, self, policy, stateOf(body));
  }

  /** 32 bytes. */
  get id(): Uint8Array {
    return this.state.groupId;
  }

  /** Whether we are a member in the epoch that counts. */
  get isMember(): boolean {
    return this.state.head.body !== undefined;
  }

  /** Members in the epoch that counts, ourselves included; none if we are not one of them. */
  get members(): Member[] {
    const { body } = this.state.head;
    return body === undefined ? [] : takenLeaves(body.tree).map((leaf) => leafAt(body.tree, leaf)!);
  }

  /** 32 bytes that all members in this epoch, and nobody else, have; undefined if we are none. */
  get authenticator(): Uint8Array | undefined {
    return this.state.head.body?.authenticator.slice();
  }

  /** Whether we have said so much in this epoch that we should commit, if only to renew our key. */
  get updateDue(): boolean {
    const { body } = this.state.head;
    return (
      body !== undefined &&
      nextGeneration(body.secretTree, body.ownLeaf, 'application') >= UPDATE_DUE
    );
  }

  /** Packets of the commits that count and that somebody in epoch `from` may be missing, oldest first; all that are kept for one in none that we know. */
  commits(from?: string): Uint8Array[] {
    const { epochs, root } = this.state;
    const line = countingLine(epochs, root);
    let known = from === undefined ? undefined : epochs.get(from);
    while (known !== undefined && !line.includes(known)) known = epochs.get(known.parent);
    const first = known === undefined ? 0 : line.indexOf(known) + 1;
    return line
      .slice(first)
      .map(({ packet }) => packet)
      .filter((packet) => packet.length > 0);
  }

  /** Seals words for all members; undefined if we are none. Draws four bytes; one signature. */
  say(text: Uint8Array, fresh: Fresh): Uint8Array | undefined {
    return this.state.head.body && this.#seal(this.state.head, KIND_APPLICATION, text, fresh);
  }

  /** The wish to leave, for all members; undefined if we are none. It stands until somebody commits it. */
  leave(fresh: Fresh): Uint8Array | undefined {
    const { body } = this.state.head;
    if (body === undefined) return undefined;
    const { context, tree, ownLeaf } = body;
    const leave = makeLeave(this.#suite, this.#self, context.groupId, tree, ownLeaf);
    return this.#seal(this.state.head, KIND_PROPOSAL, encodeProposal(leave), fresh);
  }

  /** Changes the group, and renews our key. Those who wanted to leave are removed too. */
  commit(wish: Wish, fresh: Fresh): Outgoing | CommitRefusal {
    const epoch = this.state.head;
    const { body } = epoch;
    if (body === undefined) return 'not a member';
    const proposals = this.#proposals(body, wish);
    if (typeof proposals === 'string') return proposals;
    const step = nextKey(this.#suite, body.secretTree, body.ownLeaf, 'handshake');
    const { generation } = step.key;
    const made = makeCommit(
      this.#suite,
      body,
      this.#self,
      proposals,
      generation,
      this.#policy,
      fresh,
    );
    if (typeof made === 'string') return made;
    const packet = this.#sealStep(
      body,
      step,
      made.content,
      made.signature,
      made.confirmationTag,
      fresh,
    );
    const sealed = makeWelcomes(this.#suite, this.#self, made, wish.add, fresh);
    made.joinerSecret.fill(0);
    for (const secret of made.path.secrets) secret.fill(0);
    this.#take(epoch, step);
    const confirmed = made.body.context.confirmedTranscriptHash;
    const removes = made.removed.length > 0;
    insertEpoch(this.state, {
      ...childOf(epoch, confirmed, removes),
      packet,
      wish,
      body: made.body,
    });
    return { packet, welcomes: wish.add.map(({ leaf }, i) => ({ to: leaf, bytes: sealed[i]! })) };
  }

  /** Takes a packet in. `only`: the epoch that its tag names, to save trying the others. */
  receive(packet: Uint8Array, only?: string): Received {
    for (const epoch of this.state.epochs.values()) {
      if (epoch.body === undefined || (only !== undefined && epoch.id !== only)) continue;
      const sender = openSender(this.#suite, epoch.body.senderDataSecret, packet);
      if (sender !== undefined) return this.#open(epoch, epoch.body, sender, packet);
    }
    return { kind: 'unknown' };
  }

  /** Gives up everything but the epoch that counts: nothing earlier can be read or replaced any more, by us or by whoever takes our disk. */
  settle(): void {
    const { head } = this.state;
    head.wish = undefined;
    keepOnly(this.state, head, new Map([[head.id, head]]));
  }

  /** Overwrites all keys; the group is over for us. */
  forget(): void {
    for (const epoch of this.state.epochs.values()) {
      if (epoch.body !== undefined) for (const secret of secretsOf(epoch.body)) secret.fill(0);
      epoch.body = undefined;
    }
  }

  #proposals(body: EpochBody, wish: Wish): Proposal[] | CommitRefusal {
    const { tree, ownLeaf } = body;
    const proposals: Proposal[] = [];
    for (const one of this.state.leaves)
      if (one.leave.leaf !== ownLeaf && stands(body, one)) proposals.push(one.leave);
    for (const account of wish.remove) {
      const leaf = leafOfAccount(tree, account);
      if (leaf < 0) return 'unknown leaf';
      if (!proposals.some((one) => one.kind === 'leave' && one.leaf === leaf))
        proposals.push({ kind: 'remove', leaf });
    }
    for (const one of wish.add) proposals.push({ kind: 'add', package: one });
    return proposals.length > PROPOSALS_MAX ? 'too many proposals' : proposals;
  }

  /** Signs and seals a content of our own in an epoch, and takes its key away. */
  #seal(epoch: Epoch, kind: Kind, text: Uint8Array, fresh: Fresh): Uint8Array {
    const body = epoch.body!;
    const leaf = body.ownLeaf;
    const step = nextKey(this.#suite, body.secretTree, leaf, streamOf(kind));
    const content = { leaf, kind, generation: step.key.generation, body: text };
    const digest = contentDigest(this.#suite, content, encodeContext(body.context));
    const signature = this.#suite.accountSign(digest, this.#self.accountSecret);
    const packet = this.#sealStep(body, step, content, signature, EMPTY, fresh);
    this.#take(epoch, step);
    return packet;
  }

  #sealStep(
    body: EpochBody,
    step: Step,
    content: Content,
    signature: Uint8Array,
    confirmation: Uint8Array,
    fresh: Fresh,
  ): Uint8Array {
    const { leaf, kind, generation } = content;
    const tag = groupTag(this.#suite, body.tagSecret, leaf, streamOf(kind), generation);
    return sealPacket(
      this.#suite,
      body.senderDataSecret,
      step.key,
      tag,
      content,
      signature,
      confirmation,
      fresh,
    );
  }

  #open(epoch: Epoch, body: EpochBody, sender: OpenedSender, packet: Uint8Array): Received {
    const { leaf, kind, generation } = sender;
    const from = leaf < body.tree.leaves ? leafAt(body.tree, leaf) : undefined;
    if (from === undefined) return refused('no such sender');
    const step = keyFor(this.#suite, body.secretTree, leaf, streamOf(kind), generation);
    if (step === 'used') return { kind: 'duplicate' };
    if (step === 'far') return refused('too far ahead');
    const opened = openContent(this.#suite, step.key, sender, packet);
    if (opened === undefined) return refused('malformed');
    const content: Content = { leaf, kind, generation, body: opened.body };
    const digest = contentDigest(this.#suite, content, encodeContext(body.context));
    if (!isSignedBy(this.#suite, digest, opened.signature, from.account))
      return refused('bad signature');
    if (kind === KIND_COMMIT)
      return this.#openCommit(epoch, body, step, content, opened, from, packet);
    if (kind === KIND_PROPOSAL) return this.#openLeave(epoch, body, step, content, from);
    this.#take(epoch, step);
    return { kind: 'message', from, text: opened.body, epoch: epoch.id, leaf, generation };
  }

  #openLeave(epoch: Epoch, body: EpochBody, step: Step, content: Content, from: Member): Received {
    const leave = decodeLeave(content.body);
    if (leave?.leaf !== content.leaf) return refused('not a leave');
    if (!leaveHolds(this.#suite, body.context.groupId, body.tree, leave))
      return refused('bad signature');
    this.#take(epoch, step);
    // One per place: whoever asks twice, or whoever sat there before, is not asked again.
    const others = this.state.leaves.filter((one) => one.leave.leaf !== leave.leaf);
    this.state.leaves = [...others, { leave, key: leafAt(body.tree, leave.leaf)!.key }];
    return { kind: 'leave', from };
  }

  #openCommit(
    epoch: Epoch,
    body: EpochBody,
    step: Step,
    content: Content,
    opened: { signature: Uint8Array; confirmationTag: Uint8Array },
    from: Member,
    packet: Uint8Array,
  ): Received {
    const commit = decodeCommit(content.body);
    if (commit === undefined) return refused('malformed');
    const { signature, confirmationTag } = opened;
    const taken = takeCommit(
      this.#suite,
      body,
      commit,
      content,
      signature,
      confirmationTag,
      this.#policy,
    );
    if (typeof taken === 'string') return refused(taken);
    this.#take(epoch, step);
    const before = this.state.head;
    const superseded = insertEpoch(this.state, {
      ...childOf(epoch, taken.confirmedTranscriptHash, taken.removed.length > 0),
      packet: packet.slice(),
      wish: undefined,
      body: taken.body,
    });
    const { head } = this.state;
    const counts = head.id === bytesToHex(taken.confirmedTranscriptHash);
    const seatedAnew = commit.proposals.some(
      (one) => one.kind === 'add' && sameBytes(one.package.leaf.account, this.#self.account),
    );
    const shutOut = counts && taken.body === undefined && !seatedAnew;
    return { kind: 'commit', from, moved: head !== before, shutOut, superseded };
  }

  /** Takes a key away for good. */
  #take(epoch: Epoch, step: Step): void {
    epoch.body = { ...epoch.body!, secretTree: step.tree };
    for (const secret of step.spent) secret.fill(0);
    step.key.key.fill(0);
    step.key.nonce.fill(0);
  }
}

function refused(reason: PacketProblem): Received {
  return { kind: 'refused', reason };
}
