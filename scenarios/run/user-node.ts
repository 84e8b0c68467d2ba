/**
 * A node with a user in front of it: what the protocols are asked goes to them, the user's own timers to the user. Two classes, since a node that
 * people talk through has conversations on top of what every node has.
 */
import type { Host } from '../../protocols/host.ts';
import { MessagingNode, type MessagingSettings } from '../../protocols/node/messaging.ts';
import { GroupNode } from '../../protocols/node/groups.ts';
import type { GroupSettings } from '../../protocols/node/group-settings.ts';
import { MainframeNode, type NodeSettings } from '../../protocols/node/node.ts';
import type { Searching } from './discovery.ts';
import { GROUP_ACTS_FROM, type GroupUser } from './groups/user.ts';
import { ACTS_FROM, User, type Acts } from './workload.ts';

/** What a node needs besides to hold conversations. */
export type Talk = Pick<MessagingSettings, 'self' | 'vault' | 'luminosityBits' | 'tags'>;

/** What a node needs besides to be in a group, and who is in it. */
export type Company = Pick<
  GroupSettings,
  'groupSelf' | 'networkId' | 'groupVault' | 'groups' | 'card'
> & {
  makeUser(host: Host): GroupUser;
};

class UserNode extends MainframeNode {
  readonly #user: User;

  constructor(host: Host, settings: NodeSettings, user: User) {
    super(host, settings);
    this.#user = user;
    user.attach(this, undefined);
  }

  override start(): void {
    super.start();
    this.#user.begin();
  }

  override onTimer(kind: number, argument: number): number {
    return kind >= ACTS_FROM ? this.#user.act(kind, argument) : super.onTimer(kind, argument);
  }
}

class TalkingUserNode extends MessagingNode {
  readonly #user: User;

  constructor(host: Host, settings: NodeSettings & Talk, user: User) {
    super(host, { ...settings, listener: user });
    this.#user = user;
    user.attach(this, this);
  }

  override start(): void {
    super.start();
    this.#user.begin();
  }

  override onTimer(kind: number, argument: number): number {
    return kind >= ACTS_FROM ? this.#user.act(kind, argument) : super.onTimer(kind, argument);
  }
}

class GroupUserNode extends GroupNode {
  readonly #user: User;
  readonly #member: GroupUser;

  constructor(host: Host, settings: NodeSettings & Talk & Company, user: User) {
    const member = settings.makeUser(host);
    super(host, {
      ...settings,
      listener: {
        received(inbound) {
          user.received(inbound);
        },
        acknowledged(contact, numbers) {
          user.acknowledged(contact, numbers);
        },
        groupText(group, from, text) {
          member.groupText(group, from, text);
        },
        groupMoved(group) {
          member.groupMoved(group);
        },
      },
    });
    this.#user = user;
    this.#member = member;
    user.attach(this, this);
    member.attach(this);
  }

  override start(): void {
    super.start();
    this.#user.begin();
    this.#member.begin();
  }

  override onTimer(kind: number, argument: number): number {
    if (kind >= GROUP_ACTS_FROM) return this.#member.act(kind, argument);
    return kind >= ACTS_FROM ? this.#user.act(kind, argument) : super.onTimer(kind, argument);
  }
}

/**
 * A node whose user does what `acts` has for it; with `talk` it holds conversations, with `company` besides it is in a group.
 * @param chats indexes of the traffic entries that this node's role sends for as long as it is up.
 * @param more what it looks for, if it does (`settings` must then have discovery), and its company
 */
export function createUserNode(
  host: Host,
  settings: NodeSettings,
  acts: Acts,
  chats: readonly number[],
  talk: Talk | undefined,
  more: { searching: Searching | undefined; company: Company | undefined },
): MainframeNode {
  const { searching, company } = more;
  const user = new User(host, acts, chats, searching);
  if (talk !== undefined && company !== undefined)
    return new GroupUserNode(host, { ...settings, ...talk, ...company }, user);
  return talk === undefined
    ? new UserNode(host, settings, user)
    : new TalkingUserNode(host, { ...settings, ...talk }, user);
}
