/** The forwarding rules of both PSS versions against answers recorded from the original programs. */
import { describe, expect, it } from 'vitest';
import { readAddress, ADDRESS_WORDS } from '../../../protocols/identity/proximity.ts';
import { neighbourhoodDepth } from '../../../protocols/overlay/depth.ts';
import type { RoutingTable } from '../../../protocols/overlay/table.ts';
import type { PeerBook } from '../../../protocols/identity/peer-book.ts';
import { PssV2Rule, possibleRecipient } from '../../../protocols/routing/pss-v2.ts';
import { pssReceivers, whitepaperDepth } from '../../../protocols/routing/pss.ts';
import { ownProximity } from '../../../protocols/routing/targets.ts';
import { TargetWalk } from '../../../protocols/routing/walk.ts';
import { readVector } from '../../support/vectors.ts';
import { bytesOf, tableOf } from './support.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- the files' shape is what is being read */

interface Net {
  peers: PeerBook;
  table: RoutingTable;
}

function netOf(self: string, contacts: readonly string[]): Net {
  return tableOf(bytesOf(self), contacts.map(bytesOf));
}

/** The prefix padded with zeros to an address, as both versions routed. */
function targetOf(hex: string): Uint32Array {
  const target = new Uint32Array(ADDRESS_WORDS);
  readAddress(bytesOf(hex.padEnd(64, '0')), 0, target, 0);
  return target;
}

const OUT = new Int32Array(1_024);

function walkOf(net: Net, to: string): TargetWalk {
  const walk = new TargetWalk();
  walk.prepare(net.table, net.peers, targetOf(to));
  return walk;
}

/** Indexes (into the file's list of peers) of those who receive, in order. */
function whitepaper(net: Net, to: string, from: number): number[] {
  const sent = pssReceivers(
    walkOf(net, to),
    to.length * 4,
    whitepaperDepth(net.table),
    from + 1,
    OUT,
  );
  return Array.from(OUT.subarray(0, sent), (handle) => handle - 1);
}

function later(net: Net, to: string, accepts: (index: number) => boolean): number[] {
  const depth = neighbourhoodDepth(net.table, 2);
  const rule = new PssV2Rule();
  const sent = rule.receivers(
    walkOf(net, to),
    to.length * 4,
    depth,
    (handle) => accepts(handle - 1),
    OUT,
  );
  return Array.from(OUT.subarray(0, sent), (handle) => handle - 1);
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

describe('the rule of the version that the paper cites (2018)', () => {
  // Transcribed from pss_forward_whitepaper_era.json, net 0 and net 1.
  const single = netOf('efa2f242b74dec8f6b0b9e981995c837e853a3bf94689392fb164c4f186ecb3a', [
    '726b949158ff7e515ad3f0a523b1c277ae9eb28e068733d4045bcf0101a97a43',
  ]);
  const three = netOf('cc63f85eb887af387e6c1cb0732ded917424b6428f557e10a95700219222fed3', [
    '5b6dc994d08b2b7eff1ac30c2b05ecd447020f06985f9e28621a4f03310af782',
    '9d0e82e30bbcf9c82a44b154926a5799c784b1f245e1445e4b9288e2129b8646',
    'ee519efb9319802ff33738384bb1d9ab33ba691abc737a0ab0aa8fcaf12b6401',
  ]);

  it('floods an empty prefix to everyone but the peer it came from', () => {
    expect(whitepaper(single, '', -1)).toEqual([0]);
    expect(whitepaper(single, '', 0)).toEqual([]);
    expect(whitepaperDepth(three.table)).toBe(1);
    expect(sorted(whitepaper(three, '', -1))).toEqual([0, 1, 2]);
  });

  const file = readVector('pss_forward_whitepaper_era.json');
  it.skipIf(file === undefined)(
    file === undefined ? 'recorded cases: the vectors folder is absent' : 'all recorded cases',
    () => {
      let cases = 0;
      for (const recorded of file.nets) {
        const net = netOf(recorded.self, recorded.peers);
        expect(whitepaperDepth(net.table)).toBe(recorded.depth);
        for (const c of recorded.cases) {
          const from =
            c.receivedFrom === undefined ? -1 : recorded.peers.indexOf(c.receivedFrom as string);
          const sent = whitepaper(net, c.to, from);
          const certain = new Set<number>(c.allOf);
          const free = sent.filter((index) => !certain.has(index));
          expect(sorted(sent.filter((index) => certain.has(index)))).toEqual(sorted(c.allOf));
          if (c.exactlyOneOf.length === 0) expect(free).toEqual([]);
          else {
            expect(free).toHaveLength(1);
            expect(c.exactlyOneOf).toContain(free[0]);
          }
          cases++;
        }
      }
      expect(cases).toBe(480);
    },
  );
});

describe("Swarm's later rule", () => {
  const file = readVector('pss_forward.json');
  const nets: Net[] | undefined = file?.nets.map((net: any) => netOf(net.base, net.peers));

  // Transcribed from pss_forward.json, net 0: two peers in each of bins 0..12 around ff…ff.
  const around = netOf('ff'.repeat(32), [
    '735cd41f8bc79005367c664635d534043e176f86afc37cb597e38e8b362148ec',
    '69c839687dd82db4fdd5d8abab9fd7dc094e4765b9107e77ab0e1b171dafd2e6',
    '99b3de467b4797a8aa09ed0f2effb0423835da68c2a2e9d23f1ab99674bd10e5',
    '83c4554f8191eaba1729d438436aec0288cb19f08e88ee6cc84b75236d6b400f',
  ]);

  it('sends one copy towards a zone that it is outside of, and the next attempt follows a failure', () => {
    expect(later(around, '73', () => true)).toEqual([0]);
    expect(later(around, '73', (index) => index !== 0)).toEqual([1]);
    expect(later(around, '', () => true)).toHaveLength(4);
  });

  it('prefers the least used of equally near peers', () => {
    const rule = new PssV2Rule();
    const depth = 2;
    const seen: number[] = [];
    for (let i = 0; i < 4; i++) {
      expect(rule.receivers(walkOf(around, '40'), 8, depth, () => true, OUT)).toBe(1);
      seen.push(OUT[0]! - 1);
    }
    // Both of bin 0 share two bits with 40…: they take turns.
    expect(seen).toEqual([0, 1, 0, 1]);
  });

  it('forgets how often former contacts were used', () => {
    const rule = new PssV2Rule();
    for (let round = 0; round < 200; round++) {
      const contact = new Uint8Array(32).fill(0x40);
      contact[31] = round;
      const net = tableOf(bytesOf('ff'.repeat(32)), [contact]);
      // Handles are given anew in each book, so each round's contact is told apart by hand.
      const walk = walkOf(net, '40');
      walk.peers[0] = round + 1;
      rule.receivers(walk, 8, 0, () => true, OUT);
      expect(rule.remembered).toBeLessThanOrEqual(66);
    }
  });

  it.skipIf(file === undefined)(
    file === undefined ? 'recorded cases: the vectors folder is absent' : 'all recorded cases',
    () => {
      file.nets.forEach((net: any, index: number) => {
        expect(neighbourhoodDepth(nets![index]!.table, 2)).toBe(net.neighbourhoodDepth);
      });
      for (const c of file.cases) {
        const net = nets![c.net]!;
        const sent = later(net, c.to, () => true);
        if (c.exactlyOneOf !== undefined) {
          expect(sent).toHaveLength(1);
          expect(c.exactlyOneOf).toContain(sent[0]);
        } else expect(sorted(sent)).toEqual(sorted(c.receivers));
        // With every send failing, all bins are tried, nearest first.
        const tried: number[] = [];
        later(net, c.to, (index) => {
          tried.push(index);
          return false;
        });
        if (c.attemptBins === undefined) continue;
        let at = 0;
        for (const bin of c.attemptBins) {
          const part = tried.slice(at, at + bin.peers.length);
          expect(sorted(part)).toEqual(sorted(bin.peers));
          at += bin.peers.length;
        }
        expect(tried).toHaveLength(at);
      }
      expect(file.cases.length).toBeGreaterThan(400);
    },
  );

  it.skipIf(file === undefined)(
    file === undefined
      ? 'failing sends: the vectors folder is absent'
      : 'all recorded failing sends',
    () => {
      for (const c of file.casesWithSendFailures) {
        let attempts = 0;
        const sent = later(nets![c.net]!, c.to, () => ++attempts > c.firstSendsThatFail);
        if (c.exactlyOneOf !== undefined) {
          expect(sent).toHaveLength(1);
          expect(c.exactlyOneOf).toContain(sent[0]);
        } else expect(sorted(sent)).toEqual(sorted(c.receivers));
      }
      expect(file.casesWithSendFailures.length).toBeGreaterThan(700);
    },
  );
});

describe('who tries to open (Swarm isSelfPossibleRecipient)', () => {
  it('a node in the zone, or with a neighbourhood handler within its depth', () => {
    expect(possibleRecipient(8, 8, 3, false)).toBe(true);
    expect(possibleRecipient(7, 8, 3, false)).toBe(false);
    expect(possibleRecipient(7, 8, 3, true)).toBe(true);
    expect(possibleRecipient(2, 8, 3, true)).toBe(false);
  });

  const file = readVector('pss_possible_recipient.json');
  it.skipIf(file === undefined)(
    file === undefined ? 'recorded cases: the vectors folder is absent' : 'all recorded cases',
    () => {
      const nets: Net[] = file.nets.map((net: any) => netOf(net.self, net.peers));
      for (const c of file.cases) {
        const net = nets[c.net]!;
        const depth = neighbourhoodDepth(net.table, 2);
        expect(depth).toBe(file.nets[c.net].neighbourhoodDepth);
        const own = ownProximity(net.table, net.peers, targetOf(c.to));
        const luminosity = c.to.length * 4;
        expect(possibleRecipient(own, luminosity, depth, c.proxHandler)).toBe(c.possibleRecipient);
        expect(luminosity === 256 && own === 256).toBe(c.selfRecipient);
      }
      expect(file.cases).toHaveLength(500);
    },
  );
});
