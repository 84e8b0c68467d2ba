/**
 * Groups on a live node's disk: their keys, what the user calls them and whom they invited, invitations that have come, and the cards of members.
 *
 * Keys and words that have come are written in one stroke, and so are an invitation and the state of the conversation that brought it: what is
 * acknowledged is there. All of it is read once, at the start; later reads are answered from memory.
 */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import { verifyRecord } from '../../protocols/identity/record.ts';
import { decodeFrame } from '../../protocols/node/group-frames.ts';
import type { GroupRecord, GroupVault, GroupWords } from '../../protocols/node/group-records.ts';
import type { CardBook } from '../../protocols/node/group-settings.ts';
import type { Inbound } from '../../protocols/node/messaging.ts';
import type { Party } from '../../protocols/session/opening.ts';
import type { Change, Store } from '../store/port.ts';
import { fromHex, toHex } from './identity.ts';
import type { NodeVault } from './vault.ts';

/** Namespaces of the store. */
const RECORD = 'group';
const FACTS = 'group-facts';
const INVITATION = 'invitation';
const CARD = 'card';

/** Invitations that wait, of contacts and of strangers apart: the oldest makes room. */
const INVITATIONS_MAX = 100;

/** What the user has made of a group. */
export interface GroupFacts {
  /** Hex. */
  id: string;
  /** What the user calls it. */
  name: string;
  /** Overlay addresses (hex) of those whom they have invited. */
  invited: string[];
  /** Whom to ask to be let in: overlay addresses, hex. */
  through: string[];
  /** How it has ended; what was said in it is in the inbox still, under its name. */
  over?: 'left' | 'removed';
}

export interface Invitation {
  /** Of the group, hex. */
  id: string;
  /** What the sender calls it. */
  name: string;
  /** Overlay address, hex. */
  from: string;
  receivedAt: string;
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const decode = <T>(bytes: Uint8Array): T => JSON.parse(new TextDecoder().decode(bytes)) as T;

export class GroupShelf implements GroupVault, CardBook {
  readonly #store: Store;
  readonly #vault: NodeVault;
  readonly #ownCard: () => Uint8Array;
  /** As they were at the start; what has changed since is in the node. */
  #records: { name: string; record: Uint8Array }[] = [];
  readonly #facts = new Map<string, GroupFacts>();
  readonly #invitations = new Map<string, Invitation>();
  readonly #cards = new Map<string, Uint8Array>();

  constructor(store: Store, vault: NodeVault, ownCard: () => Uint8Array) {
    this.#store = store;
    this.#vault = vault;
    this.#ownCard = ownCard;
    vault.changesWith = (inbound) => this.#changesWith(inbound);
  }

  async load(): Promise<void> {
    this.#records = (await this.#store.scan(RECORD)).map(({ key, value }) => ({
      name: key,
      record: value,
    }));
    for (const { key, value } of await this.#store.scan(FACTS)) this.#facts.set(key, decode(value));
    const invitations = (await this.#store.scan(INVITATION)).map(({ value }) =>
      decode<Invitation>(value),
    );
    for (const one of invitations.sort((a, b) => (a.receivedAt < b.receivedAt ? -1 : 1)))
      this.#invitations.set(one.id, one);
    for (const { key, value } of await this.#store.scan(CARD)) this.#cards.set(key, value);
  }

  keepGroups(
    records: readonly GroupRecord[],
    words: readonly GroupWords[],
    then: () => void,
  ): void {
    const changes = records.map(({ name, record }): Change => {
      return { namespace: RECORD, key: name, value: record };
    });
    const letters = words.map(({ group, from, text }) => ({
      from: toHex(from),
      text: new TextDecoder().decode(text),
      group,
    }));
    this.#vault.keepWith(changes, letters, then);
  }

  groupRecords(): readonly { name: string; record: Uint8Array }[] {
    return this.#records;
  }

  own(): Uint8Array {
    return this.#ownCard();
  }

  record(address: Uint8Array): Uint8Array | undefined {
    return this.#cards.get(toHex(address));
  }

  /** Somebody by the card that they have told a group. */
  party(suite: CryptoSuite, address: Uint8Array): Party | undefined {
    const record = this.record(address);
    return record && verifyRecord(suite, record, 0);
  }

  /** Cards of members whose address begins so (hex). */
  cardsOf(beginning: string): Uint8Array[] {
    return [...this.#cards].filter(([key]) => key.startsWith(beginning)).map(([, card]) => card);
  }

  learn(address: Uint8Array, record: Uint8Array): void {
    const key = toHex(address);
    this.#cards.set(key, record);
    this.#vault.keepWith([{ namespace: CARD, key, value: record }], [], () => undefined);
  }

  /** Groups that the user is in or wants to be in, and those that they were removed from and have not done with. */
  get facts(): GroupFacts[] {
    return [...this.#facts.values()].filter(({ over }) => over !== 'left');
  }

  isOver(id: string): boolean {
    return this.#facts.get(id)?.over !== undefined;
  }

  /** What the user calls a group, or called it. */
  nameOf(id: string): string | undefined {
    return this.#facts.get(id)?.name;
  }

  get invitations(): Invitation[] {
    return [...this.#invitations.values()];
  }

  keepFacts(facts: GroupFacts): Promise<void> {
    this.#facts.set(facts.id, facts);
    this.#invitations.delete(facts.id);
    return this.#store.batch([
      { namespace: FACTS, key: facts.id, value: encode(facts) },
      { namespace: INVITATION, key: facts.id, value: undefined },
    ]);
  }

  /** The user is no member any more, nor wants to be. */
  async end(id: string, over: 'left' | 'removed'): Promise<void> {
    const facts = this.#facts.get(id);
    if (facts !== undefined) await this.keepFacts({ ...facts, invited: [], through: [], over });
  }

  /** Whether the user wants somebody in a group. */
  admits(id: string, address: Uint8Array): boolean {
    return this.#facts.get(id)?.invited.includes(toHex(address)) === true;
  }

  /** Address to be asked for a group: of who has invited us last. */
  throughOf(id: string): Uint8Array[] {
    return (this.#facts.get(id)?.through ?? []).map(fromHex);
  }

  /** What belongs on disk with frames that have come: invitations to groups that we are not in. */
  #changesWith(inbound: readonly Inbound[]): Change[] {
    return inbound.flatMap(({ contact, text }) => {
      const frame = decodeFrame(text);
      if (frame?.kind !== 'invite') return [];
      const id = toHex(frame.groupId);
      const facts = this.#facts.get(id);
      if (facts !== undefined && facts.over === undefined) return [];
      const from = toHex(contact.party.address);
      const other = this.#invitations.get(id);
      if (other !== undefined && this.#isContact(other.from) && !this.#isContact(from)) return [];
      const invitation: Invitation = {
        id,
        name: frame.name,
        from,
        receivedAt: this.#vault.wallTime(),
      };
      this.#invitations.delete(id);
      this.#invitations.set(id, invitation);
      return [
        { namespace: INVITATION, key: id, value: encode(invitation) },
        ...this.#room(this.#isContact(invitation.from)),
      ];
    });
  }

  /** Lets go of what is too much of contacts' invitations, or of strangers', who are not to push out the others. */
  #room(ofContacts: boolean): Change[] {
    const alike = this.invitations.filter(({ from }) => this.#isContact(from) === ofContacts);
    return alike.slice(0, -INVITATIONS_MAX).map(({ id }): Change => {
      this.#invitations.delete(id);
      return { namespace: INVITATION, key: id, value: undefined };
    });
  }

  #isContact(address: string): boolean {
    return this.#vault.people.some((person) => person.address === address);
  }
}
