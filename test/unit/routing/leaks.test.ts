/** Each leak of the 2018 code: closed by default, and what an observer gains when its switch is open. */
import { describe, expect, it } from 'vitest';
import {
  OUTCOME_DUPLICATE,
  OUTCOME_FORWARDED,
  OUTCOME_HANDLED,
  OUTCOME_OPENED,
} from '../../../protocols/outcomes.ts';
import {
  PACKET_ORIGINATED,
  PACKET_RECEIVED,
  RECEIVED_IN_ZONE,
} from '../../../protocols/routing/events.ts';
import type { LeakSwitches } from '../../../protocols/routing/options.ts';
import { AT_EXPIRY, AT_ID, AT_LUMINOSITY, AT_TAG } from '../../../protocols/routing/packet.ts';
import { NO_LEAKS } from '../../../protocols/routing/params.ts';
import { textbookOptions } from '../../../scenarios/validation/overlay-worlds.ts';
import { convergedFill, RoutingWorld } from '../../../scenarios/validation/routing-worlds.ts';
import { addressOf, hexOf, loneRouter, sendText, type Lone } from './support.ts';

/** A sender with one leak open or none, who knows one contact far away. */
function sender(leak?: keyof LeakSwitches, seed = 'leaks'): Lone {
  return loneRouter({
    contacts: [addressOf('1')],
    leaks: leak === undefined ? {} : { [leak]: true },
    seed,
  });
}

function packet(lone: Lone, luminosity: number, textBytes = 20): Uint8Array {
  sendText(lone, lone.key, addressOf('1', 0x35), luminosity, new Uint8Array(textBytes).fill(1));
  return lone.host.sent.at(-1)!.bytes;
}

it('all are closed by default', () => {
  expect(Object.values(NO_LEAKS)).toEqual([false, false, false, false, false, false, false]);
});

it('wholeByteLuminosity: 13 bits become 8, so users cannot choose between 256-fold steps', () => {
  const luminosity = (lone: Lone): number => packet(lone, 13)[AT_LUMINOSITY + 1]!;
  expect(luminosity(sender())).toBe(13);
  expect(luminosity(sender('wholeByteLuminosity'))).toBe(8);
});

describe('clearTopic', () => {
  const tags = (lone: Lone): Set<string> =>
    new Set(Array.from({ length: 8 }, () => hexOf(packet(lone, 4).subarray(AT_TAG, AT_TAG + 8))));

  it('one tag links all messages of a conversation; closed, no two are alike', () => {
    expect(tags(sender()).size).toBe(8);
    expect(tags(sender('clearTopic')).size).toBe(1);
  });

  it('the recipient still opens', () => {
    const recipient = loneRouter({
      self: addressOf('1', 0x35),
      contacts: [addressOf('0')],
      leaks: { clearTopic: true },
    });
    const bytes = packet(sender('clearTopic'), 4);
    expect(recipient.router.onDatagram(1, bytes, 0, bytes.length)).toBe(OUTCOME_OPENED);
  });
});

it('exactExpiry: the field minus the lifetime is the send time to the second, hence the age', () => {
  const guessUs = (lone: Lone, nowUs: number): number => {
    lone.host.nowUs = nowUs;
    const bytes = packet(lone, 4);
    return new DataView(bytes.buffer).getUint32(AT_EXPIRY) * 1_000_000 - 30_000_000 - nowUs;
  };
  const fields = (lone: Lone): Set<number> =>
    new Set(
      [0, 3, 9, 20, 33].map((second) => {
        lone.host.nowUs = second * 1_000_000;
        return new DataView(packet(lone, 4).buffer).getUint32(AT_EXPIRY);
      }),
    );
  for (const nowUs of [0, 12_345_678, 500_000_001]) {
    const error = guessUs(sender('exactExpiry'), nowUs);
    expect(error).toBeGreaterThanOrEqual(0);
    expect(error).toBeLessThan(1_000_000);
  }
  expect(fields(sender('exactExpiry')).size).toBe(5);
  // 33 s of sending, one value: an epoch is 64 s, and 30 s of lifetime end within the first.
  expect(fields(sender()).size).toBe(1);
});

describe('extensionReplay', () => {
  const self = addressOf('110', 0x35);
  /** A packet at 1 bit, and the same payload with 3 bits of the recipient's address put in its place. */
  function extended(leak: boolean): [Lone, Uint8Array, Uint8Array] {
    const leaks = { extensionReplay: leak };
    const recipient = loneRouter({ self, contacts: [addressOf('111')], leaks });
    const origin = loneRouter({ contacts: [self], leaks, seed: 'origin' });
    sendText(origin, recipient.key, self, 1, new Uint8Array(9));
    const short = origin.host.sent[0]!.bytes;
    const long = short.slice();
    long[AT_LUMINOSITY + 1] = 3;
    long.set(self, 16);
    return [recipient, short, long];
  }

  it('open: a longer prefix is a new packet that is relayed and opened again, so a prober sees who reacts', () => {
    const [recipient, short, long] = extended(true);
    expect(recipient.router.onDatagram(1, short, 0, short.length)).toBe(OUTCOME_OPENED);
    expect(recipient.router.onDatagram(1, long, 0, long.length)).toBe(OUTCOME_OPENED);
  });

  it('closed: it is a duplicate, and under a fresh memory it does not open', () => {
    const [recipient, short, long] = extended(false);
    expect(recipient.router.onDatagram(1, short, 0, short.length)).toBe(OUTCOME_OPENED);
    expect(recipient.router.onDatagram(1, long, 0, long.length)).toBe(OUTCOME_DUPLICATE);
    const [unspent, , again] = extended(false);
    expect(unspent.router.onDatagram(1, again, 0, again.length)).toBe(OUTCOME_HANDLED);
    again[AT_ID]! ^= 1;
    expect(unspent.router.onDatagram(1, again, 0, again.length)).toBe(OUTCOME_HANDLED);
  });
});

describe('zeroPaddedTarget', () => {
  it('the rest of the target is zero, or drawn for each message', () => {
    const rest = (lone: Lone): string[] =>
      [0, 1].map(() => hexOf(packet(lone, 4).subarray(17, 48)));
    expect(rest(sender('zeroPaddedTarget'))).toEqual(['00'.repeat(31), '00'.repeat(31)]);
    const [a, b] = rest(sender());
    expect(a).not.toBe(b);
  });

  it("with Swarm's rule, the zone node nearest to the zeros sees far more messages first than its share", () => {
    const luminosity = 3;
    const nodes = 128;
    const messages = 100;
    const networks = 16;
    /** How often messages enter the zone through its lowest address, over how often they would if entries were even. */
    const favour = (zeroPaddedTarget: boolean): number => {
      let favours = 0;
      for (let i = 0; i < networks; i++) favours += favourIn(`entry/${i}`, zeroPaddedTarget);
      return favours / networks;
    };
    const favourIn = (seed: string, zeroPaddedTarget: boolean): number => {
      const world = new RoutingWorld({
        nodes,
        seed,
        routing: { policy: 'pss-v2', leaks: { ...NO_LEAKS, zeroPaddedTarget } },
        fill: convergedFill({ ...textbookOptions(6), neighbourhood: 2, symmetric: true }),
      });
      const recipient = 0;
      const words = world.world.peers.words;
      const zone = Array.from(world.tables.keys()).filter((node) =>
        world.inZone(node, recipient, luminosity),
      );
      const lowest = zone.reduce((a, b) => (words[a * 8]! < words[b * 8]! ? a : b));
      let through = 0;
      let fresh = false;
      world.world.recorder = {
        event(_timeUs, node, event, _a, _b, _from, facts): void {
          if (event === PACKET_ORIGINATED) fresh = true;
          if (event !== PACKET_RECEIVED || (facts & RECEIVED_IN_ZONE) === 0 || !fresh) return;
          fresh = false;
          if (node === lowest) through++;
        },
      };
      for (let node = 1, sent = 0; sent < messages; node++) {
        if (zone.includes(node)) continue;
        world.send(node, recipient, luminosity);
        sent++;
      }
      return (through / messages) * zone.length;
    };
    expect(favour(true)).toBeGreaterThan(2);
    expect(favour(false)).toBeLessThan(1.5);
  });
});

it('noPadding: the datagram tells the length of the text to the byte; closed, only its class', () => {
  const sizes = (lone: Lone): number[] => [1, 2, 50, 248].map((n) => packet(lone, 4, n).length);
  expect(sizes(sender('noPadding'))).toEqual([123, 124, 172, 370]);
  expect(sizes(sender())).toEqual([370, 370, 370, 370]);
  const classes = new Set(Array.from({ length: 41 }, (_, i) => packet(sender(), 4, i * 25).length));
  expect(classes.size).toBe(3);
});

it('shortDedup: a packet replayed after 16 s is flooded again although it lives for 30', () => {
  const outcomes = (shortDedup: boolean): number[] => {
    const relay = loneRouter({
      self: addressOf('11'),
      contacts: [addressOf('10'), addressOf('0')],
      leaks: { shortDedup },
      secret: 9,
    });
    const bytes = packet(sender(), 1);
    return [0, 5, 16].map((second) => {
      relay.host.nowUs = second * 1_000_000;
      return relay.router.onDatagram(2, bytes, 0, bytes.length);
    });
  };
  expect(outcomes(true)).toEqual([OUTCOME_FORWARDED, OUTCOME_DUPLICATE, OUTCOME_FORWARDED]);
  expect(outcomes(false)).toEqual([OUTCOME_FORWARDED, OUTCOME_DUPLICATE, OUTCOME_DUPLICATE]);
});
