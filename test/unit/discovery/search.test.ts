import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AD_PLACED, SEARCH_FINISHED } from '../../../protocols/discovery/events.ts';
import {
  decodeDiscovery,
  encodeDiscovery,
  MESSAGE_ADS,
  MESSAGE_QUERY,
  MESSAGE_REGISTER,
  MESSAGE_REGISTERED,
  type ShownAd,
} from '../../../protocols/discovery/messages.ts';
import { nearAddress } from '../../../protocols/discovery/query.ts';
import { writeAddress } from '../../../protocols/identity/proximity.ts';
import { chooseRegistrars } from '../../../protocols/discovery/places.ts';
import { choose, type Provider } from '../../../protocols/discovery/searches.ts';
import { serviceKey, serviceNumber, SERVICE_NAMES } from '../../../protocols/discovery/services.ts';
import { OUTCOME_IGNORED, OUTCOME_MALFORMED } from '../../../protocols/outcomes.ts';
import {
  ANY_HOLDING,
  DiscoveryWorld,
  HOLDING,
  offerOf,
  type MemberPlan,
} from '../../../scenarios/validation/discovery-worlds.ts';
import { signManifest } from '../../../protocols/discovery/manifest-codec.ts';
import { modelledSigner } from '../../../protocols/swap/signer.ts';
import { suite } from './support.ts';

const people = (count: number): MemberPlan[] => Array.from({ length: count }, () => ({}));
const holders = (...prices: number[]): MemberPlan[] =>
  prices.map((holdingUnits) => ({ holdingUnits }));

/** A world that has had time to advertise. */
function advertised(plans: readonly MemberPlan[], options = {}, seconds = 120): DiscoveryWorld {
  const w = new DiscoveryWorld('search', plans, options);
  w.start();
  w.run(seconds);
  return w;
}

function search(w: DiscoveryWorld, from: number, query = {}, wanted = 3): readonly Provider[] {
  const { discovery, results } = w.members[from]!;
  expect(discovery.search({ ...ANY_HOLDING, ...query }, wanted)).toBeGreaterThan(0);
  w.run(30);
  return results.at(-1)!;
}

const peersOf = (found: readonly Provider[]): number[] =>
  found.map(({ peer }) => peer).sort((a, b) => a - b);

describe('a search', () => {
  it('finds who sells what is looked for, at most at the price, and says the price', () => {
    const w = advertised([...holders(10, 20, 30, 40), ...people(60)]);
    expect(peersOf(search(w, 40, {}, 9))).toEqual([0, 1, 2, 3]);
    const found = search(w, 41, { priceMax: 24 }, 9);
    expect(peersOf(found)).toEqual([0, 1]);
    expect(found.map(({ units }) => units).sort()).toEqual([12, 24]);
    expect(search(w, 42, { priceMax: 11 })).toEqual([]);
    expect(search(w, 43, { service: serviceNumber('data') })).toEqual([]);
  });

  it('does not find who searches', () => {
    const w = advertised([...holders(10, 20), ...people(40)]);
    expect(peersOf(search(w, 0, {}, 9))).toEqual([1]);
  });

  it('knows scores from the ledger alone', () => {
    const w = advertised([...holders(10, 10), ...people(40)]);
    const fact = { kind: 'cashed', bounced: false, issuer: w.members[1]!.account } as never;
    w.scores.see(fact, 0n);
    expect(peersOf(search(w, 20, { minScorePermille: 600 }, 9))).toEqual([1]);
  });

  it('finds who is near', () => {
    const w = advertised([...holders(...Array.from({ length: 12 }, () => 10)), ...people(40)]);
    const near = w.world.peers.words.slice(0, 8);
    const matching = Array.from({ length: 12 }, (_, i) => i).filter(
      (i) => (w.world.peers.words[8 * i]! ^ near[0]!) >>> 31 === 0,
    );
    expect(peersOf(search(w, 30, { near, nearBits: 1 }, 20))).toEqual(matching);
    expect(matching.length).toBeLessThan(12);
  });

  it('asks more than one registrar, and no more than it needs', () => {
    const w = advertised([...holders(10, 10, 10, 10, 10, 10), ...people(60)]);
    const queries: number[] = [];
    for (const { discovery, handle } of w.members) {
      const original = discovery.onDatagram.bind(discovery);
      discovery.onDatagram = (from, bytes, offset, length) => {
        if (bytes[offset] === MESSAGE_QUERY) queries.push(handle);
        return original(from, bytes, offset, length);
      };
    }
    expect(search(w, 50).length).toBe(3);
    expect(new Set(queries).size).toBe(queries.length);
    expect(queries.length).toBeGreaterThanOrEqual(3);
    expect(queries.length).toBeLessThanOrEqual(4);
  });

  it('ends with nothing where nobody answers', () => {
    const w = new DiscoveryWorld('alone', [{}]);
    w.start();
    expect(search(w, 0)).toEqual([]);
    const lonely = advertised(people(30));
    lonely.world.network.setPartition(Uint8Array.from({ length: 30 }, (_, i) => (i === 3 ? 1 : 0)));
    expect(search(lonely, 3)).toEqual([]);
  });

  it('is one of sixteen at most', () => {
    const w = advertised(people(30));
    const { discovery } = w.members[3]!;
    const started = Array.from({ length: 18 }, () => discovery.search(ANY_HOLDING, 1));
    expect(started.filter((id) => id > 0).length).toBe(16);
    w.run(60);
    expect(discovery.search(ANY_HOLDING, 1)).toBeGreaterThan(16);
  });
});

describe('registrars that lie', () => {
  it('cannot hide a provider as long as one of a shelf does not', () => {
    // Two of three hide everything that is not theirs.
    const liars = Array.from({ length: 60 }, (_, i): MemberPlan => ({
      ...(i % 3 === 0 ? {} : { policy: { shows: () => false } }),
    }));
    const w = advertised([...holders(10, 10, 10), ...liars]);
    let found = 0;
    for (let from = 10; from < 40; from++) if (search(w, from, {}, 1).length > 0) found++;
    expect(found).toBe(30);
  });

  it('hide a provider where all of a world do', () => {
    const hides: MemberPlan = { policy: { shows: () => false } };
    const w = advertised([{ holdingUnits: 10, ...hides }, ...people(30).map(() => hides)]);
    expect(w.members.some(({ discovery }) => discovery.registrar.table.size > 0)).toBe(true);
    for (let from = 10; from < 20; from++) expect(search(w, from, {}, 1)).toEqual([]);
  });

  it('are not believed', () => {
    const w = advertised([...holders(10, 10), ...people(40)]);
    const owner = w.members[0]!;
    const manifest = owner.discovery.manifest.bytes;
    const signed = (parts: { networkId?: bigint; until?: number; from?: number }): Uint8Array =>
      signManifest(
        suite,
        modelledSigner(suite, owner.account),
        {
          networkId: parts.networkId ?? 7n,
          nonce: manifest.slice(9, 41),
          sequence: 1,
          fromSeconds: parts.from ?? 0,
          untilSeconds: parts.until ?? 80_000,
          replaces: new Uint8Array(32),
        },
        offerOf(10),
      );
    const forged = manifest.slice();
    forged[forged.length - 1]! ^= 1;
    const lies = [
      forged,
      signed({ networkId: 8n }),
      signed({ until: 100 }),
      signed({ from: 70_000 }),
      w.members[20]!.discovery.manifest.bytes,
    ];
    for (const lie of [...lies, manifest]) {
      for (const { discovery, handle } of w.members) {
        const original = Object.getPrototypeOf(discovery).onDatagram.bind(discovery);
        discovery.onDatagram = (from, bytes, offset, length) => {
          if (bytes[offset] !== MESSAGE_ADS) return original(from, bytes, offset, length);
          const message = decodeDiscovery(bytes, offset, length);
          if (message?.type !== MESSAGE_ADS) return original(from, bytes, offset, length);
          const ads: ShownAd[] = [{ endpoint: new Uint8Array(18).fill(handle), manifest: lie }];
          const told = encodeDiscovery({ ...message, ads });
          return original(from, told, 0, told.length);
        };
      }
      // Our own table is the one voice that does not lie: ask from where it is empty.
      const from = w.members.findIndex(
        (m) => m.handle > 1 && m.discovery.registrar.table.size === 0,
      );
      expect(search(w, from, {}, 1).length).toBe(lie === manifest ? 1 : 0);
    }
  });

  it('cannot be answered for by somebody who knows the question', () => {
    const w = advertised([...holders(10), ...people(40)]);
    const { discovery } = w.members[30]!;
    const ads: ShownAd[] = [
      { endpoint: new Uint8Array(18), manifest: w.members[0]!.discovery.manifest.bytes },
    ];
    const outcomes: number[] = [];
    for (const { discovery: registrar, handle } of w.members) {
      const original = registrar.onDatagram.bind(registrar);
      registrar.onDatagram = (from, bytes, offset, length) => {
        const message = decodeDiscovery(bytes, offset, length);
        if (message?.type !== MESSAGE_QUERY) return original(from, bytes, offset, length);
        const { transaction } = message;
        const told = encodeDiscovery({ type: MESSAGE_ADS, transaction, ads });
        outcomes.push(discovery.onDatagram((handle + 1) % 30, told, 0, told.length));
        return OUTCOME_IGNORED;
      };
    }
    expect(search(w, 30, {}, 1)).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(8);
    expect(new Set(outcomes)).toEqual(new Set([OUTCOME_IGNORED]));
  });

  it('answer nobody who has not asked', () => {
    const w = advertised([...holders(10), ...people(20)]);
    const { discovery } = w.members[5]!;
    const bytes = encodeDiscovery({ type: MESSAGE_ADS, transaction: 5, ads: [] });
    expect(discovery.onDatagram(3, bytes, 0, bytes.length)).toBe(OUTCOME_IGNORED);
    expect(discovery.onDatagram(3, bytes, 0, 3)).toBe(OUTCOME_MALFORMED);
  });

  it('get one turn each, and one network is one provider', () => {
    const w = new DiscoveryWorld('choose', [
      ...people(4),
      { network: 7 },
      { network: 7 },
      { network: 7 },
    ]);
    const provider = (peer: number, sequence = 1): Provider => ({
      peer,
      manifest: { ...w.members[peer]!.discovery.manifest, sequence },
      units: 1,
    });
    const { peers } = w.world;
    const liar = [4, 5, 6].map((peer) => provider(peer));
    const pick = (voices: Provider[][], wanted: number) =>
      choose(peers, voices, wanted).map(({ peer }) => peer);
    expect(pick([liar, [provider(0), provider(1)]], 2)).toEqual([4, 0]);
    expect(pick([liar, [provider(0), provider(1)]], 9)).toEqual([4, 0, 1]);
    expect(pick([[], [provider(0)], [provider(0), provider(2)]], 9)).toEqual([0, 2]);
    const newest = choose(peers, [[provider(0)], [provider(0, 3)], [provider(0, 2)]], 1);
    expect(newest.map(({ manifest }) => manifest.sequence)).toEqual([3]);
  });
});

describe('registrars of a shelf', () => {
  it('are the nearest, each of another network', () => {
    const w = new DiscoveryWorld('places', [
      { network: 1 },
      { network: 1 },
      { network: 2 },
      { network: 2 },
      { network: 3 },
    ]);
    const found = Int32Array.from([1, 0, 2, 3, 4]);
    expect(chooseRegistrars(w.world.peers, found, 5, 4)).toEqual([1, 2, 4]);
    expect(chooseRegistrars(w.world.peers, found, 5, 2)).toEqual([1, 2]);
    expect(chooseRegistrars(w.world.peers, found, 2, 4)).toEqual([1]);
  });

  it('are those near keys that nobody can tell from random', () => {
    const keys = new Set<string>();
    for (const name of SERVICE_NAMES)
      for (let shelf = 0; shelf < 8; shelf++)
        keys.add(serviceKey(suite, serviceNumber(name), shelf).join());
    expect(keys.size).toBe(8 * SERVICE_NAMES.length);
    const key = Buffer.from(serviceKey(suite, 3, 0).buffer)
      .swap32()
      .toString('hex');
    const label = Buffer.concat([Buffer.from('mainframe service 1'), Buffer.from([0, 3, 0])]);
    expect(key).toBe(Buffer.from(suite.keccak256(label)).toString('hex'));
  });
});

describe('an advertiser', () => {
  it('is listed at four registrars of three shelves, again and again', () => {
    const w = new DiscoveryWorld('listed', [...holders(10), ...people(40)], {
      adLifetimeUs: 100_000_000,
    });
    const listed = (): number =>
      w.members.filter(({ discovery }) => {
        discovery.registrar.table.expire(w.world.nowUs / 1_000);
        return discovery.registrar.table.ads.some(({ peer }) => peer === 0);
      }).length;
    w.start();
    for (let i = 0; i < 10; i++) {
      w.run(50.5);
      // Shelves may share a registrar.
      expect(listed()).toBeGreaterThanOrEqual(9);
      expect(listed()).toBeLessThanOrEqual(12);
    }
  });

  it('goes elsewhere when a registrar is gone', () => {
    const w = advertised([...holders(10), ...people(40)], { adLifetimeUs: 100_000_000 }, 20);
    const before = w.members.filter(({ discovery }) => discovery.registrar.table.size > 0);
    for (const { handle } of before) w.world.controlAt(w.world.nowUs + 1, handle, 3);
    w.run(250);
    const after = w.members.filter(
      (member) => !before.includes(member) && member.discovery.registrar.table.size > 0,
    );
    for (const shelf of [0, 1, 2]) {
      const there = after.filter(({ discovery }) =>
        discovery.registrar.table.ads.some((ad) => ad.shelf === shelf),
      );
      expect(there.length).toBe(4);
    }
    expect(search(w, after[0]!.handle, {}, 1).length).toBe(1);
  });

  it('tells registrars of new prices when they hold', () => {
    const w = advertised([...holders(10), ...people(40)], { noticeSeconds: 50 });
    w.members[0]!.discovery.offer(offerOf(50), [HOLDING]);
    w.run(40);
    expect(search(w, 20, {}, 1)[0]!.units).toBe(12);
    w.run(60);
    expect(search(w, 21, {}, 1)[0]!.units).toBe(60);
  });

  it('asks again after the life of an advertisement, whatever a registrar promised', () => {
    const w = new DiscoveryWorld('promise', [...holders(10), ...people(40)], {
      adLifetimeUs: 60_000_000,
    });
    const { discovery } = w.members[0]!;
    const original = discovery.onDatagram.bind(discovery);
    discovery.onDatagram = (from, bytes, offset, length) => {
      const message = decodeDiscovery(bytes, offset, length);
      if (message?.type !== MESSAGE_REGISTERED) return original(from, bytes, offset, length);
      const told = encodeDiscovery({ ...message, staysMs: 0xffff_ffff });
      return original(from, told, 0, told.length);
    };
    w.start();
    w.run(200);
    expect(search(w, 20, {}, 1).length).toBe(1);
  });

  it('stops advertising what it sells no more', () => {
    const w = advertised([...holders(10), ...people(40)], { adLifetimeUs: 60_000_000 });
    w.members[0]!.discovery.offer(offerOf(10), []);
    w.run(70);
    expect(search(w, 20, {}, 1)).toEqual([]);
  });

  it('comes back after a crash', () => {
    const w = advertised([...holders(10), ...people(40)], { adLifetimeUs: 60_000_000 });
    w.world.controlAt(w.world.nowUs + 1, 0, 3);
    w.run(70);
    expect(search(w, 20, {}, 1)).toEqual([]);
    w.world.controlAt(w.world.nowUs + 1, 0, 1);
    w.run(60);
    expect(peersOf(search(w, 20, {}, 1))).toEqual([0]);
  });

  it('gives a registrar no manifest before it has a ticket', () => {
    const w = new DiscoveryWorld('order', [...holders(10), ...people(30)]);
    let registered = 0;
    for (const { discovery } of w.members) {
      const original = discovery.onDatagram.bind(discovery);
      discovery.onDatagram = (from, bytes, offset, length) => {
        const message = decodeDiscovery(bytes, offset, length);
        if (message?.type === MESSAGE_REGISTER) {
          registered++;
          expect(message.ticket.some((byte) => byte !== 0)).toBe(true);
        }
        return original(from, bytes, offset, length);
      };
    }
    const placed: number[] = [];
    w.world.recorder = {
      event: (_timeUs, node, event) => {
        if (event === AD_PLACED) placed.push(node);
        expect(event).not.toBe(SEARCH_FINISHED);
      },
    };
    w.start();
    w.run(30);
    expect(registered).toBeGreaterThanOrEqual(9);
    expect(placed.length).toBe(registered);
  });
});

describe('a place to search near', () => {
  it('shows the bits that count and none of the rest of the address', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 0, max: 256 }),
        (address, bits) => {
          const binary = (bytes: Uint8Array): string =>
            [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
          const near = new Uint8Array(32);
          writeAddress(nearAddress(address, bits), 0, near, 0);
          expect(binary(near)).toBe(binary(address).slice(0, bits).padEnd(256, '0'));
        },
      ),
    );
  });
});
