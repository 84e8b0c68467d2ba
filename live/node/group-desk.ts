/** The counter at which a user deals with groups: names become ids and people, wishes become inputs of the node. */
import { GROUP_NAME_BYTES_MAX } from '../../protocols/node/group-frames.ts';
import { GROUP_TEXT_BYTES_MAX } from '../../protocols/node/group-text.ts';
import type { GroupNode } from '../../protocols/node/groups.ts';
import type { Party } from '../../protocols/session/opening.ts';
import type { GroupLine, GroupReport, InvitationLine } from '../api/group-schemas.ts';
import type { NodeEvent } from '../api/schemas.ts';
import type { GroupFacts, GroupShelf, Invitation } from './group-shelf.ts';
import { cardText, fromHex, toHex } from './identity.ts';
import { NAME, nameOf, personCalled } from './people.ts';
import { RequestError } from './request-error.ts';
import type { Named, NodeVault } from './vault.ts';

export interface GroupDeskParts {
  node: GroupNode;
  shelf: GroupShelf;
  vault: NodeVault;
  /** Our own overlay address, hex. */
  self: string;
  /** Runs something as an input of the node. */
  act(work: () => void): void;
  /** @throws TroubleError where the disk keeps nothing */
  assertKeeps(): void;
  tell(event: NodeEvent): void;
}

export class GroupDesk {
  readonly #parts: GroupDeskParts;

  constructor(parts: GroupDeskParts) {
    this.#parts = parts;
  }

  /** Goes on with what the last life of the node has begun: being let in, and leaving. */
  resume(): void {
    const { node, shelf, act } = this.#parts;
    for (const group of node.groups) {
      const id = toHex(group.id);
      if (shelf.isOver(id))
        act(() => {
          node.leaveGroup(id);
        });
    }
    for (const id of node.joining)
      act(() => {
        node.joinGroup(id, shelf.throughOf(id));
      });
  }

  async report(): Promise<GroupReport> {
    const people = this.#parts.vault.people;
    return {
      groups: this.#parts.shelf.facts.map((facts) => this.#lineOf(facts)),
      invitations: this.#parts.shelf.invitations.map((one) => invitationLine(one, people)),
    };
  }

  async members(word: string): Promise<{ address: string; name: string }[]> {
    const { node, vault, self } = this.#parts;
    const people = vault.people;
    return node.membersOf(this.#factsOf(word).id).map((member) => {
      const address = toHex(member);
      return { address, name: address === self ? 'you' : nameOf(people, address) };
    });
  }

  /** What the user calls a group, or called it. */
  nameOf(id: string): string {
    return this.#parts.shelf.nameOf(id) ?? `${id.slice(0, 8)}…`;
  }

  /** The card of a member of a group, by the beginning of their address; undefined where that names nobody, or several. */
  cardOf(beginning: string): string | undefined {
    if (!isBeginning(beginning)) return undefined;
    const [card, ...more] = this.#parts.shelf.cardsOf(beginning);
    return card === undefined || more.length > 0 ? undefined : cardText(card);
  }

  isGroup(name: string): boolean {
    return this.#parts.shelf.facts.some((facts) => facts.name === name);
  }

  async create(name: string): Promise<GroupLine> {
    const { node, shelf, act } = this.#parts;
    await this.#assertFree(name);
    const ids: string[] = [];
    act(() => {
      ids.push(node.createGroup());
    });
    const facts = { id: ids[0]!, name, invited: [], through: [] };
    await shelf.keepFacts(facts);
    return this.#lineOf(facts);
  }

  async invite(word: string, to: string): Promise<Named> {
    const { node, shelf, act, vault } = this.#parts;
    const facts = this.#factsOf(word);
    this.#assertMember(facts);
    const person = personCalled(vault.people, to);
    if (node.membersOf(facts.id).some((member) => toHex(member) === person.address))
      throw new RequestError(`"${person.name}" is in "${facts.name}" already.`);
    const party = partyOf(person);
    if (!node.maySay(party, GROUP_NAME_BYTES_MAX))
      throw new RequestError(
        `Nothing was sent: too much waits for "${person.name}" already, who was not heard from for long.`,
      );
    const invited = [...facts.invited.filter((one) => one !== person.address), person.address];
    await shelf.keepFacts({ ...facts, invited });
    act(() => {
      node.invite(party, facts.id, facts.name);
    });
    await vault.settled();
    return person;
  }

  /** Asks to be let into a group that somebody has invited us to. @param as what to call it, if not as they do */
  async join(word: string, as: string | undefined): Promise<GroupLine> {
    const { node, shelf, act, vault } = this.#parts;
    const invitation = this.#invitationOf(word);
    const name = as ?? invitation.name;
    await this.#assertFree(name, invitation);
    const facts = { id: invitation.id, name, invited: [], through: [invitation.from] };
    await shelf.keepFacts(facts);
    act(() => {
      node.joinGroup(facts.id, [fromHex(invitation.from)]);
    });
    await vault.settled();
    return this.#lineOf(facts);
  }

  async leave(word: string): Promise<GroupLine> {
    const { node, shelf, act, vault } = this.#parts;
    const facts = this.#factsOf(word);
    await shelf.end(facts.id, 'left');
    act(() => {
      node.leaveGroup(facts.id);
    });
    await vault.settled();
    return { ...this.#lineOf(facts), state: 'left', members: 0 };
  }

  async remove(word: string, member: string): Promise<{ address: string; name: string }> {
    const { node, shelf, act, vault } = this.#parts;
    const facts = this.#factsOf(word);
    this.#assertMember(facts);
    const members = await this.members(word);
    const found = members.filter(
      ({ address, name }) => name === member || (isBeginning(member) && address.startsWith(member)),
    );
    const [one] = found;
    if (one === undefined || found.length > 1)
      throw new RequestError(
        `${found.length > 1 ? `Several members of "${facts.name}" are meant by` : `Nobody in "${facts.name}" is`} "${member}". There are: ${members.map(({ name }) => name).join(', ')}.`,
      );
    if (one.name === 'you')
      throw new RequestError(`To leave it yourself: mainframe groups leave ${facts.name}`);
    await shelf.keepFacts({
      ...facts,
      invited: facts.invited.filter((address) => address !== one.address),
    });
    act(() => {
      node.removeFromGroup(facts.id, fromHex(one.address));
    });
    await vault.settled();
    return one;
  }

  /** Says something to all members; it is on its way when this resolves. */
  async say(word: string, text: string): Promise<GroupLine> {
    const { node, act, vault } = this.#parts;
    const facts = this.#factsOf(word);
    this.#assertMember(facts);
    const bytes = new TextEncoder().encode(text);
    if (bytes.length === 0) throw new RequestError('An empty message says nothing.');
    if (bytes.length > GROUP_TEXT_BYTES_MAX)
      throw new RequestError(
        `The message has ${bytes.length} bytes; one message to a group holds ${GROUP_TEXT_BYTES_MAX}.`,
      );
    act(() => {
      node.sayToGroup(facts.id, bytes);
    });
    await vault.settled();
    return this.#lineOf(facts);
  }

  /** Another epoch counts in a group, or we are out of it. */
  moved(id: string): void {
    const { node, shelf, tell } = this.#parts;
    const facts = shelf.facts.find((one) => one.id === id);
    if (facts === undefined) return;
    const line = this.#lineOf(facts);
    const isOut = node.group(id) === undefined && !node.joining.includes(id);
    if (isOut) void shelf.end(id, 'removed').catch(() => undefined);
    tell({ event: 'group', ...line, ...(isOut ? { state: 'removed' as const } : {}) });
  }

  /** An invitation is on disk; one that was answered or replaced before is no news. */
  invited(id: string, from: string): void {
    const invitation = this.#parts.shelf.invitations.find((one) => one.id === id);
    if (invitation?.from !== from) return;
    const { name, receivedAt } = invitation;
    this.#parts.tell({ event: 'invitation', id, name, from, receivedAt });
  }

  #lineOf({ id, name, over }: GroupFacts): GroupLine {
    const members = this.#parts.node.membersOf(id).length;
    return { id, name, state: over ?? (members > 0 ? 'member' : 'joining'), members };
  }

  #factsOf(word: string): GroupFacts {
    const { facts } = this.#parts.shelf;
    const found = facts.find(({ id, name }) => name === word || id === word);
    if (found !== undefined) return found;
    const known = facts.map(({ name }) => name);
    throw new RequestError(
      `No group is called "${word}".${known.length === 0 ? ' There is none yet: mainframe groups create NAME' : ` There are: ${known.join(', ')}.`}`,
    );
  }

  #invitationOf(word: string): Invitation {
    const { invitations, facts } = this.#parts.shelf;
    const found = invitations.filter(
      ({ id, name }) => name === word || (isBeginning(word) && id.startsWith(word)),
    );
    if (found.length === 1) return found[0]!;
    if (facts.some(({ name, over }) => name === word && over === undefined))
      throw new RequestError(`You have joined "${word}" already: mainframe groups list`);
    const known = invitations.map(({ id, name }) => `${name} (${id.slice(0, 8)})`);
    throw new RequestError(
      known.length === 0
        ? `Nobody has invited you to "${word}". A member does: mainframe groups invite ${word} <you>`
        : `${found.length === 0 ? 'No invitation is' : 'Several invitations are'} to "${word}". There are: ${known.join(', ')}.`,
    );
  }

  #assertMember({ id, name, over }: GroupFacts): void {
    this.#parts.assertKeeps();
    if (over !== undefined)
      throw new RequestError(
        `You were removed from "${name}"; a member may invite you again. To forget it: mainframe groups leave ${name}`,
      );
    if (this.#parts.node.group(id) === undefined)
      throw new RequestError(
        `You are not in "${name}" yet: whoever has invited you must be up to let you in. mainframe groups list`,
      );
  }

  /** @param invitation to a group that is to be called so */
  async #assertFree(name: string, invitation?: Invitation): Promise<void> {
    this.#parts.assertKeeps();
    const other =
      invitation === undefined
        ? 'Take another name.'
        : `Give it another name: mainframe groups join ${invitation.id.slice(0, 8)} --as NAME`;
    if (!NAME.test(name) || new TextEncoder().encode(name).length > GROUP_NAME_BYTES_MAX)
      throw new RequestError(
        `"${name}" cannot name a group: use letters, digits, ".", "-" and "_", at most ${GROUP_NAME_BYTES_MAX} bytes. ${other}`,
      );
    const people = this.#parts.vault.people;
    if (people.some((person) => person.name === name))
      throw new RequestError(`A contact is called "${name}" already. ${other}`);
    const { facts } = this.#parts.shelf;
    if (facts.some((one) => one.name === name && one.id !== invitation?.id))
      throw new RequestError(`A group is called "${name}" already. ${other}`);
  }
}

function partyOf({ address, publicKey }: Named): Party {
  return { address: fromHex(address), publicKey: fromHex(publicKey) };
}

function invitationLine(
  { id, name, from, receivedAt }: Invitation,
  people: readonly Named[],
): InvitationLine {
  return { id, name, from, fromName: nameOf(people, from), receivedAt };
}

/** Whether a word may be the beginning of an address or an id. */
function isBeginning(word: string): boolean {
  return /^[0-9a-f]{4,64}$/.test(word);
}
