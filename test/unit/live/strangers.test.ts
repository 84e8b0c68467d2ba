/** A live node's book of peers is bounded, and forgetting strangers is noticed by nobody who is none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PeerBook } from '../../../protocols/identity/peer-book.ts';
import { forgetStrangers, type PeerKeeper } from '../../../live/node/strangers.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { NatWorld } from '../../../scenarios/validation/nat-worlds.ts';
import { Net } from '../link/net.ts';
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

describe('whoever holds a handle', () => {
  /** How often each peer is visited. */
  const visits = (keeper: PeerKeeper): Map<number, number> => {
    const counts = new Map<number, number>();
    keeper.eachPeer((peer) => counts.set(peer, (counts.get(peer) ?? 0) + 1));
    return counts;
  };
  const total = (keeper: PeerKeeper): number =>
    [...visits(keeper).values()].reduce((sum, n) => sum + n, 0);

  it('in the overlay names contacts, those on shortlists, and those who were asked', () => {
    const net = new MemoryNet(6);
    net.run(25 * S);
    const [one] = net.members;
    const { overlay } = one!.node;
    const contacts = [...overlay.table.handles.subarray(0, overlay.table.size)];
    expect(contacts.length).toBe(5);
    const before = visits(overlay);
    for (const contact of contacts) expect(before.get(contact)).toBeGreaterThan(0);
    const count = total(overlay);
    one!.host.act(() => overlay.lookup(new Uint32Array(8), 16));
    // Five on the shortlist, of whom three were asked.
    expect(total(overlay)).toBe(count + 5 + 3);
  });

  it('in the link names neighbours, and those who are called', () => {
    const net = new Net('keepers');
    const [a, b] = [net.add(), net.add()];
    a.say(b, 'one');
    expect(visits(a.link).get(a.handleOf(b))).toBe(2);
    net.run(S);
    expect(visits(a.link).get(a.handleOf(b))).toBe(1);
  });
});

describe('live nodes that forget every stranger at every moment', { timeout: 120_000 }, () => {
  /** Eight nodes join and talk. @returns everything that was on the wire, and what came of it. */
  const life = (forgets: boolean): { wire: string[]; net: MemoryNet; forgotten: number } => {
    const net = new MemoryNet(8);
    const wire: string[] = [];
    net.tap = (from, to, bytes) => {
      wire.push(`${net.nowUs} ${from} ${to} ${Buffer.from(bytes).toString('base64')}`);
    };
    let forgotten = 0;
    let steps = 0;
    const each = (): void => {
      // Every other step of 5 ms; a datagram takes 20.
      if (!forgets || ++steps % 2 === 0) return;
      for (const { host, link, node } of net.members) {
        forgotten += forgetStrangers(host.peers, [link, node], 0);
        invent(host.peers, 10);
      }
    };
    net.run(25 * S, each);
    // One goes without a word, and is looked for.
    net.members[7]!.transport.full = true;
    for (let round = 0; round < 4; round++) {
      net.members.slice(0, 7).forEach((from, i) => {
        net.say(from, net.members[(i + 1 + round) % 7]!, `${i} in round ${round}`);
      });
      net.run(5 * S, each);
    }
    net.run(15 * S, each);
    return { wire, net, forgotten };
  };

  it('send, to the byte, what they send when they forget nobody', () => {
    const [remembering, forgetting] = [life(false), life(true)];
    expect(forgetting.wire.length).toBeGreaterThan(1_000);
    expect(forgetting.wire).toEqual(remembering.wire);
    expect(forgetting.forgotten).toBeGreaterThan(50_000);
    for (const { host, heard } of forgetting.net.members.slice(0, 7)) {
      expect(new Set(heard).size).toBe(4);
      expect(host.counters().exceptions).toBe(0);
      expect(host.peers.size).toBeLessThan(150);
    }
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
