/**
 * Whom people in groups and their nodes tell what they do and see, at the moment when they do. In values only, so that the follower may be in
 * another process.
 */
import type { Group } from '../../../protocols/group/group.ts';
import type { PeerHandle } from '../../../protocols/host.ts';

/** A group at a moment, as one of its members has it. */
export interface GroupNow {
  /** Accounts of its members, 20 bytes each; none for somebody who is no member. */
  readonly accounts: readonly Uint8Array[];
  /** Packets of the commits that are kept. */
  commits(): readonly Uint8Array[];
}

/** What people do and see. */
export interface GroupLedger {
  /** Somebody is about to say something: packets to many that its node sends until `said` carry it. */
  saying(node: number, number: number, sizeBytes: number): void;
  said(node: number, number: number, packet: Uint8Array, now: GroupNow): void;
  heard(node: number, number: number): void;
  moved(node: number, accounts: readonly Uint8Array[]): void;
  /** @param state all that the node has of the group, encoded */
  leaving(node: number, state: Uint8Array): void;
  entering(node: number): void;
}

export interface GroupFollower {
  readonly ledger: GroupLedger;
  /** The first of a group has begun it, and passes the invitation on, outside the network. @param id hexadecimal */
  begun?(group: number, id: string): void;
  /** A datagram has come to a node, behind its link. */
  arrived(node: number, from: PeerHandle, bytes: Uint8Array, offset: number, length: number): void;
}

export function accountsIn(group: Group): Uint8Array[] {
  return group.members.map(({ account }) => account);
}
