/** What a node in groups is given, and whom it tells: of a host, a disk and a user as much as groups need. */
import type { Group } from '../group/group.ts';
import type { GroupSelf, Member } from '../group/leaf.ts';
import type { Party } from '../session/opening.ts';
import { isFrame } from './group-frames.ts';
import type { GroupOptions } from './group-options.ts';
import type { GroupVault } from './group-records.ts';
import type { Inbound, Listener, MessagingSettings } from './messaging.ts';

/** Whom a node tells about its groups. */
export interface GroupListener extends Listener {
  /** Somebody's words, in an epoch. */
  groupText?(group: Group, from: Member, text: Uint8Array, epoch: string): void;
  /** Another epoch counts now, or we are no member any more. */
  groupMoved?(group: Group): void;
  /** Somebody invites us to a group that they call so. */
  invited?(from: Uint8Array, groupId: Uint8Array, name: string): void;
}

/** Signed records of members, where nobody has them from elsewhere. */
export interface CardBook {
  /** Our own, as it is now. */
  own(): Uint8Array;
  /** Undefined for somebody of whom there is none. */
  record(address: Uint8Array): Uint8Array | undefined;
  /** Keeps a record that was checked, and is newer than what is there. */
  learn(address: Uint8Array, record: Uint8Array): void;
}

export interface GroupSettings extends MessagingSettings {
  groupSelf: GroupSelf;
  networkId: bigint;
  groupVault: GroupVault;
  groups: GroupOptions;
  listener: GroupListener;
  /** Address and key of a person, if their card is at hand. */
  card(address: Uint8Array): Party | undefined;
  /** Where members learn one another's cards; where `card` knows everybody it may be left out. */
  cards?: CardBook;
  /** Whether somebody who does not sit in a group may be let in; by default whoever asks may. @param id hexadecimal */
  admits?(id: string, address: Uint8Array): boolean;
}

/** Keeps the frames of groups from the user. */
export class FrameFilter implements Listener {
  readonly #user: Listener;
  frame: ((inbound: Inbound) => void) | undefined;

  constructor(user: Listener) {
    this.#user = user;
  }

  received(inbound: Inbound): void {
    if (isFrame(inbound.text)) this.frame?.(inbound);
    else this.#user.received?.(inbound);
  }

  acknowledged(contact: Inbound['contact'], numbers: readonly number[]): void {
    this.#user.acknowledged?.(contact, numbers);
  }
}
