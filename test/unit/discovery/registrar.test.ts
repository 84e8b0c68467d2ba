import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Occupancy } from '../../../protocols/discovery/ad-table.ts';
import {
  MESSAGE_ADS,
  MESSAGE_REGISTERED,
  MESSAGE_REJECTED,
  MESSAGE_TICKET,
  type DiscoveryMessage,
} from '../../../protocols/discovery/messages.ts';
import { DEFAULT_DISCOVERY_OPTIONS } from '../../../protocols/discovery/params.ts';
import {
  REJECTED_EARLY,
  REJECTED_LATE,
  REJECTED_MANIFEST,
  REJECTED_TICKET,
} from '../../../protocols/discovery/registrar.ts';
import { limitMs, waitMs } from '../../../protocols/discovery/waiting.ts';
import { signManifest } from '../../../protocols/discovery/manifest-codec.ts';
import {
  ANY_HOLDING,
  DiscoveryWorld,
  HOLDING,
  offerOf,
  type MemberPlan,
} from '../../../scenarios/validation/discovery-worlds.ts';
import { modelledSigner } from '../../../protocols/swap/signer.ts';
import { suite } from './support.ts';

const LIFE_S = 100;
const OPTIONS = { capacity: 20, adLifetimeUs: LIFE_S * 1_000_000, windowUs: 10_000_000 };
const ON = { service: HOLDING, shelf: 0 };

/** Node 0 is the registrar; nobody does anything of its own accord. */
function quiet(plans: readonly MemberPlan[], options = {}): DiscoveryWorld {
  return new DiscoveryWorld('registrar', [{}, ...plans], { ...OPTIONS, ...options });
}

const sellers = (count: number, network?: number): MemberPlan[] =>
  Array.from({ length: count }, () => ({
    holdingUnits: 5,
    ...(network === undefined ? {} : { network }),
  }));

const registrarOf = (w: DiscoveryWorld) => w.members[0]!.discovery.registrar;
const manifestOf = (w: DiscoveryWorld, node: number) => w.members[node]!.discovery.manifest.bytes;

function ticketOf(answer: DiscoveryMessage): { waitMs: number; ticket: Uint8Array } {
  if (answer.type !== MESSAGE_TICKET) throw new Error(`expected a ticket, got ${answer.type}`);
  return answer;
}

/** Asks, waits as told and comes back, up to so many times. @returns seconds waited, or undefined. */
function place(w: DiscoveryWorld, node: number, rounds = 9): number | undefined {
  let { waitMs: wait, ticket } = ticketOf(registrarOf(w).asked(node, 1, ON));
  const from = w.world.nowUs;
  for (let i = 0; i < rounds; i++) {
    w.run(wait / 1_000);
    const answer = registrarOf(w).registers(node, 1, ON, ticket, manifestOf(w, node));
    if (answer.type === MESSAGE_REGISTERED) return (w.world.nowUs - from) / 1_000_000;
    ({ waitMs: wait, ticket } = ticketOf(answer));
  }
  return undefined;
}

describe('waiting', () => {
  const options = { ...DEFAULT_DISCOVERY_OPTIONS, capacity: 100, adLifetimeUs: 900_000_000 };
  const there = (all: number, service: number, wideNetwork = 0): Occupancy => ({
    all,
    service,
    wideNetwork,
    network: 0,
    networkFreeMs: Infinity,
    freeMs: Infinity,
  });

  it('is a millisecond at an empty table', () => {
    expect(waitMs(options, there(0, 0))).toBe(1);
  });

  it('follows the formula', () => {
    expect(waitMs(options, there(20, 10))).toBe(Math.ceil((900_000 * (0.1 + 1e-6)) / 0.8 ** 10));
    expect(waitMs(options, there(20, 10, 5))).toBe(
      Math.ceil((900_000 * (0.15 + 1e-6)) / 0.8 ** 10),
    );
    expect(waitMs(options, there(100, 10))).toBe(900_000 * 100);
  });

  it('grows with everything that crowds', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), fc.nat(30), (all, service, wide) => {
        fc.pre(service <= all && wide <= all);
        const wait = waitMs(options, there(all, service, wide));
        expect(waitMs(options, there(all + 1, service, wide))).toBeGreaterThanOrEqual(wait);
        expect(waitMs(options, there(all + 1, service + 1, wide))).toBeGreaterThan(wait);
        expect(waitMs(options, there(all + 1, service, wide + 1))).toBeGreaterThan(wait);
      }),
    );
  });

  it('ends when a network has room, and when the table has', () => {
    const crowded = { ...there(5, 5), network: 2, networkFreeMs: 700, freeMs: 300 };
    expect(limitMs(options, crowded, 100)).toBe(600);
    expect(limitMs(options, { ...crowded, network: 1 }, 100)).toBe(0);
    expect(limitMs(options, { ...crowded, network: 1, all: 100 }, 100)).toBe(200);
  });
});

describe('a registrar', () => {
  it('keeps nothing of who asks, and admits who comes back in time', () => {
    const w = quiet(sellers(1));
    const answer = ticketOf(registrarOf(w).asked(1, 1, ON));
    expect(registrarOf(w).table.size).toBe(0);
    w.run(answer.waitMs / 1_000);
    const back = registrarOf(w).registers(1, 9, ON, answer.ticket, manifestOf(w, 1));
    expect(back).toEqual({ type: MESSAGE_REGISTERED, transaction: 9, staysMs: LIFE_S * 1_000 });
    expect(registrarOf(w).table.size).toBe(1);
    w.run(LIFE_S);
    expect(registrarOf(w).answers(1, 0, ANY_HOLDING)).toEqual({
      type: MESSAGE_ADS,
      transaction: 1,
      ads: [],
    });
    expect(registrarOf(w).table.size).toBe(0);
  });

  it('takes tickets of nobody else, for nothing else, at no other time', () => {
    const w = quiet(sellers(4));
    place(w, 3);
    place(w, 4);
    const { waitMs: wait, ticket } = ticketOf(registrarOf(w).asked(1, 1, ON));
    expect(wait).toBeGreaterThan(1_000);
    const reason = (node: number, on: typeof ON, shown: Uint8Array): number => {
      const answer = registrarOf(w).registers(node, 1, on, shown, manifestOf(w, node));
      return answer.type === MESSAGE_REJECTED ? answer.reason : 0;
    };
    expect(reason(1, ON, ticket)).toBe(REJECTED_EARLY);
    w.run(wait / 1_000 - 0.001);
    expect(reason(1, ON, ticket)).toBe(REJECTED_EARLY);
    w.run(0.001);
    expect(reason(2, ON, ticket)).toBe(REJECTED_TICKET);
    expect(reason(1, { ...ON, shelf: 1 }, ticket)).toBe(REJECTED_TICKET);
    expect(reason(1, { ...ON, service: HOLDING + 1 }, ticket)).toBe(REJECTED_TICKET);
    for (let bit = 0; bit < 8 * ticket.length; bit++) {
      const changed = ticket.slice();
      changed[bit >>> 3]! ^= 1 << (bit & 7);
      expect(reason(1, ON, changed)).toBe(REJECTED_TICKET);
    }
    w.run(10);
    expect(reason(1, ON, ticket)).toBe(REJECTED_LATE);
    expect(registrarOf(w).table.size).toBe(2);
  });

  it('knows no ticket of somebody who has moved', () => {
    const w = quiet(sellers(1));
    const { ticket } = ticketOf(registrarOf(w).asked(1, 1, ON));
    w.run(1);
    w.world.peers.updateEndpoint(1, new Uint8Array(18).fill(3), 0);
    expect(registrarOf(w).registers(1, 1, ON, ticket, manifestOf(w, 1))).toMatchObject({
      reason: REJECTED_TICKET,
    });
  });

  it('gives nobody two places for one ticket, nor one that is free again', () => {
    const w = quiet(sellers(1));
    const { ticket } = ticketOf(registrarOf(w).asked(1, 1, ON));
    w.run(1);
    for (let i = 0; i < 3; i++)
      expect(registrarOf(w).registers(1, 1, ON, ticket, manifestOf(w, 1)).type).toBe(
        MESSAGE_REGISTERED,
      );
    expect(registrarOf(w).table.size).toBe(1);
    expect(registrarOf(w).asked(1, 1, ON).type).toBe(MESSAGE_REGISTERED);
    w.run(LIFE_S);
    expect(registrarOf(w).registers(1, 1, ON, ticket, manifestOf(w, 1))).toMatchObject({
      reason: REJECTED_LATE,
    });
  });

  it('takes manifests of the applicant alone, for what it sells, on this network, as long as they hold', () => {
    const w = quiet([...sellers(2), {}]);
    const show = (node: number, bytes: Uint8Array): DiscoveryMessage => {
      const { ticket } = ticketOf(registrarOf(w).asked(node, 1, ON));
      w.run(1);
      return registrarOf(w).registers(node, 1, ON, ticket, bytes);
    };
    expect(show(1, manifestOf(w, 2))).toMatchObject({ reason: REJECTED_MANIFEST });
    expect(show(3, manifestOf(w, 3))).toMatchObject({ reason: REJECTED_MANIFEST });
    expect(show(1, manifestOf(w, 1).slice(0, -1))).toMatchObject({ reason: REJECTED_MANIFEST });
    const { account } = w.members[1]!;
    const nonce = manifestOf(w, 1).slice(9, 41);
    const made = (networkId: bigint, fromSeconds: number, untilSeconds: number): Uint8Array =>
      signManifest(
        suite,
        modelledSigner(suite, account),
        { networkId, nonce, sequence: 1, fromSeconds, untilSeconds, replaces: new Uint8Array(32) },
        offerOf(5),
      );
    expect(show(1, made(8n, 0, 1_000))).toMatchObject({ reason: REJECTED_MANIFEST });
    expect(show(1, made(7n, 0, 1))).toMatchObject({ reason: REJECTED_MANIFEST });
    // An advertisement does not outlive what it advertises.
    expect(show(1, made(7n, 0, 50))).toMatchObject({
      type: MESSAGE_REGISTERED,
      staysMs: 50_000 - w.world.nowUs / 1_000,
    });
  });

  it('shows new prices in the old place, and no old ones', () => {
    const w = quiet(sellers(1));
    place(w, 1);
    const old = manifestOf(w, 1);
    const shown = (): string => {
      const answer = registrarOf(w).answers(1, 0, ANY_HOLDING);
      return answer.type === MESSAGE_ADS
        ? Buffer.from(answer.ads[0]!.manifest).toString('hex')
        : '';
    };
    const { discovery, account } = w.members[1]!;
    const second = signManifest(
      suite,
      modelledSigner(suite, account),
      {
        networkId: 7n,
        nonce: old.slice(9, 41),
        sequence: 2,
        fromSeconds: 0,
        untilSeconds: 5_000,
        replaces: discovery.manifest.name,
      },
      offerOf(6),
    );
    w.run(3);
    const renewed = registrarOf(w).registers(1, 1, ON, new Uint8Array(28), second);
    expect(renewed).toMatchObject({ type: MESSAGE_REGISTERED });
    // Same place, same end.
    expect((renewed as { staysMs: number }).staysMs).toBeLessThanOrEqual((LIFE_S - 3) * 1_000);
    expect(shown()).toBe(Buffer.from(second).toString('hex'));
    registrarOf(w).registers(1, 1, ON, new Uint8Array(28), old);
    expect(shown()).toBe(Buffer.from(second).toString('hex'));
    expect(registrarOf(w).table.size).toBe(1);
  });

  it('admits no third one of a network, however many ask and however long they waited', () => {
    const w = quiet([...sellers(6, 4), ...sellers(2)]);
    expect(place(w, 1)).toBeDefined();
    expect(place(w, 2)).toBeDefined();
    const left = registrarOf(w).table.ads[0]!.untilMs - w.world.nowUs / 1_000;
    const answer = ticketOf(registrarOf(w).asked(3, 1, ON));
    expect(answer.waitMs).toBe(Math.ceil(left));
    // Somebody from elsewhere waits as the formula has it.
    expect(ticketOf(registrarOf(w).asked(7, 1, ON)).waitMs).toBeLessThan(left);
    w.run(left / 1_000);
    expect(registrarOf(w).registers(3, 1, ON, answer.ticket, manifestOf(w, 3))).toMatchObject({
      type: MESSAGE_REGISTERED,
    });
  });

  it('holds to both limits whatever happens', () => {
    const networks = [1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    const plans = networks.map((network) => ({ holdingUnits: 5, network }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 18 }), fc.nat(40)), { maxLength: 120 }),
        (steps) => {
          const w = quiet(plans, { capacity: 6 });
          const tickets = new Map<number, Uint8Array>();
          for (const [node, seconds] of steps) {
            w.run(seconds / 10);
            const ticket = tickets.get(node);
            const answer =
              ticket === undefined
                ? registrarOf(w).asked(node, 1, ON)
                : registrarOf(w).registers(node, 1, ON, ticket, manifestOf(w, node));
            if (answer.type === MESSAGE_TICKET) tickets.set(node, answer.ticket);
            else tickets.delete(node);
            const { ads } = registrarOf(w).table;
            expect(ads.length).toBeLessThanOrEqual(6);
            const counts = new Map<number, number>();
            for (const ad of ads) counts.set(ad.network, (counts.get(ad.network) ?? 0) + 1);
            expect(Math.max(0, ...counts.values())).toBeLessThanOrEqual(2);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('without tickets takes everybody at once and drops the oldest', () => {
    const w = quiet(sellers(8, 4), { capacity: 3, admission: 'free' });
    for (let node = 1; node <= 8; node++) expect(place(w, node)).toBe(0);
    expect(registrarOf(w).table.ads.map((ad) => ad.peer)).toEqual([6, 7, 8]);
  });

  it('shows one of each network before a second one of any', () => {
    const plans = [...sellers(2, 4), ...sellers(1, 5), ...sellers(1, 6), ...sellers(2, 7)];
    const w = quiet(plans, { capacity: 500 });
    for (let node = 1; node <= 6; node++) place(w, node);
    for (let i = 0; i < 20; i++) {
      const ads = registrarOf(w).matches(0, ANY_HOLDING);
      expect(ads.length).toBe(4);
      expect(new Set(ads.map(({ endpoint }) => endpoint[12])).size).toBe(4);
    }
  });

  it('shows only what is looked for', () => {
    const w = quiet([{ holdingUnits: 10 }, { holdingUnits: 20 }]);
    place(w, 1);
    place(w, 2);
    const shown = (query: Partial<typeof ANY_HOLDING>, shelf = 0): number =>
      registrarOf(w).matches(shelf, { ...ANY_HOLDING, ...query }).length;
    // A newcomer pays the middle band: 1.2 times.
    expect(shown({})).toBe(2);
    expect(shown({ priceMax: 12 })).toBe(1);
    expect(shown({ priceMax: 11 })).toBe(0);
    expect(shown({ priceMax: 10, ownScorePermille: 900 })).toBe(1);
    expect(shown({ minScorePermille: 501 })).toBe(0);
    expect(shown({ per: 'MiB' })).toBe(0);
    expect(shown({ service: HOLDING + 1 })).toBe(0);
    expect(shown({}, 1)).toBe(0);
    const near = w.world.peers.words.slice(8, 16);
    expect(shown({ near, nearBits: 256 })).toBe(1);
    near[7]! ^= 1;
    expect(shown({ near, nearBits: 256 })).toBe(0);
    expect(shown({ near, nearBits: 255 })).toBe(1);
  });
});
