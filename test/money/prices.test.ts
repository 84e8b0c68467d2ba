/** Prices by the byte, and the same wherever a packet goes: three live nodes in a line, of which the middle one asks for that, and the others by packet and step. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_ANVIL } from '../support/anvil.ts';
import { MFT, until } from './chain-support.ts';
import { report, said, Town, type Citizen } from './town.ts';

/** Of 10^-9 MFT: 0.05 MFT a MiB. */
const UNITS_PER_BYTE = 48;
/** Of a dark packet, around a text that is padded to its class: header and seal. */
const AROUND_BYTES = 72 + 48;
const quarter = (address: string): number => parseInt(address.slice(0, 1), 16) >> 2;

describe.skipIf(NO_ANVIL !== undefined)('a node that asks by the MiB', { timeout: 40_000 }, () => {
  let town: Town;
  let abe: Citizen;
  let bea: Citizen;
  let cleo: Citizen;

  beforeAll(async () => {
    town = await Town.found(['money.cash=by hand', 'node.nat.relay_rate=0 bit/s']);
    const at = (xor: number) => (address: string) => quarter(address) === (home ^ xor);
    const v6 = ['node.udp.ipv6=::1'];
    cleo = await town.settle('cleo', MFT, [], { set: ['node.udp.ipv4=none', ...v6] });
    const home = quarter(cleo.folder.facts().address);
    const asks = ['money.price=0.05 MFT', 'money.price_per=MiB', 'money.pricing=flat'];
    bea = await town.settle('bea', MFT, [cleo], { set: [...v6, ...asks], fits: at(0b01) });
    abe = await town.settle('abe', MFT, [bea], { fits: at(0b11) });
    await abe.node.add('cleo', cleo.node.card);
    await until('agreements', () => said(bea, 'discovery.peering_agreed') === 2);
  }, 40_000);
  afterAll(() => town?.close());

  /** What bea asks for passing on a text of a size, which is sent once: units of 10^-9 MFT for each copy. */
  async function askedFor(bytes: number): Promise<number[]> {
    const before = bea.said.length;
    const owed = BigInt(report(bea).owed);
    await abe.node.say('cleo', 'x'.repeat(bytes), { acknowledged: false });
    await until('service', () => BigInt(report(bea).owed) > owed);
    return bea.said
      .slice(before)
      .filter(({ event }) => event === 'relay.given')
      .map(({ facts }) => (facts as { values: number[] }).values[3]!);
  }

  it('asks for the bytes that it passes on, and for no step more', async () => {
    // A neighbour that is new pays a fifth more, rounded up.
    const price = (bytes: number): number => Math.ceil(UNITS_PER_BYTE * bytes * 1.2);
    const [short, long] = [price(506 + AROUND_BYTES), price(1_026 + AROUND_BYTES)];
    // The first text opens the conversation; copies of one may come when the next is under way.
    const asked = [await askedFor(10), await askedFor(10), await askedFor(900)];
    expect(asked[1]).toContain(short);
    expect(asked[2]).toContain(long);
    expect(asked.flat().filter((units) => units !== short && units !== long)).toEqual([]);
  });

  it('pays others by their own lists, by the step', async () => {
    const asked = bea.said.filter(({ event }) => event === 'relay.asked');
    expect(asked.length).toBeGreaterThan(0);
    for (const { facts } of asked)
      expect((facts as { values: number[] }).values[3]! % 12_000).toBe(0);
  });
});
