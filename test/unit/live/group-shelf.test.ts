/** What a live node keeps of groups: invitations, among them a stranger's, words, and what the user has made of it all. */
import { beforeEach, describe, expect, it } from 'vitest';
import { GroupShelf } from '../../../live/node/group-shelf.ts';
import { NodeVault, type Letter } from '../../../live/node/vault.ts';
import { encodeHead, encodeInvite } from '../../../protocols/node/group-frames.ts';
import { Contact } from '../../../protocols/session/contact.ts';
import { MemoryStore } from '../live-store/memory-store.ts';

const bytes = (value: number): Uint8Array => {
  const made = new Uint8Array(32);
  made[0] = value >>> 8;
  made[1] = value & 0xff;
  return made;
};
const hex = (value: number): string => Buffer.from(bytes(value)).toString('hex');
const contactOf = (value: number): Contact =>
  new Contact({ address: bytes(value), publicKey: bytes(value) }, 1);

let store: MemoryStore;
let vault: NodeVault;
let shelf: GroupShelf;
let seconds = 0;
let letters: Letter[];

async function open(): Promise<void> {
  letters = [];
  vault = new NodeVault(
    store,
    (work) => {
      work();
    },
    () => new Date(1_700_000_000_000 + 1_000 * seconds++).toISOString(),
  );
  vault.onLetter = (letter) => letters.push(letter);
  shelf = new GroupShelf(store, vault, () => new Uint8Array(162));
  await vault.load();
  await shelf.load();
}

/** A text of somebody comes. */
const comes = (from: number, text: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const inbound = { contact: contactOf(from), number: 0, text, stranger: true };
    vault.keep([], [inbound], resolve);
  });
const invites = (from: number, group: number, name = 'friends'): Promise<void> =>
  comes(from, encodeInvite(bytes(group), name));
const groups = (): string[] => shelf.invitations.map(({ id }) => id);

beforeEach(async () => {
  store = new MemoryStore();
  await open();
});

describe('invitations', () => {
  it('are on disk when they are acknowledged, and in no inbox', async () => {
    await invites(1, 7);
    await open();
    expect(shelf.invitations).toMatchObject([{ id: hex(7), name: 'friends', from: hex(1) }]);
    expect(letters).toEqual([]);
    expect(await vault.letters(0)).toEqual([]);
  });

  it('of strangers do not push out those of contacts', async () => {
    await vault.name({ name: 'ann', address: hex(1), publicKey: hex(1) });
    await invites(1, 1);
    for (let i = 2; i < 152; i++) await invites(i, i);
    expect(groups()).toHaveLength(101);
    expect(groups()[0]).toBe(hex(1));
    // The oldest of the strangers' are gone, on disk too.
    expect(groups()[1]).toBe(hex(52));
    const before = groups();
    await open();
    expect(groups()).toEqual(before);
  });

  it('of a contact are not replaced by those of strangers', async () => {
    await vault.name({ name: 'ann', address: hex(1), publicKey: hex(1) });
    await invites(1, 7);
    await invites(2, 7, 'trap');
    expect(shelf.invitations).toMatchObject([{ name: 'friends', from: hex(1) }]);
    await invites(1, 7, 'better friends');
    expect(shelf.invitations).toMatchObject([{ name: 'better friends' }]);
  });

  it('go when they are followed, and are not heard from groups that one is in', async () => {
    await invites(1, 7);
    await shelf.keepFacts({ id: hex(7), name: 'us', invited: [], through: [hex(1)] });
    expect(shelf.invitations).toEqual([]);
    await invites(1, 7);
    expect(shelf.invitations).toEqual([]);
    await open();
    expect(shelf.invitations).toEqual([]);
    expect(shelf.facts).toMatchObject([{ name: 'us' }]);
    expect(shelf.throughOf(hex(7))).toEqual([bytes(1)]);
  });

  it('may come again after one has left', async () => {
    await shelf.keepFacts({ id: hex(7), name: 'us', invited: [hex(2)], through: [] });
    expect(shelf.admits(hex(7), bytes(2))).toBe(true);
    await shelf.end(hex(7), 'left');
    expect(shelf.admits(hex(7), bytes(2))).toBe(false);
    expect([shelf.facts, shelf.isOver(hex(7)), shelf.nameOf(hex(7))]).toEqual([[], true, 'us']);
    await invites(1, 7);
    expect(groups()).toEqual([hex(7)]);
  });
});

describe('words', () => {
  it('are in the inbox with their group, in one stroke with its keys', async () => {
    await new Promise<void>((resolve) => {
      const text = new TextEncoder().encode('hello all');
      shelf.keepGroups(
        [{ name: `group/${hex(7)}`, record: bytes(9) }],
        [{ group: hex(7), from: bytes(1), text }],
        resolve,
      );
    });
    await open();
    expect(await vault.letters(0)).toMatchObject([
      { id: 1, from: hex(1), text: 'hello all', group: hex(7) },
    ]);
    expect(shelf.groupRecords()).toEqual([{ name: `group/${hex(7)}`, record: bytes(9) }]);
  });

  it('of nodes to one another are nobody’s letters', async () => {
    const head = { groupId: bytes(7), height: 1, epoch: bytes(8), answers: false, heard: [] };
    await comes(1, encodeHead(head));
    await comes(1, new TextEncoder().encode('a text'));
    expect(letters.map(({ text }) => text)).toEqual(['a text']);
  });
});
