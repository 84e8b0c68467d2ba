/**
 * A node with a user in front of it: what the protocols are asked goes to them, the user's own timers to the user. Two classes, since a node that
 * people talk through has conversations on top of what every node has.
 */
import type { Host } from '../../protocols/host.ts';
import { MessagingNode, type MessagingSettings } from '../../protocols/node/messaging.ts';
import { MainframeNode, type NodeSettings } from '../../protocols/node/node.ts';
import type { Searching } from './discovery.ts';
import { ACTS_FROM, User, type Acts } from './workload.ts';

/** What a node needs besides to hold conversations. */
export type Talk = Pick<MessagingSettings, 'self' | 'vault' | 'luminosityBits'>;

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

/**
 * A node whose user does what `acts` has for it; with `talk` it holds conversations.
 * @param chats indexes of the traffic entries that this node's role sends for as long as it is up.
 * @param searching what it looks for, if it does; `settings` must then have discovery.
 */
export function createUserNode(
  host: Host,
  settings: NodeSettings,
  acts: Acts,
  chats: readonly number[],
  talk: Talk | undefined,
  searching: Searching | undefined,
): MainframeNode {
  const user = new User(host, acts, chats, searching);
  return talk === undefined
    ? new UserNode(host, settings, user)
    : new TalkingUserNode(host, { ...settings, ...talk }, user);
}
