/** Groups of live nodes: real sockets and disks in one process, and what users are told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeEvent } from '../../../live/api/schemas.ts';
import { eventually, makeHome, startLive, type Running } from './support.ts';

const home = makeHome();
let [ann, bob, cy]: Running[] = [];
const heard: NodeEvent[] = [];

/** What somebody was told in groups, as "group / who: what". */
async function inbox({ node }: Running): Promise<string[]> {
  return (await node.letters(0)).map(
    ({ groupName, name, text }) =>
      `${groupName === undefined ? '' : `${groupName} / `}${name}: ${text}`,
  );
}

const states = async ({ node }: Running): Promise<string[]> =>
  (await node.groups.report()).groups.map(
    ({ name, state, members }) => `${name} ${state} ${members}`,
  );

/** Waits until an invitation has come. */
async function invited({ node }: Running): Promise<void> {
  while ((await node.groups.report()).invitations.length === 0)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Waits until everybody of these sees so many members. */
async function gathered(name: string, members: number, ...people: Running[]): Promise<void> {
  for (const one of people)
    for (let round = 0; ; round++) {
      if ((await states(one)).includes(`${name} member ${members}`)) break;
      if (round === 3_000) throw new Error(`${await states(one)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

/** Waits until a text is in somebody's inbox. */
async function comes(to: Running, line: string): Promise<void> {
  for (let round = 0; !(await inbox(to)).includes(line); round++) {
    if (round === 3_000) throw new Error(`${await inbox(to)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

beforeAll(async () => {
  ann = await startLive('ann', home.passwordFile);
  const bootstrap = [ann.node.card];
  bob = await startLive('bob', home.passwordFile, { bootstrap });
  cy = await startLive('cy', home.passwordFile, { bootstrap });
  bob.node.watch((event) => heard.push(event));
  await ann.node.add('bob', bob.node.card);
  await ann.node.add('cy', cy.node.card);
  for (const one of [bob, cy]) await one.node.add('ann', ann.node.card);
  await eventually(() => [ann, bob, cy].every((one) => one!.node.status().peers === 2));
}, 60_000);

afterAll(async () => {
  for (const one of [ann, bob, cy]) await one!.close();
  home.remove();
});

describe('a group of live nodes', { timeout: 60_000 }, () => {
  it('is begun, and joined by those who are invited', async () => {
    expect(await ann!.node.groups.create('friends')).toMatchObject({ state: 'member', members: 1 });
    await expect(bob!.node.groups.join('friends', undefined)).rejects.toThrow('Nobody has invited');
    for (const name of ['bob', 'cy']) await ann!.node.groups.invite('friends', name);
    // Told when it is on disk; whoever joins before that has answered, and is told of no invitation.
    await eventually(() => heard.some(({ event }) => event === 'invitation'));
    for (const one of [bob!, cy!]) {
      await invited(one);
      await one.node.groups.join('friends', undefined);
    }
    await gathered('friends', 3, ann!, bob!, cy!);
    const [invitation] = heard.filter(({ event }) => event === 'invitation');
    expect(invitation).toMatchObject({ name: 'friends', from: ann!.node.status().address });
    await eventually(() => heard.some((one) => one.event === 'group' && one.members === 3));
    // What nodes tell one another is nobody's letter.
    for (const one of [ann!, bob!, cy!]) expect(await inbox(one)).toEqual([]);
  });

  it('hears what its members say, and knows those whom it has never met', async () => {
    await cy!.node.groups.say('friends', 'hello all');
    await comes(ann!, 'friends / cy: hello all');
    const stranger = `${cy!.node.status().address.slice(0, 8)}…`;
    await comes(bob!, `friends / ${stranger}: hello all`);
    // Bob has cy's card from the group, and may write to them alone.
    await bob!.node.add('cy', cy!.node.status().address.slice(0, 8));
    expect(await inbox(bob!)).toEqual(['friends / cy: hello all']);
    await bob!.node.say('cy', 'just you');
    const from = `${bob!.node.status().address.slice(0, 8)}…`;
    await comes(cy!, `${from}: just you`);
  });

  it('goes on after one of its nodes was away', async () => {
    await bob!.close();
    for (let i = 0; i < 3; i++) await cy!.node.groups.say('friends', `meanwhile ${i}`);
    bob = await startLive('bob', home.passwordFile, { again: true });
    bob.node.watch((event) => heard.push(event));
    expect(await states(bob)).toEqual(['friends member 3']);
    await eventually(() => bob!.node.status().peers === 2);
    await bob.node.groups.say('friends', 'back again');
    await comes(ann!, 'friends / bob: back again');
    await ann!.node.groups.say('friends', 'welcome');
    await comes(bob, 'friends / ann: welcome');
    // Nobody has said it again: members have kept it for whoever has missed it.
    for (let i = 0; i < 3; i++) await comes(bob, `friends / cy: meanwhile ${i}`);
    expect((await inbox(bob)).filter((line) => line.includes('meanwhile'))).toHaveLength(3);
  });

  it('lets in nobody who was not invited by whom they ask', async () => {
    await cy!.node.groups.leave('friends');
    await gathered('friends', 2, ann!, bob!);
    expect(await states(cy!)).toEqual([]);
    // The invitation was followed once; they who have left know the id, and ask for it in vain.
    await expect(cy!.node.groups.join('friends', undefined)).rejects.toThrow('Nobody has invited');
    await ann!.node.groups.invite('friends', 'cy');
    await invited(cy!);
    await cy!.node.groups.join('friends', 'crowd');
    await gathered('crowd', 3, cy!);
    await gathered('friends', 3, ann!, bob!);
    await ann!.node.groups.say('friends', 'again');
    await comes(cy!, 'crowd / ann: again');
  });

  it('removes a member, who is told and reads on under the old name', async () => {
    expect(await ann!.node.groups.remove('friends', 'bob')).toMatchObject({ name: 'bob' });
    await gathered('friends', 2, ann!);
    await eventually(() => heard.some((one) => one.event === 'group' && one.state === 'removed'));
    expect(await states(bob!)).toEqual(['friends removed 0']);
    await ann!.node.groups.say('friends', 'without bob');
    await comes(cy!, 'crowd / ann: without bob');
    expect(await inbox(bob!)).toEqual(expect.arrayContaining(['friends / ann: welcome']));
    expect(await inbox(bob!)).not.toContain('friends / ann: without bob');
    await expect(bob!.node.groups.say('friends', 'x')).rejects.toThrow('You were removed');
    await bob!.node.groups.leave('friends');
    expect(await states(bob!)).toEqual([]);
    expect(await inbox(bob!)).toContain('friends / ann: welcome');
  });

  it.each([
    ['create', ['friends', undefined], 'A group is called "friends" already'],
    ['create', ['bob', undefined], 'A contact is called "bob" already'],
    ['create', ['a b', undefined], 'cannot name a group'],
    ['create', ['ż'.repeat(40), undefined], 'at most 64 bytes'],
    ['invite', ['nobody', 'bob'], 'No group is called "nobody". There are: friends.'],
    ['invite', ['friends', 'zoe'], 'No contact is called "zoe". There are: bob, cy.'],
    ['invite', ['friends', 'cy'], '"cy" is in "friends" already'],
    ['remove', ['friends', 'bob'], 'Nobody in "friends" is "bob". There are: '],
    ['remove', ['friends', 'you'], 'mainframe groups leave friends'],
    ['say', ['friends', ''], 'An empty message'],
    ['say', ['friends', 'x'.repeat(2_000)], 'one message to a group holds'],
    ['join', ['friends', undefined], 'You have joined "friends" already'],
  ] as const)('refuses to %s %j', async (verb, [first, second], why) => {
    const { groups } = ann!.node;
    const act = groups[verb].bind(groups) as (a: string, b?: string) => Promise<unknown>;
    await expect(act(first, second)).rejects.toThrow(why);
  });
});
