/** A live node's book of peers is bounded, and forgetting strangers is noticed by nobody who is none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PeerBook } from '../../../protocols/identity/peer-book.ts';
import { forgetStrangers } from '../../../live/node/strangers.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { NatWorld } from '../../../scenarios/validation/nat-worlds.ts';
import { MemoryNet } from './memory-net.ts';

const S = 1_000_000;
const NOWHERE = new Uint8Array(18);
const junk = new StreamFactory('strangers').stream('addresses');

/** Fills a book with addresses that nobody has, so that a handle let go by mistake means somebody else at once. */
function invent(peers: PeerBook, count: number): void {
  const address = new Uint8Array(32);
  for (let i = 0; i < count; i++) {
    junk.fill(address, 0, 32);
    peers.intern(address, 0, NOWHERE, 0);
  }
}

describe('a book of peers', () => {
  it('is a map whose keys can be let go', () => {
    const name = fc.nat(30);
    const step = fc.oneof(
      name.map((peer) => ({ add: peer })),
      fc.uniqueArray(name).map((kept) => ({ keep: kept })),
    );
    const bytesOf = (peer: number): Uint8Array => new Uint8Array(32).fill(7 * peer + 1);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const book = new PeerBook(1);
        const handles = new Map<number, number>();
        for (const s of steps) {
          if ('add' in s) {
            const endpoint = new Uint8Array(18).fill(s.add);
            const handle = book.intern(bytesOf(s.add), 0, endpoint, 0);
            if (handles.has(s.add)) expect(handle).toBe(handles.get(s.add));
            else expect([...handles.values()]).not.toContain(handle);
            handles.set(s.add, handle);
          } else {
            const kept = s.keep.filter((peer) => handles.has(peer));
            book.retain(new Set(kept.map((peer) => handles.get(peer)!)));
            for (const peer of [...handles.keys()]) if (!kept.includes(peer)) handles.delete(peer);
          }
          expect(book.known).toBe(handles.size);
          // No more numbers than there were ever peers at once.
          expect(book.size).toBeLessThanOrEqual(31);
          const out = new Uint8Array(50);
          for (const [peer, handle] of handles) {
            book.writeAddress(handle, out, 0);
            book.writeEndpoint(handle, out, 32);
            expect(out.subarray(0, 32)).toEqual(bytesOf(peer));
            expect(out.subarray(32)).toEqual(new Uint8Array(18).fill(peer));
            const words = book.words.subarray(handle * 8, handle * 8 + 8).slice();
            expect(book.lookup(words, 0)).toBe(handle);
          }
          for (let peer = 0; peer <= 30; peer++) {
            if (handles.has(peer)) continue;
            const words = new Uint32Array(8).fill((7 * peer + 1) * 0x01010101);
            expect(book.lookup(words, 0)).toBe(-1);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('of a live node stays bounded however many addresses it hears of', () => {
    const peers = new PeerBook();
    const kept = Array.from({ length: 10 }, (_, i) =>
      peers.intern(new Uint8Array(32).fill(i), 0, NOWHERE, 0),
    );
    const keeper = { eachPeer: (visit: (peer: number) => void) => void kept.forEach(visit) };
    for (let second = 0; second < 100; second++) {
      invent(peers, 5_000);
      forgetStrangers(peers, [keeper], 20_000);
      expect(peers.known).toBeLessThanOrEqual(20_000);
    }
    expect(peers.size).toBeLessThanOrEqual(25_000);
    expect(peers.words.length).toBeLessThanOrEqual(8 * 32_768);
    const words = new Uint32Array(8);
    kept.forEach((handle, i) => {
      words.fill(i * 0x01010101);
      expect(peers.lookup(words, 0)).toBe(handle);
    });
    expect(forgetStrangers(peers, [keeper], peers.known)).toBe(0);
  });
});

describe('live nodes that forget every stranger at every moment', () => {
  it('find each other, talk and go on', () => {
    const net = new MemoryNet(8);
    const addresses = new Set(
      net.members.map(({ address }) => Buffer.from(address).toString('hex')),
    );
    let forgotten = 0;
    const forget = (): void => {
      for (const { host, link, node } of net.members) {
        // Contacts are kept for their own sake, whether or not they have a link.
        const kept = new Set<number>();
        node.eachPeer((peer) => kept.add(peer));
        const { table } = node.overlay;
        for (let i = 0; i < table.size; i++) expect(kept.has(table.handles[i]!)).toBe(true);
        forgotten += forgetStrangers(host.peers, [link, node], 0);
        invent(host.peers, 20);
      }
    };
    net.run(40 * S, forget);
    for (let round = 0; round < 5; round++) {
      net.members.forEach((from, i) => {
        net.say(from, net.members[(i + 1 + round) % 8]!, `${i} in round ${round}`);
      });
      net.run(10 * S, forget);
    }
    for (const { host, node, heard, took } of net.members) {
      expect(heard.length).toBe(5);
      expect(new Set(heard).size).toBe(5);
      expect(took.length).toBe(5);
      expect(node.overlay.table.size).toBe(7);
      for (let i = 0; i < node.overlay.table.size; i++) {
        const bytes = new Uint8Array(32);
        host.peers.writeAddress(node.overlay.table.handles[i]!, bytes, 0);
        expect(addresses).toContain(Buffer.from(bytes).toString('hex'));
      }
      expect(host.counters().exceptions).toBe(0);
      expect(host.peers.size).toBeLessThan(150);
    }
    expect(forgotten).toBeGreaterThan(100_000);
  });

  it('meet behind translators, through introductions and relays', () => {
    const world = new NatWorld(
      'strangers',
      [{}, {}, { nat: 'symmetric' }, { nat: 'symmetric' }, { nat: 'full-cone' }],
      2,
    );
    const [, , a, b, c] = world.members;
    /** What the application above holds: those it talks to. */
    const above = { eachPeer: () => undefined };
    const run = (forUs: number): void => {
      for (let us = 0; us < forUs; us += 50_000) {
        world.run(50_000);
        for (const { peers, link, self } of world.members) {
          forgetStrangers(peers, [link, above, { eachPeer: (visit) => visit(self) }], 0);
          invent(peers, 10);
        }
      }
    };
    run(2 * S);
    a!.say(b!, 'over a relay');
    a!.say(c!, 'directly');
    run(20 * S);
    expect([a!.wayTo(b!), a!.wayTo(c!)]).toEqual(['relay', 'direct']);
    expect([b!.texts, c!.texts]).toEqual([['over a relay'], ['directly']]);
    b!.say(a!, 'back');
    c!.say(a!, 'again');
    run(60 * S);
    expect(a!.texts.toSorted()).toEqual(['again', 'back']);
    // Directly tried anew, and still where they were.
    expect([a!.wayTo(b!), a!.wayTo(c!)]).toEqual(['relay', 'direct']);
  });
});
