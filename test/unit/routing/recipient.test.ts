/** The recipient behaves as every other zone node does: whether a packet opened changes nothing that anyone can see. */
import { describe, expect, it } from 'vitest';
import { OUTCOME_FORWARDED, OUTCOME_HANDLED, OUTCOME_OPENED } from '../../../protocols/outcomes.ts';
import { PACKET_OPENED, PACKET_TAGGED } from '../../../protocols/routing/events.ts';
import { AT_TAG, AT_TREE, HEADER_BYTES } from '../../../protocols/routing/packet.ts';
import { textbookOptions } from '../../../scenarios/validation/overlay-worlds.ts';
import { convergedFill, RoutingWorld } from '../../../scenarios/validation/routing-worlds.ts';
import { addressOf, loneRouter, packetFor, receive, TEXT } from './support.ts';

const POLICIES = ['tree', 'pss', 'pss-v2'] as const;

describe('the recipient', () => {
  /** Everything that leaves any node, in order, when `sender` writes to `recipient`. */
  function trace(
    seed: string,
    routing: ConstructorParameters<typeof RoutingWorld>[0]['routing'],
    sender: number,
    recipient: number,
    luminosity: number,
  ): { sent: string[]; opened: number[] } {
    const world = new RoutingWorld({
      nodes: 96,
      seed,
      ...(routing === undefined ? {} : { routing }),
      fill: convergedFill({ ...textbookOptions(4), neighbourhood: 2, symmetric: true }),
    });
    const sent: string[] = [];
    const opened: number[] = [];
    world.world.recorder = {
      event(timeUs, node, event, a, b, c, d): void {
        if (event === PACKET_OPENED) opened.push(node);
        // A view tag is made with the recipient's key, as the ciphertext is: only who has the key tells one from another.
        else if (event === PACKET_TAGGED) sent.push(`${timeUs} ${node} reports ${event} ${a} ${b}`);
        else sent.push(`${timeUs} ${node} reports ${event} ${a} ${b} ${c} ${d}`);
      },
      sent(timeUs, from, to, _bytes, _offset, length): void {
        sent.push(`${timeUs} ${from} -> ${to} ${length}`);
      },
    };
    world.send(sender, recipient, luminosity);
    return { sent, opened };
  }

  /** Pairs of nodes that share exactly `bits` leading bits, and a sender. */
  function cast(seed: string, bits: number): [sender: number, x: number, y: number] {
    const world = new RoutingWorld({ nodes: 96, seed, fill: () => undefined });
    for (let x = 0; x < 96; x++) {
      for (let y = 0; y < 96; y++) {
        if (world.inZone(x, y, bits) && !world.inZone(x, y, bits + 1) && x !== y) {
          return [(Math.max(x, y) + 1) % 96, x, y];
        }
      }
    }
    throw new Error(`no two nodes share ${bits} bits`);
  }

  it.each(
    POLICIES.flatMap((policy) => [
      [policy, 0, false],
      [policy, 2, false],
      [policy, 0, true],
    ]) as [(typeof POLICIES)[number], number, boolean][],
  )(
    'x or y of one zone: the whole world does the same (%s, stem %i, random peer %s)',
    (policy, stemHops, randomPeer) => {
      const seed = `paired/${policy}`;
      const [sender, x, y] = cast(seed, 3);
      const routing = { policy, stemHops, randomPeer, trees: 2 };
      for (const luminosity of [0, 2, 3]) {
        const forX = trace(seed, routing, sender, x, luminosity);
        const forY = trace(seed, routing, sender, y, luminosity);
        expect(forX.opened).toEqual([x]);
        expect(forY.opened).toEqual([y]);
        expect(forX.sent.length).toBeGreaterThan(3);
        expect(forX.sent).toEqual(forY.sent);
      }
      // The control: with one bit more the zones differ, and so do the worlds.
      expect(trace(seed, routing, sender, x, 4).sent).not.toEqual(
        trace(seed, routing, sender, y, 4).sent,
      );
    },
  );

  it('sends the same bytes to the same peers as a zone node whose key does not open the packet', () => {
    const self = addressOf('01');
    const contacts = ['011', '0101', '1', '00'].map((bits) => addressOf(bits));
    const insider = loneRouter({ self, contacts, secret: 7, seed: 'same' });
    const bystander = loneRouter({ self, contacts, secret: 8, seed: 'same' });
    const packet = packetFor(insider, self, 1);
    expect(receive(insider, 3, packet)).toBe(OUTCOME_OPENED);
    expect(receive(bystander, 3, packet)).toBe(OUTCOME_FORWARDED);
    expect(insider.host.sent.length).toBeGreaterThan(0);
    expect(insider.host.sent).toEqual(bystander.host.sent);
    expect(insider.host.eventsOf(PACKET_OPENED)).toEqual([
      { event: PACKET_OPENED, values: [expect.any(Number), expect.any(Number), 3, TEXT.length] },
    ]);
    expect(bystander.host.eventsOf(PACKET_OPENED)).toEqual([]);
  });

  it('opens once, however many trees bring the packet', () => {
    const lone = loneRouter({ contacts: [addressOf('1')] });
    const packet = packetFor(lone, new Uint8Array(32), 4);
    for (let tree = 0; tree < 5; tree++) {
      packet[AT_TREE] = tree;
      const outcome = receive(lone, 1, packet);
      expect(outcome).toBe(tree === 0 ? OUTCOME_OPENED : OUTCOME_HANDLED);
    }
    expect(lone.host.eventsOf(PACKET_OPENED)).toHaveLength(1);
  });

  it.each([
    ['the text', HEADER_BYTES + 40],
    ['the view tag', AT_TAG],
    ['the ephemeral key', HEADER_BYTES + 5],
  ])('still opens a later tree when the first copy was spoilt in %s', (_what, at) => {
    const lone = loneRouter({ contacts: [addressOf('1')] });
    const packet = packetFor(lone, new Uint8Array(32), 4);
    const spoilt = packet.slice();
    spoilt[at]! ^= 1;
    expect(receive(lone, 1, spoilt)).toBe(OUTCOME_HANDLED);
    packet[AT_TREE] = 1;
    expect(receive(lone, 1, packet)).toBe(OUTCOME_OPENED);
  });

  it('opens what shows a topic that it listens for, and a later tree when the first copy was spoilt', () => {
    const topic = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const listening = loneRouter({ contacts: [addressOf('1')] });
    listening.router.listensFor = (bytes, at) => topic.every((byte, i) => byte === bytes[at + i]);
    const deaf = loneRouter({ contacts: [addressOf('1')] });
    const stranger = loneRouter({ contacts: [addressOf('1')], secret: 9 });
    stranger.router.listensFor = listening.router.listensFor;
    const packet = packetFor(listening, new Uint8Array(32), 4);
    packet.set(topic, AT_TAG);
    const spoilt = packet.slice();
    spoilt[HEADER_BYTES + 40]! ^= 1;
    expect(receive(listening, 1, spoilt)).toBe(OUTCOME_HANDLED);
    for (let tree = 1; tree < 3; tree++) {
      packet[AT_TREE] = tree;
      expect(receive(listening, 1, packet)).toBe(tree === 1 ? OUTCOME_OPENED : OUTCOME_HANDLED);
      // Neither the right key without the topic nor the topic without the right key.
      expect(receive(deaf, 1, packet)).toBe(OUTCOME_HANDLED);
      expect(receive(stranger, 1, packet)).toBe(OUTCOME_HANDLED);
    }
  });
});
