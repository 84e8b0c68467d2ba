/** What two neighbours think a packet costs, each from its own side: the same, whatever packet it is, without a word between them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../protocols/discovery/manifest.ts';
import { serviceNumber } from '../../../protocols/discovery/services.ts';
import { ENDPOINT_BYTES, PeerBook } from '../../../protocols/identity/peer-book.ts';
import { RELAY_ASKED, RELAY_GIVEN } from '../../../protocols/node/events.ts';
import { RelayAccounts } from '../../../protocols/node/relay-accounts.ts';
import { DarkHeader } from '../../../protocols/routing/packet.ts';
import { OPTIONS, PLAIN_SCORES, RATE, Town } from '../swap/town.ts';

/** The dearest packet below costs 257 steps x 100,000 x 1,400 bytes, not quite 4e10. */
const LIMITS = {
  priceMax: 1e11,
  paymentThreshold: 1e12,
  disconnectThreshold: 1.2e12,
  exposureMax: 1e13,
  driftMax: 1e11,
};

interface List {
  law: 'flat' | 'proximity';
  per: 'packet' | 'byte';
  base: number;
  proximityMax: number;
}

/** A giver (0) and a taker (1) with real accounts, and agreed price lists; `agreed` false for two who have not met. */
function neighbours(addresses: readonly Uint8Array[], lists: readonly List[], agreed = true) {
  const town = new Town();
  const peers = new PeerBook();
  const told: number[][] = [];
  for (const address of addresses) peers.intern(address, 0, new Uint8Array(ENDPOINT_BYTES), 0);
  const limits = { ...OPTIONS, ...LIMITS };
  for (let n = 0; n < 2; n++) town.add({ options: limits, deposit: RATE.toWei(1e13) });
  const manifests = lists.map(
    ({ law, per, base, proximityMax }) =>
      ({
        bands: PLAIN_SCORES.bands,
        services: [{ service: serviceNumber('relay'), law, per, base, proximityMax }],
      }) as unknown as Manifest,
  );
  const accounts = [0, 1].map((self) => {
    const other = 1 - self;
    const { signer, scores, swap } = town.citizens[self]!;
    const peer = town.citizens[other]!;
    return new RelayAccounts(
      { self, peers, emit: (event, _high, _low, _peer, units) => told.push([event, units]) },
      swap,
      {
        agreementWith: () =>
          agreed
            ? {
                theirs: manifests[other]!,
                ours: manifests[self]!,
                fromSeconds: 0,
                untilSeconds: 1e9,
              }
            : undefined,
        termsWith: () =>
          agreed ? { account: peer.signer.account, chequebook: peer.book, limits } : undefined,
      },
      () => scores.score(signer.account),
    );
  });
  return { town, told, giver: accounts[0]!, taker: accounts[1]! };
}

function headerTo(target: readonly number[], luminosity: number): DarkHeader {
  const header = new DarkHeader();
  header.target.set(target);
  header.luminosity = luminosity;
  return header;
}

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const words = fc.array(word, { minLength: 8, maxLength: 8 });
/** Addresses of which the first bytes are often alike, so that every proximity order comes up. */
const address = fc
  .tuple(fc.nat(31), fc.uint8Array({ minLength: 32, maxLength: 32 }))
  .map(([alike, bytes]) => bytes.fill(0, 0, alike));
const list: fc.Arbitrary<List> = fc.record({
  law: fc.constantFrom('flat', 'proximity'),
  per: fc.constantFrom('packet', 'byte'),
  base: fc.integer({ min: 1, max: 100_000 }),
  proximityMax: fc.integer({ min: 1, max: 256 }),
});

describe('the price of a packet', () => {
  it('is what the giver counts as asked and the taker as given, for any packet', () => {
    const seen = new Set<number>();
    fc.assert(
      fc.property(
        fc.uniqueArray(address, { minLength: 2, maxLength: 2, selector: String }),
        list,
        list,
        fc.oneof(words, fc.constant(Array.from({ length: 8 }, () => 0))),
        fc.nat(256),
        fc.integer({ min: 1, max: 1_400 }),
        (addresses, first, second, target, luminosity, bytes) => {
          const { town, told, giver, taker } = neighbours(addresses, [first, second]);
          const header = headerTo(target, luminosity);
          expect(giver.mayPass(1, header, bytes)).toBe(true);
          giver.passed(1, header, bytes);
          expect(taker.taken(0, header, bytes)).toBe(true);
          const units = told[0]![1]!;
          expect(told).toEqual([
            [RELAY_ASKED, units],
            [RELAY_GIVEN, units],
          ]);
          expect(town.balances(0, 1)).toEqual([-units, units]);
          // The seller's list is the one that counts.
          const { law, per, base, proximityMax } = second;
          const steps = units / (base * (per === 'byte' ? bytes : 1));
          expect(Number.isInteger(steps)).toBe(true);
          expect(steps).toBeGreaterThanOrEqual(1);
          expect(steps).toBeLessThanOrEqual(law === 'flat' ? 1 : proximityMax + 1);
          seen.add(steps);
        },
      ),
      { numRuns: 500, seed: 1 },
    );
    expect(seen.size).toBeGreaterThan(50);
  });

  it('falls with what is left of the way, and in the zone with the part that is handed over', () => {
    const at = (first: number): Uint8Array => new Uint8Array(32).fill(first, 0, 1);
    const prices: List = { law: 'proximity', per: 'packet', base: 1, proximityMax: 16 };
    const costOf = (taker: number, target: number, luminosity: number): number => {
      const { town, giver } = neighbours([at(0b1000_0000), at(taker)], [prices, prices]);
      giver.passed(1, headerTo([target, 0, 0, 0, 0, 0, 0, 0], luminosity), 100);
      return -town.citizens[0]!.swap.pair(1)!.balance;
    };
    // Towards 0000.... from 1000....: the taker shares 2 bits with the target, or 4.
    expect(costOf(0b0010_0000, 0, 200)).toBe(15);
    expect(costOf(0b0000_1000, 0, 200)).toBe(13);
    // The giver is in the zone already: it shares no bit with the one, and 3 with the other.
    expect(costOf(0b0000_1000, 0x8000_0000, 1)).toBe(17);
    expect(costOf(0b1001_0000, 0x8000_0000, 1)).toBe(14);
  });
});

describe('a neighbour without credit', () => {
  it('is refused by the taker, and knows it before it sends', () => {
    const addresses = [new Uint8Array(32), new Uint8Array(32).fill(255)];
    const prices: List = { law: 'flat', per: 'packet', base: 1e11, proximityMax: 0 };
    const { town, told, giver, taker } = neighbours(addresses, [prices, prices]);
    const header = headerTo([0, 0, 0, 0, 0, 0, 0, 0], 8);
    let carried = 0;
    while (giver.mayPass(1, header, 100)) {
      giver.passed(1, header, 100);
      expect(taker.taken(0, header, 100)).toBe(true);
      carried++;
    }
    expect(carried).toBe(LIMITS.disconnectThreshold / 1e11);
    expect(taker.taken(0, header, 100)).toBe(false);
    expect(told.filter(([event]) => event === RELAY_GIVEN)).toHaveLength(carried);
    expect(town.balances(0, 1)).toEqual([-1.2e12, 1.2e12]);
    // It pays, and is carried again.
    town.run(600_000_000);
    expect(giver.mayPass(1, header, 100)).toBe(true);
    giver.passed(1, header, 100);
    expect(taker.taken(0, header, 100)).toBe(true);
  });
});

describe('who is no party to an agreement', () => {
  it('is asked for nothing and gets nothing', () => {
    const addresses = [new Uint8Array(32), new Uint8Array(32).fill(255)];
    const { town, told, giver, taker } = neighbours(addresses, [], false);
    const header = headerTo([0, 0, 0, 0, 0, 0, 0, 0], 8);
    expect(giver.mayPass(1, header, 100)).toBe(false);
    giver.passed(1, header, 100);
    expect(taker.taken(0, header, 100)).toBe(false);
    expect(told).toEqual([]);
    expect(town.citizens[0]!.swap.pair(1)).toBeUndefined();
  });
});
