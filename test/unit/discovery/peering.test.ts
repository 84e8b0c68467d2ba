import { describe, expect, it } from 'vitest';
import { Discovery } from '../../../protocols/discovery/machine.ts';
import {
  PEERING_AGREED,
  PEERING_DECLINED,
  PEERING_LEFT,
} from '../../../protocols/discovery/events.ts';
import { signManifest } from '../../../protocols/discovery/manifest-codec.ts';
import {
  encodeDiscovery,
  MESSAGE_AGREE,
  MESSAGE_DECLINE,
  MESSAGE_OFFER,
} from '../../../protocols/discovery/messages.ts';
import {
  DECLINED_LIMITS,
  DECLINED_NOTICE,
  DECLINED_PRICE,
  DECLINED_SCORE,
  DECLINED_STALE,
  DECLINED_TOO_OFTEN,
  honestPolicy,
} from '../../../protocols/discovery/policy.ts';
import { termsName } from '../../../protocols/discovery/peering.ts';
import { OUTCOME_HANDLED, OUTCOME_REFUSED } from '../../../protocols/outcomes.ts';
import { serviceNumber } from '../../../protocols/discovery/services.ts';
import { optionsFault } from '../../../protocols/discovery/options.ts';
import { DEFAULT_DISCOVERY_OPTIONS } from '../../../protocols/discovery/params.ts';
import { modelledSigner } from '../../../protocols/swap/signer.ts';
import { Pair } from '../../../protocols/swap/pair.ts';
import { ConversionRate } from '../../../protocols/swap/money.ts';
import {
  DiscoveryWorld,
  offerOf,
  type MemberPlan,
} from '../../../scenarios/validation/discovery-worlds.ts';
import { suite } from './support.ts';

const RELAY = serviceNumber('relay');

interface Reported {
  node: number;
  event: number;
  values: number[];
}

function worldOf(
  plans: readonly MemberPlan[],
  options = {},
): DiscoveryWorld & { seen: Reported[] } {
  const w = Object.assign(new DiscoveryWorld('peering', plans, options), {
    seen: [] as Reported[],
  });
  w.world.recorder = {
    event: (_timeUs, node, event, ...values) => {
      if (event >= 0xa00) w.seen.push({ node, event, values });
    },
  };
  return w;
}

const agreement = (w: DiscoveryWorld, node: number, peer: number) =>
  w.members[node]!.discovery.agreementWith(peer);

const events = (w: { seen: Reported[] }, event: number) => w.seen.filter((s) => s.event === event);

/** What `account` says next, signed by it. */
function next(
  w: DiscoveryWorld,
  node: number,
  parts: {
    sequence: number;
    fromSeconds: number;
    until?: number;
    replaces?: Uint8Array;
    stake?: number;
  },
): Uint8Array {
  const { discovery, account } = w.members[node]!;
  return signManifest(
    suite,
    modelledSigner(suite, account),
    {
      networkId: 7n,
      nonce: discovery.manifest.bytes.slice(9, 41),
      sequence: parts.sequence,
      fromSeconds: parts.fromSeconds,
      untilSeconds: parts.until ?? parts.fromSeconds + 86_400,
      replaces: parts.replaces ?? discovery.manifest.name,
    },
    { ...offerOf(undefined), stake: parts.stake ?? 0 },
  );
}

/** Lets `to` hear an OFFER that `from` sends. @returns the outcome. */
function hear(w: DiscoveryWorld, from: number, to: number, manifest: Uint8Array): number {
  const accepted = w.members[to]!.discovery.manifest.name;
  const bytes = encodeDiscovery({ type: MESSAGE_OFFER, accepted, manifest });
  return w.members[to]!.discovery.onDatagram(from, bytes, 0, bytes.length);
}

describe('two contacts', () => {
  it('agree on both manifests, with three messages', () => {
    const w = worldOf([{}, {}]);
    let messages = 0;
    for (const { discovery } of w.members) {
      const original = discovery.onDatagram.bind(discovery);
      discovery.onDatagram = (from, bytes, offset, length) => {
        messages++;
        return original(from, bytes, offset, length);
      };
    }
    w.start();
    w.run(3);
    const [a, b] = [agreement(w, 0, 1)!, agreement(w, 1, 0)!];
    expect(a.theirs.account).toBe(w.members[1]!.account);
    expect(b.theirs.account).toBe(w.members[0]!.account);
    expect(termsName(suite, a.theirs, a.ours)).toEqual(termsName(suite, b.theirs, b.ours));
    expect(
      events(w, PEERING_AGREED)
        .map((s) => s.node)
        .sort(),
    ).toEqual([0, 1]);
    expect(messages).toBe(3);
    w.run(60);
    // Nothing more is said about it.
    expect(events(w, PEERING_AGREED).length).toBe(2);
    expect(messages).toBe(3);
  });

  it('agree in the end, whichever message is lost', () => {
    for (let lost = 0; lost < 3; lost++) {
      const w = worldOf([{}, {}]);
      let sent = 0;
      const originals = w.members.map(({ discovery }) => discovery.onDatagram.bind(discovery));
      w.members.forEach(({ discovery }, node) => {
        discovery.onDatagram = (from, bytes, offset, length) =>
          sent++ === lost ? 0 : originals[node]!(from, bytes, offset, length);
      });
      w.start();
      w.run(20);
      expect(agreement(w, 0, 1)?.theirs.account).toBe(w.members[1]!.account);
      expect(agreement(w, 1, 0)?.theirs.account).toBe(w.members[0]!.account);
      expect(sent).toBeGreaterThan(3);
    }
  });

  it('give SWAP what it needs, by the band that our score is in', () => {
    const w = worldOf([{}, {}]);
    w.start();
    w.run(3);
    const { discovery } = w.members[0]!;
    expect(discovery.termsWith(1)).toEqual({
      account: w.members[1]!.account,
      chequebook: undefined,
      limits: {
        paymentThreshold: 13_500_000,
        disconnectThreshold: 16_875_000,
        allowancePerSecond: 0,
      },
    });
    const granted = offerOf(undefined).limits;
    const pair = new Pair(1, discovery.termsWith(1)!, granted, new ConversionRate(1n), w.scores, 0);
    expect(pair.theirLimits.paymentThreshold).toBe(13_500_000);
    for (let i = 0; i < 3; i++)
      w.scores.see(
        {
          kind: 'cashed',
          issuer: w.members[0]!.account,
          beneficiary: '0x',
          paid: 0n,
          bounced: true,
        } as never,
        0n,
      );
    // Whoever is in the lowest band is granted half.
    expect(discovery.termsWith(1)!.limits.paymentThreshold).toBe(6_750_000);
    expect(discovery.termsWith(7)).toBeUndefined();
  });

  it('have no terms where one declines, and say why', () => {
    const strict = (demands: Parameters<typeof honestPolicy>[0]): MemberPlan => ({
      policy: honestPolicy(demands),
    });
    const fine = { service: RELAY, priceMax: 12_000, creditMin: 16_875_000 };
    for (const [demands, reason] of [
      [{ ...fine, priceMax: 11_999 }, DECLINED_PRICE],
      [{ ...fine, service: 99 }, DECLINED_PRICE],
      [{ ...fine, creditMin: 16_875_001 }, DECLINED_LIMITS],
    ] as const) {
      const w = worldOf([{}, strict(demands)]);
      w.start();
      w.run(30);
      expect(agreement(w, 0, 1)).toBeUndefined();
      expect(agreement(w, 1, 0)).toBeUndefined();
      expect(events(w, PEERING_DECLINED)[0]!.values.slice(0, 3)).toEqual([0, reason, 1]);
      expect(events(w, PEERING_DECLINED)).toContainEqual(
        expect.objectContaining({ node: 0, values: [1, reason, 0, 0] }),
      );
      const messages = events(w, PEERING_DECLINED).length;
      w.run(500);
      // Left alone for ten minutes, then asked once more.
      expect(events(w, PEERING_DECLINED).length).toBe(messages);
      w.run(200);
      expect(events(w, PEERING_DECLINED).length).toBeGreaterThan(messages);
    }
    const w = worldOf([{}, strict(fine)]);
    w.start();
    w.run(10);
    expect(agreement(w, 0, 1)).toBeDefined();
  });

  it('part when the score of one falls below what the other serves, and not before', () => {
    const w = worldOf([{ policy: { declines: () => 0 } }, {}, {}]);
    w.start();
    w.run(10);
    const { account } = w.members[0]!;
    const bounce = (): void => {
      w.scores.see(
        { kind: 'cashed', issuer: account, beneficiary: '0x', paid: 0n, bounced: true } as never,
        0n,
      );
    };
    w.run(120);
    expect(events(w, PEERING_LEFT)).toEqual([]);
    bounce();
    expect(w.scores.isServed(account)).toBe(false);
    w.run(61);
    for (const other of [1, 2]) {
      expect(agreement(w, other, 0)).toBeUndefined();
      expect(agreement(w, 0, other)).toBeUndefined();
      expect(w.seen).toContainEqual({
        node: other,
        event: PEERING_LEFT,
        values: [0, DECLINED_SCORE, 1, 0],
      });
      const told = { node: 0, event: PEERING_LEFT, values: [other, DECLINED_SCORE, 0, 0] };
      expect(w.seen).toContainEqual(told);
    }
    expect(agreement(w, 1, 2)).toBeDefined();
    // Who comes back all the same is told why not.
    expect(hear(w, 0, 1, w.members[0]!.discovery.manifest.bytes)).toBe(OUTCOME_HANDLED);
    expect(agreement(w, 1, 0)).toBeUndefined();
    expect(events(w, PEERING_DECLINED).at(-1)).toMatchObject({
      node: 1,
      values: [0, DECLINED_SCORE, 1, 0],
    });
  });

  it('need no word of the other to see that an agreement is over', () => {
    const w = worldOf([{}, {}], { manifestSeconds: 100, noticeSeconds: 10, renegotiateSeconds: 5 });
    w.start();
    w.run(5);
    const first = agreement(w, 0, 1)!;
    expect(first.untilSeconds - first.fromSeconds).toBeLessThanOrEqual(100);
    w.world.network.setPartition(Uint8Array.from([0, 1]));
    w.run(100);
    expect(agreement(w, 0, 1)).toBeUndefined();
  });
});

describe('new terms', () => {
  it('hold for both from the time that they name, and old ones until then', () => {
    const w = worldOf([{}, {}]);
    w.start();
    w.run(3);
    const before = agreement(w, 1, 0)!;
    w.members[0]!.discovery.offer({ ...offerOf(undefined), stake: 77 }, []);
    // Too soon after the first ones, so the other side is told again a minute later.
    w.run(70);
    expect(events(w, PEERING_DECLINED)[0]!.values).toEqual([0, DECLINED_TOO_OFTEN, 1, 0]);
    expect(events(w, PEERING_AGREED).length).toBe(4);
    expect(agreement(w, 1, 0)).toBe(before);
    const { noticeSeconds, renegotiateSeconds } = DEFAULT_DISCOVERY_OPTIONS;
    w.run(noticeSeconds + renegotiateSeconds - 70 - 2);
    expect(agreement(w, 1, 0)!.theirs.stake).toBe(0);
    w.run(4);
    expect(agreement(w, 1, 0)!.theirs.stake).toBe(77);
    expect(agreement(w, 0, 1)!.ours.stake).toBe(77);
    expect(w.members[0]!.discovery.manifest.sequence).toBe(2);
  });

  it('come by themselves before the old ones end, and nobody is without', () => {
    const w = worldOf([{}, {}], { manifestSeconds: 200, noticeSeconds: 20, renegotiateSeconds: 5 });
    w.start();
    w.run(5);
    for (let i = 0; i < 120; i++) {
      w.run(10);
      expect(agreement(w, 0, 1), `second ${i * 10}`).toBeDefined();
      expect(agreement(w, 1, 0), `second ${i * 10}`).toBeDefined();
    }
    expect(w.members[0]!.discovery.manifest.sequence).toBeGreaterThan(8);
  });

  it('hold at once for who has been away for longer than the old ones held', () => {
    const w = worldOf([{}, {}], { manifestSeconds: 100, noticeSeconds: 40, renegotiateSeconds: 5 });
    w.start();
    w.run(10);
    w.world.controlAt(w.world.nowUs + 1, 0, 3);
    w.run(500);
    w.world.controlAt(w.world.nowUs + 1, 0, 1);
    w.run(20);
    expect(agreement(w, 0, 1)).toBeDefined();
    expect(agreement(w, 1, 0)).toBeDefined();
  });

  it('are refused without notice, too often, played back, or told differently', () => {
    const w = worldOf([{}, {}, {}], { renegotiateSeconds: 100 });
    // The third one is somebody of whom the second has heard nothing yet.
    w.world.start(0);
    w.world.start(1);
    w.run(50);
    const now = 50;
    let seen = 0;
    // The reason of the one that was declined since the last look.
    const last = (): number => {
      const declined = events(w, PEERING_DECLINED);
      expect(declined.length).toBe(++seen);
      return declined.at(-1)!.values[1]!;
    };
    const manifest = w.members[0]!.discovery.manifest;
    const soon = next(w, 0, { sequence: 2, fromSeconds: now + 700 });
    expect(hear(w, 0, 1, soon)).toBe(OUTCOME_HANDLED);
    expect(last()).toBe(DECLINED_TOO_OFTEN);
    w.run(100);
    hear(w, 0, 1, next(w, 0, { sequence: 2, fromSeconds: 150 + 594 }));
    expect(last()).toBe(DECLINED_NOTICE);
    const declined = events(w, PEERING_DECLINED).length;
    hear(w, 0, 1, next(w, 0, { sequence: 2, fromSeconds: 150 + 595 }));
    expect(events(w, PEERING_DECLINED).length).toBe(declined);
    hear(w, 0, 1, manifest.bytes);
    expect(last()).toBe(DECLINED_STALE);
    w.run(100);
    hear(w, 0, 1, next(w, 0, { sequence: 2, fromSeconds: 2_000, stake: 5 }));
    expect(last()).toBe(DECLINED_STALE);
    hear(w, 0, 1, next(w, 0, { sequence: 3, fromSeconds: 2_000, replaces: manifest.name }));
    expect(last()).toBe(DECLINED_STALE);
    hear(
      w,
      2,
      1,
      next(w, 2, { sequence: 1, fromSeconds: 0, until: 249, replaces: new Uint8Array(32) }),
    );
    expect(last()).toBe(DECLINED_STALE);
    // Meanwhile the old ones hold.
    expect(agreement(w, 1, 0)!.theirs.name).toEqual(manifest.name);
  });
});

describe('strangers and liars', () => {
  it('who are still contacts are asked again when it is over, though they missed the renewal', () => {
    const w = worldOf([{}, {}], { manifestSeconds: 100, noticeSeconds: 10, renegotiateSeconds: 5 });
    w.start();
    w.run(5);
    w.world.network.setPartition(Uint8Array.from([0, 1]));
    w.run(93);
    w.world.network.setPartition(undefined);
    w.run(10);
    expect(agreement(w, 0, 1)).toBeDefined();
  });

  it('who are no contacts any more are not spoken to once the agreement is over', () => {
    const w = worldOf([{}, {}], { manifestSeconds: 100, noticeSeconds: 10, renegotiateSeconds: 5 });
    w.start();
    w.run(5);
    for (const [node, peer] of [
      [0, 1],
      [1, 0],
    ] as const)
      w.members[node]!.discovery.onContact(peer, false);
    expect(agreement(w, 0, 1)).toBeDefined();
    w.world.network.setPartition(Uint8Array.from([0, 1]));
    w.run(93);
    w.world.network.setPartition(undefined);
    w.run(200);
    expect(agreement(w, 0, 1)).toBeUndefined();
    w.members[0]!.discovery.onContact(1, true);
    w.run(30);
    expect(agreement(w, 0, 1)).toBeDefined();
  });

  it('cannot offer for another, nor agree to what was not offered', () => {
    const w = worldOf([{}, {}, {}]);
    w.start();
    w.run(10);
    expect(hear(w, 2, 1, w.members[0]!.discovery.manifest.bytes)).toBe(OUTCOME_REFUSED);
    expect(hear(w, 2, 1, w.members[2]!.discovery.manifest.bytes.slice(0, -1))).toBe(
      OUTCOME_REFUSED,
    );
    const terms = encodeDiscovery({ type: MESSAGE_AGREE, terms: new Uint8Array(32).fill(5) });
    const { discovery } = w.members[1]!;
    expect(discovery.onDatagram(0, terms, 0, terms.length)).toBe(OUTCOME_REFUSED);
    const held = agreement(w, 1, 0);
    expect(held).toBeDefined();
    // A decline of something that is not ours ends nothing; one of somebody else ends only what there is with them.
    const decline = (name: Uint8Array): Uint8Array =>
      encodeDiscovery({ type: MESSAGE_DECLINE, reason: 1, retrySeconds: 1, name });
    const other = decline(new Uint8Array(32).fill(5));
    expect(discovery.onDatagram(0, other, 0, other.length)).toBe(OUTCOME_REFUSED);
    const ours = decline(held!.ours.name);
    expect(discovery.onDatagram(2, ours, 0, ours.length)).toBe(OUTCOME_HANDLED);
    expect(agreement(w, 1, 0)).toBe(held);
    expect(agreement(w, 1, 2)).toBeUndefined();
  });

  it('cannot silence a node for longer than it would silence others', () => {
    const w = worldOf([{}, {}]);
    w.start();
    w.run(5);
    const { discovery } = w.members[1]!;
    const name = agreement(w, 1, 0)!.ours.name;
    const bytes = encodeDiscovery({
      type: MESSAGE_DECLINE,
      reason: 1,
      retrySeconds: 0xffff_ffff,
      name,
    });
    discovery.onDatagram(0, bytes, 0, bytes.length);
    expect(agreement(w, 1, 0)).toBeUndefined();
    w.run(610);
    expect(agreement(w, 1, 0)).toBeDefined();
  });

  it('nor where nothing was agreed', () => {
    const w = worldOf([{}, { policy: { declines: () => DECLINED_PRICE } }]);
    w.start();
    w.run(20);
    const { discovery } = w.members[0]!;
    // The other one does not begin again of its own accord.
    w.members[1]!.discovery.onContact(0, false);
    const name = discovery.manifest.name;
    const bytes = encodeDiscovery({
      type: MESSAGE_DECLINE,
      reason: 1,
      retrySeconds: 0xffff_ffff,
      name,
    });
    discovery.onDatagram(1, bytes, 0, bytes.length);
    const before = events(w, PEERING_DECLINED).length;
    w.run(590);
    expect(events(w, PEERING_DECLINED).length).toBe(before);
    w.run(20);
    expect(events(w, PEERING_DECLINED).length).toBeGreaterThan(before);
  });
});

describe('settings', () => {
  it('with which nobody can run are refused with the reason', () => {
    expect(optionsFault(DEFAULT_DISCOVERY_OPTIONS)).toBeUndefined();
    for (const [change, text] of [
      [{ capacity: 0 }, 'capacity'],
      [{ adsPerNetwork: 501 }, 'per network'],
      [{ voices: 13 }, 'voices'],
      [{ parallel: 5 }, 'at once'],
      [{ windowUs: 900_000_000 }, 'window'],
      [{ noticeSeconds: 50_000 }, 'notice'],
      [{ shelves: 1.5 }, 'shelves'],
    ] as const) {
      const options = { ...DEFAULT_DISCOVERY_OPTIONS, ...change };
      expect(optionsFault(options)).toContain(text);
      expect(() => new DiscoveryWorld('x', [{}], change)).toThrow(RangeError);
    }
    expect(Discovery).toBeDefined();
  });
});
