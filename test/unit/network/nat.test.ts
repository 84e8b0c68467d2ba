/** The model of translators against RFC 3489's and RFC 4787's words. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Nat, NAT_KINDS, PORTS, type NatKind } from '../../../sim/network/nat.ts';

const S = 1_000_000;
const INSIDE = 1 * PORTS + 4_242;
const at = (host: number, port: number): number => host * PORTS + port;
const made = (kind: NatKind): Nat => new Nat({ kind, bindingUs: 30 * S });

describe('a translator', () => {
  it.each([
    // From: the endpoint that was sent to, another port of its host, another host.
    ['full-cone', [true, true, true]],
    ['address-restricted', [true, true, false]],
    ['port-restricted', [true, false, false]],
    ['symmetric', [true, false, false]],
  ] as const)('that is %s lets in %j', (kind, expected) => {
    const nat = made(kind);
    const port = nat.outbound(0, INSIDE, at(5, 100));
    const sources = [at(5, 100), at(5, 101), at(6, 100)];
    expect(sources.map((source) => nat.inbound(S, port, source) === INSIDE)).toEqual(expected);
    expect(nat.inbound(S, port + 1, at(5, 100))).toBe(-1);
  });

  it.each(NAT_KINDS)('that is %s maps as its kind does', (kind) => {
    const nat = made(kind);
    const ports = [at(5, 1), at(5, 2), at(6, 1)].map((to) => nat.outbound(0, INSIDE, to));
    const again = [at(5, 1), at(5, 2), at(6, 1)].map((to) => nat.outbound(S, INSIDE, to));
    expect(again).toEqual(ports);
    expect(new Set(ports).size).toBe(kind === 'symmetric' ? 3 : 1);
    // The port is kept where each endpoint has one.
    expect(ports[0] === 4_242).toBe(kind !== 'symmetric');
  });

  it('forgets what nothing goes out through, whatever comes in', () => {
    const nat = made('full-cone');
    const port = nat.outbound(0, INSIDE, at(5, 1));
    for (let t = 0; t < 30; t++) expect(nat.inbound(t * S, port, at(6, 1))).toBe(INSIDE);
    expect(nat.inbound(30 * S, port, at(6, 1))).toBe(-1);
    nat.outbound(40 * S, INSIDE, at(5, 1));
    nat.outbound(65 * S, INSIDE, at(5, 1));
    expect(nat.inbound(90 * S, port, at(6, 1))).toBe(INSIDE);
  });

  it('forgets whom it lets in, each by itself', () => {
    const nat = made('port-restricted');
    const port = nat.outbound(0, INSIDE, at(5, 1));
    nat.outbound(20 * S, INSIDE, at(6, 1));
    expect(nat.inbound(31 * S, port, at(5, 1))).toBe(-1);
    expect(nat.inbound(31 * S, port, at(6, 1))).toBe(INSIDE);
  });

  it('gives two inside endpoints two ports, and each its own', () => {
    for (const kind of NAT_KINDS) {
      const nat = made(kind);
      const other = 2 * PORTS + 4_242;
      const [a, b] = [nat.outbound(0, INSIDE, at(5, 1)), nat.outbound(0, other, at(5, 1))];
      expect(a).not.toBe(b);
      expect([nat.inbound(1, a, at(5, 1)), nat.inbound(1, b, at(5, 1))]).toEqual([INSIDE, other]);
    }
  });

  it('knows nobody after it was switched off and on, and keeps no old bindings', () => {
    const nat = made('full-cone');
    const port = nat.outbound(0, INSIDE, at(5, 1));
    nat.forget();
    expect(nat.inbound(1, port, at(5, 1))).toBe(-1);
    const symmetric = made('symmetric');
    for (let i = 0; i < 1_000; i++) symmetric.outbound(i * S, INSIDE, at(5, i + 1));
    expect(symmetric.size).toBeLessThanOrEqual(31);
  });

  it('never lets in what it should not: against the definition, over random traffic', () => {
    const step = fc.record({
      out: fc.boolean(),
      waitS: fc.integer({ min: 0, max: 12 }),
      host: fc.integer({ min: 5, max: 6 }),
      port: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...NAT_KINDS),
        fc.array(step, { maxLength: 60 }),
        (kind, steps) => {
          const nat = made(kind);
          let nowUs = 0;
          const sent: { atUs: number; host: number; port: number; outside: number }[] = [];
          for (const { out, waitS, host, port } of steps) {
            nowUs += waitS * S;
            if (out) {
              sent.push({
                atUs: nowUs,
                host,
                port,
                outside: nat.outbound(nowUs, INSIDE, at(host, port)),
              });
              continue;
            }
            for (const outside of new Set(sent.map((s) => s.outside))) {
              const through = sent.filter((s) => s.outside === outside && nowUs - s.atUs < 30 * S);
              const allowed = through.some(
                (s) =>
                  kind === 'full-cone' ||
                  (s.host === host && (kind === 'address-restricted' || s.port === port)),
              );
              expect(nat.inbound(nowUs, outside, at(host, port)) === INSIDE).toBe(allowed);
            }
          }
        },
      ),
    );
  });
});
