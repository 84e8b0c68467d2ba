/**
 * What groups do, followed by somebody who may see everything: whom words reached, what they cost, when everybody had a new key, whether those who
 * have left can read on. Nothing here reaches back into the world.
 *
 * Bytes of a message are those of all datagrams on all links. What single packets to the same zones would have cost follows from the same
 * datagrams, since each destination goes the way that a packet of its own would go: a datagram for k zones stands for k dark packets.
 *
 * Whoever leaves is remembered with a copy of all they had. Each later message of an epoch without them is given to that copy, after all commits that it
 * may follow: if it opens, the group has failed. The copy has nothing to do with the node.
 */
import { decodeGroup } from '../../../protocols/group/group-codec.ts';
import { Group } from '../../../protocols/group/group.ts';
import { ANY_MEMBER } from '../../../protocols/group/policy.ts';
import type { CryptoSuite } from '../../../protocols/crypto/port.ts';
import { sameBytes } from '../../../protocols/group/leaf.ts';
import {
  MULTICAST_BRANCHED,
  MULTICAST_ORIGINATED,
  MULTICAST_SENT,
  PACKET_SENT,
} from '../../../protocols/routing/events.ts';
import { HEADER_BYTES } from '../../../protocols/routing/packet.ts';
import { GROUP_TAG_BYTES } from '../../../protocols/group/packet.ts';
import { groupPacketBytes } from '../../../protocols/node/group-text.ts';
import type { AddSample } from '../texts.ts';
import type { Cast } from './cast.ts';
import type { GroupLedger, GroupNow } from './follower.ts';

/** Words that somebody has said to their group. */
export interface Said {
  number: number;
  sender: number;
  sentUs: number;
  bytes: number;
  /** Datagrams of a packet for each member instead. */
  datagramsAlone: number;
  sealedBytes: number;
  expected: Set<number>;
  heard: Set<number>;
}

/** Somebody who came or went, until everybody knows. */
interface Change {
  account: string;
  kind: 'join' | 'leave';
  sinceUs: number;
}

interface View {
  accounts: Set<string>;
}

interface Followed {
  views: Map<number, View>;
  changes: Change[];
  gone: { account: Uint8Array; copy: Group }[];
}

export interface GroupTrackerSetting {
  suite: CryptoSuite;
  casts: ReadonlyMap<number, Cast>;
  /** Account of each node that is in a group. */
  accounts: ReadonlyMap<number, Uint8Array>;
  /** Datagrams that a packet of its own from one node to another would take now; 0 where nobody can say. */
  datagramsAlone: (from: number, to: number) => number;
  nowUs: () => number;
  add: AddSample;
  /** Told of words that samples were taken of, when all copies have come. */
  counted: (said: Said) => void;
  /** Samples are of what was said or done from `fromUs` on. */
  fromUs: number;
  lifetimeUs: number;
}

export class GroupTracker implements GroupLedger {
  readonly #setting: GroupTrackerSetting;
  readonly #nodeOf: ReadonlyMap<string, number>;
  readonly #followed = new Map<Cast, Followed>();
  readonly #said = new Map<number, Said>();
  /** Messages by the ids of the packets that carry them. */
  readonly #byPacket = new Map<string, Said>();
  /** Of each node, what it is saying. */
  readonly #speaking = new Map<number, Said>();

  constructor(setting: GroupTrackerSetting) {
    this.#setting = setting;
    this.#nodeOf = new Map([...setting.accounts].map(([node, account]) => [account.join(), node]));
  }

  saying(node: number, number: number, sizeBytes: number): void {
    const said: Said = {
      number,
      sender: node,
      sentUs: this.#setting.nowUs(),
      bytes: 0,
      datagramsAlone: 0,
      sealedBytes: groupPacketBytes(sizeBytes) - GROUP_TAG_BYTES,
      expected: new Set(),
      heard: new Set(),
    };
    this.#speaking.set(node, said);
    this.#said.set(number, said);
  }

  said(node: number, number: number, packet: Uint8Array, now: GroupNow): void {
    const said = this.#said.get(number)!;
    this.#speaking.delete(node);
    for (const account of now.accounts) {
      const to = this.#nodeOf.get(account.join())!;
      if (to !== node) said.datagramsAlone += this.#setting.datagramsAlone(node, to);
      // Who has left already, but is not yet shut out, has thrown the keys away.
      if (to !== node && this.#of(node).views.has(to)) said.expected.add(to);
    }
    this.#tryToRead(node, now, packet);
  }

  heard(node: number, number: number): void {
    const said = this.#said.get(number);
    if (said?.expected.has(node) === true) said.heard.add(node);
  }

  moved(node: number, accounts: readonly Uint8Array[]): void {
    const followed = this.#of(node);
    if (accounts.length === 0) followed.views.delete(node);
    else followed.views.set(node, { accounts: new Set(accounts.map((account) => account.join())) });
    this.#settleChanges(followed);
  }

  leaving(node: number, state: Uint8Array): void {
    const account = this.#setting.accounts.get(node)!;
    const followed = this.#of(node);
    followed.changes = followed.changes.filter((change) => change.account !== account.join());
    followed.changes.push({
      account: account.join(),
      kind: 'leave',
      sinceUs: this.#setting.nowUs(),
    });
    const self = { account, nonce: new Uint8Array(32), accountSecret: new Uint8Array(32) };
    const group = decodeGroup(state)!;
    followed.gone.push({ account, copy: new Group(this.#setting.suite, self, ANY_MEMBER, group) });
  }

  entering(node: number): void {
    const account = this.#setting.accounts.get(node)!.join();
    const { changes } = this.#of(node);
    changes.push({ account, kind: 'join', sinceUs: this.#setting.nowUs() });
  }

  /** Events of routing. */
  event(node: number, event: number, a: number, b: number, c: number, d: number): void {
    if (event === MULTICAST_ORIGINATED) {
      const said = this.#speaking.get(node);
      if (said !== undefined) this.#byPacket.set(`${a}/${b}`, said);
      return;
    }
    if (event !== MULTICAST_BRANCHED && event !== MULTICAST_SENT && event !== PACKET_SENT) return;
    const said = this.#byPacket.get(`${a}/${b}`);
    if (said === undefined) return;
    if (event === MULTICAST_BRANCHED) this.#byPacket.set(`${c}/${d}`, said);
    else said.bytes += d;
  }

  /** The words that a packet carries, for an observer who is told which packets belong together. */
  saidIn(idHigh: number, idLow: number): Said | undefined {
    return this.#byPacket.get(`${idHigh}/${idLow}`);
  }

  /** Ends what has expired. */
  settle(nowUs: number): void {
    const { lifetimeUs, fromUs, add, counted } = this.#setting;
    const over = new Set<Said>();
    for (const said of this.#said.values()) {
      if (said.sentUs + lifetimeUs > nowUs) break;
      over.add(said);
      this.#said.delete(said.number);
      if (said.sentUs < fromUs || said.expected.size === 0) continue;
      for (const node of said.expected) add('delivery.rate', said.heard.has(node) ? 1 : 0, node);
      counted(said);
      add('bytes.per_message', said.bytes, said.sender);
      const aloneBytes = said.datagramsAlone * (HEADER_BYTES + said.sealedBytes);
      if (aloneBytes > 0) add('bytes.saved_over_unicast', 1 - said.bytes / aloneBytes, said.sender);
    }
    for (const [id, said] of this.#byPacket) if (over.has(said)) this.#byPacket.delete(id);
  }

  #tryToRead(sender: number, now: GroupNow, packet: Uint8Array): void {
    const counted = this.#setting.nowUs() >= this.#setting.fromUs;
    for (const { account, copy } of this.#of(sender).gone) {
      if (now.accounts.some((member) => sameBytes(member, account))) continue;
      for (const commit of now.commits()) copy.receive(commit);
      const reads = copy.receive(packet).kind === 'message';
      if (counted) this.#setting.add('group.read_after_leaving', reads ? 1 : 0, sender);
    }
  }

  #settleChanges(followed: Followed): void {
    const { nowUs, fromUs, add } = this.#setting;
    followed.changes = followed.changes.filter(({ account, kind, sinceUs }) => {
      const own = followed.views.get(this.#nodeOf.get(account)!);
      if (kind === 'join' && own === undefined) return true;
      const knows = ({ accounts }: View): boolean => accounts.has(account) === (kind === 'join');
      if (![...followed.views.values()].every(knows)) return true;
      if (sinceUs >= fromUs) add('group.key_time', nowUs() - sinceUs, this.#nodeOf.get(account)!);
      return false;
    });
  }

  #of(node: number): Followed {
    const cast = this.#setting.casts.get(node)!;
    let followed = this.#followed.get(cast);
    if (followed === undefined) {
      followed = { views: new Map(), changes: [], gone: [] };
      this.#followed.set(cast, followed);
    }
    return followed;
  }
}
