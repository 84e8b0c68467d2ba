/** What each behaviour does to packets, seen from outside: through a real router, made as a scenario makes it. */
import { describe, expect, it } from 'vitest';
import {
  OUTCOME_FORWARDED,
  OUTCOME_HANDLED,
  OUTCOME_REFUSED,
} from '../../../protocols/outcomes.ts';
import {
  DROPPED_BY_POLICY,
  DROPPED_STORE_FULL,
  PACKET_DROPPED,
  PACKET_SENT,
} from '../../../protocols/routing/events.ts';
import { TIMER_DELAYED } from '../../../protocols/routing/passing.ts';
import { AT_ID, AT_LEVEL, AT_STEM, AT_TREE } from '../../../protocols/routing/packet.ts';
import { DELAYED_PACKETS_MAX } from '../../../protocols/routing/params.ts';
import { createOverlayPolicy, createRelayPolicy } from '../../../scenarios/behaviours/index.ts';
import type { Behaviour } from '../../../scenarios/model.ts';
import { addressOf, loneRouter, sendText, type Lone } from '../routing/support.ts';

const CONTACTS = ['1', '01', '001', '0001'].map((bits) => addressOf(bits));
const TEXT = new Uint8Array(30);

/** A node in the middle of a zone of 0 bits, which owes every packet to four others. */
function relay(behaves: Behaviour, seed = 'relay', stemHops = 0): Lone {
  return loneRouter({
    contacts: CONTACTS,
    policy: (host) => createRelayPolicy(behaves, host),
    seed,
    options: { stemHops },
    secret: 9,
  });
}

/** `count` different packets at luminosity 0, as they arrive from outside a tree. */
function packets(count: number, stemHops = 0): Uint8Array[] {
  const maker = loneRouter({ contacts: [addressOf('1')], seed: 'maker', options: { stemHops } });
  for (let i = 0; i < count; i++) sendText(maker, maker.key, addressOf('1'), 0, TEXT);
  for (const { bytes } of maker.host.sent) bytes[AT_LEVEL + 1] = 0;
  return maker.host.sent.map((s) => s.bytes);
}

function receive(lone: Lone, bytes: Uint8Array): number {
  return lone.router.onDatagram(1, bytes, 0, bytes.length);
}

/** Lets all timers that the node has set ring, in the order of their delays. */
function ring(lone: Lone): void {
  const timers = lone.host.timers.splice(0).sort((a, b) => a.delayUs - b.delayUs);
  for (const { kind, argument } of timers) {
    expect(lone.router.onTimer(kind, argument)).toBe(OUTCOME_HANDLED);
  }
}

describe('honest and honest but curious', () => {
  it.each(['honest', 'honest but curious'] as const)('%s: passes on everything at once', (kind) => {
    const lone = relay({ kind });
    for (const packet of packets(20)) expect(receive(lone, packet)).toBe(OUTCOME_FORWARDED);
    expect(lone.host.sent).toHaveLength(80);
    expect(lone.host.timers).toEqual([]);
  });
});

describe('drop', () => {
  it('drops its share of packets, all copies together, and says so to the observer', () => {
    const ratio = 0.3;
    const count = 3_000;
    const lone = relay({ kind: 'drop', ratio });
    let dropped = 0;
    for (const packet of packets(count)) {
      const before = lone.host.sent.length;
      const outcome = receive(lone, packet);
      const sent = lone.host.sent.length - before;
      expect(sent).toBe(outcome === OUTCOME_REFUSED ? 0 : 4);
      if (sent === 0) dropped++;
    }
    // Four standard errors of a binomial count.
    const error = Math.sqrt(count * ratio * (1 - ratio));
    expect(Math.abs(dropped - count * ratio)).toBeLessThan(4 * error);
    const reasons = lone.host.eventsOf(PACKET_DROPPED).map((e) => e.values[3]);
    expect(reasons).toEqual(new Array(dropped).fill(DROPPED_BY_POLICY));
  });

  it.each([
    [0, 200],
    [1, 0],
  ])('a ratio of %d lets %d of 200 copies pass', (ratio, copies) => {
    const lone = relay({ kind: 'drop', ratio });
    for (const packet of packets(50)) receive(lone, packet);
    expect(lone.host.sent).toHaveLength(copies);
  });

  it('also drops on the stem', () => {
    const lone = relay({ kind: 'drop', ratio: 1 }, 'stem', 3);
    for (const packet of packets(20, 3)) expect(receive(lone, packet)).toBe(OUTCOME_REFUSED);
    expect(lone.host.sent).toEqual([]);
  });

  it('keeps its own messages, which it wants delivered', () => {
    const lone = relay({ kind: 'drop', ratio: 1 });
    expect(sendText(lone, lone.key, addressOf('1'), 0, TEXT)).toBe(true);
    expect(lone.host.sent).toHaveLength(4);
  });
});

describe('delay', () => {
  const law = { law: 'constant', valueUs: 250_000 } as const;

  it('sends exactly what an honest relay sends, at the same levels, when the delay is over', () => {
    const late = relay({ kind: 'delay', law });
    const honest = relay({ kind: 'honest' });
    for (const packet of packets(10)) {
      expect(receive(late, packet)).toBe(OUTCOME_HANDLED);
      receive(honest, packet);
    }
    expect(late.host.sent).toEqual([]);
    expect(late.host.timers.map((t) => [t.kind, t.delayUs])).toEqual(
      new Array(10).fill([TIMER_DELAYED, 250_000]),
    );
    ring(late);
    expect(late.host.sent).toEqual(honest.host.sent);
    expect(late.host.eventsOf(PACKET_SENT)).toEqual(honest.host.eventsOf(PACKET_SENT));
  });

  it('follows its law, from a stream of its own', () => {
    const lone = relay({ kind: 'delay', law: { law: 'uniform', lowUs: 1_000, highUs: 9_000 } });
    for (const packet of packets(200)) receive(lone, packet);
    const delays = lone.host.timers.map((t) => t.delayUs);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(9_000);
    expect(new Set(delays).size).toBeGreaterThan(150);
    const honest = relay({ kind: 'honest' });
    for (const packet of packets(200)) receive(honest, packet);
    ring(lone);
    const to = (l: Lone): number[] => l.host.sent.map((s) => s.to).sort((a, b) => a - b);
    expect(to(lone)).toEqual(to(honest));
  });

  it('delays on the stem too, and leaves the packet as it was', () => {
    const lone = relay({ kind: 'delay', law }, 'stem-delay', 4);
    const stem = packets(12, 4);
    for (const packet of stem) receive(lone, packet);
    expect(lone.host.sent).toEqual([]);
    ring(lone);
    const onwards = lone.host.sent.filter((s) => s.bytes[AT_STEM] === 1);
    expect(onwards.length).toBeGreaterThan(3);
    for (const { bytes } of onwards) expect(stem).toContainEqual(bytes);
  });

  it('holds a bounded number of packets, refuses the next, and reuses the room', () => {
    const lone = relay({ kind: 'delay', law });
    const many = packets(DELAYED_PACKETS_MAX + 3);
    for (const packet of many.slice(0, DELAYED_PACKETS_MAX)) {
      expect(receive(lone, packet)).toBe(OUTCOME_HANDLED);
    }
    expect(receive(lone, many[DELAYED_PACKETS_MAX]!)).toBe(OUTCOME_REFUSED);
    expect(lone.host.eventsOf(PACKET_DROPPED).at(-1)!.values[3]).toBe(DROPPED_STORE_FULL);
    ring(lone);
    const sent = lone.host.sent.map((s) => s.bytes.slice(AT_ID, AT_ID + 16));
    expect(sent).toHaveLength(4 * DELAYED_PACKETS_MAX);
    many.slice(0, DELAYED_PACKETS_MAX).forEach((packet, i) => {
      expect(sent[4 * i]).toEqual(packet.slice(AT_ID, AT_ID + 16));
    });
    expect(receive(lone, many[DELAYED_PACKETS_MAX + 1]!)).toBe(OUTCOME_HANDLED);
    ring(lone);
    expect(lone.host.sent).toHaveLength(4 * (DELAYED_PACKETS_MAX + 1));
  });

  it('loses what it held when the node comes back from being offline', () => {
    const lone = relay({ kind: 'delay', law });
    receive(lone, packets(1)[0]!);
    const { kind, argument } = lone.host.timers[0]!;
    lone.router.start();
    expect(lone.router.onTimer(kind, argument)).toBe(OUTCOME_REFUSED);
    expect(lone.host.sent).toEqual([]);
  });
});

describe('pretend', () => {
  it('sends one copy of each packet, the first it owes', () => {
    const lone = relay({ kind: 'pretend' });
    const honest = relay({ kind: 'honest' });
    for (const packet of packets(10)) {
      expect(receive(lone, packet)).toBe(OUTCOME_FORWARDED);
      receive(honest, packet);
    }
    expect(lone.host.sent).toHaveLength(10);
    // Its branch is the shallowest one, with the level that goes with it.
    for (const { to, bytes } of lone.host.sent) {
      expect(to).toBe(1);
      expect(bytes[AT_LEVEL + 1]).toBe(1);
    }
  });
});

describe('dead', () => {
  it('passes nothing on, whatever the tree, and never answers look-ups', () => {
    const lone = relay({ kind: 'dead' });
    for (const packet of packets(5)) {
      for (let tree = 0; tree < 3; tree++) {
        packet[AT_TREE] = tree;
        expect(receive(lone, packet)).toBe(OUTCOME_REFUSED);
      }
    }
    expect(lone.host.sent).toEqual([]);
    const target = new Uint32Array(8);
    const found = (kind: 'dead' | 'honest'): number =>
      createOverlayPolicy({ kind }).answerFindNode(
        lone.table,
        lone.host.peers,
        1,
        target,
        3,
        new Int32Array(8),
      );
    expect(found('dead')).toBe(-1);
    expect(found('honest')).toBe(3);
  });
});
