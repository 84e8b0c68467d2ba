/** `node.tags`, on nodes with sockets: what the headers of a conversation's packets show, and that either setting hears the other. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, makeHome, startLive, type Running } from './support.ts';

const home = makeHome();
let [alice, bob]: Running[] = [];

beforeAll(async () => {
  alice = await startLive('alice', home.passwordFile, { set: ['node.tags=fixed'] });
  bob = await startLive('bob', home.passwordFile, { bootstrap: [alice.node.card] });
  await alice.node.add('bob', bob.node.card);
  await bob.node.add('alice', alice.node.card);
}, 60_000);
afterAll(async () => {
  await alice!.close();
  await bob!.close();
  home.remove();
});

/** Tags of the packets that a node has originated. */
const tagsOf = ({ said }: Running): string[] =>
  said
    .filter(({ event }) => event === 'routing.tagged')
    .map(({ facts }) => (facts as { values: number[] }).values.slice(2).join('/'));

it(
  'shows one topic for a session, or a new tag with each packet',
  { timeout: 60_000 },
  async () => {
    const [from, to] = [alice!, bob!];
    await eventually(() => from.node.status().peers === 1 && to.node.status().peers === 1);
    for (let i = 0; i < 4; i++) {
      await from.node.say('bob', `${i}`);
      await eventually(() => from.node.status().waiting === 0);
      await to.node.say('alice', `${i} too`);
      await eventually(() => to.node.status().waiting === 0);
    }
    expect((await to.node.letters(0)).map(({ text }) => text)).toEqual(['0', '1', '2', '3']);
    expect((await from.node.letters(0)).map(({ text }) => text)).toHaveLength(4);
    // The first text goes with the opening, and with its view tag.
    const [opening, ...session] = tagsOf(from);
    expect(session.length).toBeGreaterThanOrEqual(6);
    expect(new Set(session).size).toBe(1);
    expect(session).not.toContain(opening);
    expect(tagsOf(to).length).toBeGreaterThanOrEqual(7);
    expect(new Set(tagsOf(to)).size).toBe(tagsOf(to).length);
  },
);
