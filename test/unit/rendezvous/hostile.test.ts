/** Liars, floods and thieves: what a hostile neighbour can do with the rendezvous is bounded, and stated here. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HANDSHAKE_BYTES } from '../../../protocols/link/wire.ts';
import {
  decodeRendezvous,
  encodeRendezvous,
  MESSAGE_ACCEPT,
  MESSAGE_CHECK,
  MESSAGE_DECLINE,
  MESSAGE_GONE,
  MESSAGE_INTRODUCE,
  MESSAGE_INVITE,
  MESSAGE_MEET,
  MESSAGE_REFUSE,
  MESSAGE_RELAY,
  MESSAGE_SEEN,
  MESSAGE_VISIT,
  MESSAGE_WHERE,
  REFUSED_NOT_YET,
  writeRelayHeader,
  type RendezvousMessage,
} from '../../../protocols/rendezvous/messages.ts';
import { DEFAULT_RENDEZVOUS_OPTIONS } from '../../../protocols/rendezvous/options.ts';
import {
  NatWorld,
  type MemberSettings,
  type NatMember,
} from '../../../scenarios/validation/nat-worlds.ts';
import { simulatedEndpoint } from '../../../sim/network/nat-host.ts';
import { endpoint } from '../live-host/support.ts';

const S = 1_000_000;
const OPTIONS = DEFAULT_RENDEZVOUS_OPTIONS;
type Cheat = NonNullable<MemberSettings['cheat']>;

/** Counts what goes over the network's wires: by pair, datagrams and bytes of UDP (the two ports taken off). */
function tap(world: NatWorld): (from: number, to: number) => { datagrams: number; bytes: number } {
  const counts = new Map<string, { datagrams: number; bytes: number }>();
  world.world.recorder = {
    event: () => undefined,
    sent: (_timeUs, from, to, _bytes, _offset, length) => {
      const key = `${from} ${to}`;
      const count = counts.get(key) ?? { datagrams: 0, bytes: 0 };
      counts.set(key, { datagrams: count.datagrams + 1, bytes: count.bytes + length - 4 });
    },
  };
  return (from, to) => counts.get(`${from} ${to}`) ?? { datagrams: 0, bytes: 0 };
}

/** Answers WHERE as it should, so that it counts as proven, and keeps what else it gets. */
function listener(): { cheat: Cheat; got: RendezvousMessage[] } {
  const got: RendezvousMessage[] = [];
  return {
    got,
    cheat: (_from, content, answer) => {
      const message = decodeRendezvous(content, 0, content.length);
      if (message === undefined) return;
      if (message.type === MESSAGE_WHERE)
        answer(
          encodeRendezvous({
            type: MESSAGE_SEEN,
            number: message.number,
            endpoint: new Uint8Array(18),
          }),
        );
      else got.push(message);
    },
  };
}

/** The channel of the invitation that came last. */
function pendingOf(got: readonly RendezvousMessage[]): number {
  const invite = got.findLast((message) => message.type === MESSAGE_INVITE);
  if (invite === undefined) throw new Error('nobody was invited');
  return invite.number;
}

describe('a neighbour that lies about where it sees us', () => {
  const liar = (text: string): MemberSettings => ({
    cheat: (_from, content, answer) => {
      const message = decodeRendezvous(content, 0, content.length);
      if (message?.type === MESSAGE_WHERE)
        answer(
          encodeRendezvous({
            type: MESSAGE_SEEN,
            number: message.number,
            endpoint: endpoint(text),
          }),
        );
    },
  });
  /** A node behind a full cone, with honest neighbours and liars. */
  const among = (honest: number, liars: number): NatMember => {
    const world = new NatWorld(
      `lies/${honest}/${liars}`,
      [
        ...Array.from({ length: honest }, () => ({})),
        ...Array.from({ length: liars }, () => liar('203.0.113.9:53')),
        { nat: 'full-cone' },
      ],
      honest + liars,
    );
    world.run(60 * S);
    return world.members.at(-1)!;
  };

  it('alone moves nothing, and has nothing announced', () => {
    expect(among(0, 1).announced).toEqual([]);
    expect(among(1, 1).announced).toEqual([]);
  });

  it('does not move the announced endpoint while more networks are honest', () => {
    for (const [honest, liars] of [
      [2, 1],
      [3, 2],
      [4, 3],
    ] as const) {
      const node = among(honest, liars);
      expect(node.announced).toEqual([simulatedEndpoint(node.index)]);
    }
  });

  it('with as many as there are honest ones leaves the node without an agreement, not with a lie', () => {
    const node = among(2, 2);
    expect(node.link.whereabouts().seenAs).toBeUndefined();
    expect(node.announced.map(String)).not.toContain(String(endpoint('203.0.113.9:53')));
  });

  it('is not heard when it was not asked', () => {
    const { cheat } = listener();
    const world = new NatWorld('unasked', [{}, { cheat }], 1);
    const [node, other] = world.members;
    for (let i = 0; i < 20; i++)
      other!.send(
        node!,
        encodeRendezvous({ type: MESSAGE_SEEN, number: i, endpoint: endpoint('203.0.113.9:53') }),
      );
    world.run(S);
    expect(node!.link.seenBy(node!.handleOf(other!))).toBeUndefined();
  });
});

describe('an asker', () => {
  const introduce = (to: NatMember, number = 1): Uint8Array =>
    encodeRendezvous({ type: MESSAGE_INTRODUCE, number, address: to.address });

  it('that has not shown to be where it seems is introduced to nobody', () => {
    const got: RendezvousMessage[] = [];
    const silent: Cheat = (_from, content) => {
      const message = decodeRendezvous(content, 0, content.length);
      if (message !== undefined) got.push(message);
    };
    const world = new NatWorld('unproven', [{}, { cheat: silent }, { nat: 'full-cone' }], 1);
    const [hub, asker, other] = world.members;
    for (let i = 0; i < 5; i++) {
      asker!.send(hub!, introduce(other!, i));
      world.run(2 * S);
    }
    const refusals = got.filter((message) => message.type === MESSAGE_REFUSE);
    expect(refusals.map(({ reason }) => reason)).toEqual(Array(5).fill(REFUSED_NOT_YET));
    expect([other!.link.counters().met, other!.link.counters().declined]).toEqual([0, 0]);
  });

  it('that has moved is introduced only when it has shown to be at the new place', () => {
    const { cheat, got } = listener();
    const spy = listener();
    const world = new NatWorld('moved', [{}, { cheat, nat: 'symmetric' }, { cheat: spy.cheat }], 1);
    const [hub, asker, other] = world.members;
    // Between two rounds of the hub's questions (at 9 s and at 21 s).
    world.run(9 * S);
    const invites = (): Uint8Array[] =>
      spy.got.flatMap((message) => (message.type === MESSAGE_INVITE ? [message.endpoint] : []));
    asker!.send(hub!, introduce(other!, 1));
    world.run(S);
    asker!.nat!.forget();
    // The link follows what comes from the new port.
    for (let i = 0; i < 2; i++) {
      asker!.say(hub!, 'from elsewhere');
      world.run(1_500_000);
    }
    got.length = 0;
    other!.send(hub!, encodeRendezvous({ type: MESSAGE_DECLINE, number: pendingOf(spy.got) }));
    world.run(S);
    asker!.send(hub!, introduce(other!, 2));
    world.run(S);
    expect(got.filter(({ type }) => type === MESSAGE_REFUSE).at(-1)).toMatchObject({
      number: 2,
      reason: REFUSED_NOT_YET,
    });
    expect(invites()).toHaveLength(1);
    asker!.send(hub!, introduce(other!, 3));
    world.run(S);
    const [before, after] = invites();
    expect(after).toBeDefined();
    expect(after).not.toEqual(before);
  });

  it('that floods gets no more than its budget, and costs the one it asks for no more', () => {
    const { cheat, got } = listener();
    const world = new NatWorld('flood', [{}, { cheat }, { nat: 'full-cone' }], 1);
    const [hub, asker, other] = world.members;
    world.run(S);
    const counted = tap(world);
    const seconds = 20;
    for (let i = 0; i < 200 * seconds; i++) {
      asker!.send(hub!, introduce(other!, i));
      world.run(S / 200);
    }
    world.run(S);
    const { asked, questions, invited } = OPTIONS;
    const { introduced, refused } = hub!.link.counters();
    expect(introduced + refused).toBe(200 * seconds);
    expect(introduced).toBeLessThanOrEqual(asked.burst + asked.perSecond * seconds);
    expect(introduced).toBeGreaterThan(0);
    expect(other!.link.counters().met).toBeLessThanOrEqual(
      invited.burst + invited.perSecond * seconds + 1,
    );
    // Refusals that are told are few; the rest is silence.
    const answers = got.filter(
      ({ type }) => type === MESSAGE_REFUSE || type === MESSAGE_MEET,
    ).length;
    expect(answers).toBeLessThanOrEqual(
      asked.burst + questions.burst + (asked.perSecond + questions.perSecond) * seconds + 1,
    );
    expect(hub!.link.usage().pending).toBeLessThanOrEqual(1);
    // The invited one tries each place a few times at most.
    const tries = counted(2, 1);
    expect(tries.datagrams).toBeLessThanOrEqual(
      OPTIONS.unprovenDatagrams * (1 + seconds / 20) + got.length,
    );
  });

  it('cannot wear out one peer through many askers', () => {
    const askers = 12;
    const listeners = Array.from({ length: askers }, () => listener());
    const world = new NatWorld(
      'many',
      [{}, { nat: 'full-cone' }, ...listeners.map(({ cheat }) => ({ cheat }))],
      1,
    );
    const [hub, victim, ...others] = world.members;
    world.run(S);
    for (let round = 0; round < 50; round++)
      for (const other of others) {
        other.send(hub!, introduce(victim!, round));
        world.run(S / 100);
      }
    const { met, declined } = victim!.link.counters();
    // 6 seconds.
    expect(met + declined).toBeLessThanOrEqual(
      OPTIONS.wanted.burst + OPTIONS.wanted.perSecond * 6 + 1,
    );
    expect(met).toBeLessThanOrEqual(OPTIONS.invited.burst + OPTIONS.invited.perSecond * 6 + 1);
    expect(met).toBeGreaterThan(0);
  });

  it('cannot accept what somebody else was asked', () => {
    const { cheat, got } = listener();
    const spy = listener();
    const world = new NatWorld('accept', [{}, { cheat }, { cheat: spy.cheat }], 1);
    const [hub, asker, other] = world.members;
    world.run(S);
    asker!.send(hub!, introduce(other!));
    world.run(100_000);
    const invite = spy.got.find(({ type }) => type === MESSAGE_INVITE);
    expect(invite?.type).toBe(MESSAGE_INVITE);
    const { number } = invite as { number: number };
    // The asker itself says yes in the other's name.
    asker!.send(hub!, encodeRendezvous({ type: MESSAGE_ACCEPT, number }));
    world.run(S);
    const answers = (): number[] =>
      got
        .map(({ type }) => type)
        .filter((type) => type === MESSAGE_MEET || type === MESSAGE_REFUSE);
    expect(answers()).toEqual([]);
    other!.send(hub!, encodeRendezvous({ type: MESSAGE_DECLINE, number }));
    world.run(S);
    expect(answers()).toEqual([MESSAGE_REFUSE]);
    expect(hub!.link.counters().introduced).toBe(0);
  });
});

describe('an introducer that lies', () => {
  /** Has a link with the victim's prey, and sends it what it likes. Member 3 is the victim, who talks to nobody. */
  const lying = (): { world: NatWorld; liar: NatMember; prey: NatMember; victim: NatMember } => {
    const { cheat } = listener();
    const world = new NatWorld('liar', [{ cheat }, { nat: 'full-cone' }, {}, {}], 1);
    const [liar, prey, , victim] = world.members;
    return { world, liar: liar!, prey: prey!, victim: victim! };
  };
  const invite = (
    address: Uint8Array,
    place: Uint8Array,
    number: number,
    relay = false,
  ): Uint8Array =>
    encodeRendezvous({ type: MESSAGE_INVITE, number, relay, address, endpoint: place });
  const invented = (i: number): Uint8Array => new Uint8Array(32).fill(1 + (i % 250), 1);

  it('aims no more at a victim than three times what it spends itself, and no more than the budget', () => {
    const { world, liar, prey, victim } = lying();
    const counted = tap(world);
    const seconds = 30;
    for (let i = 0; i < 50 * seconds; i++) {
      const address = Uint8Array.from({ length: 32 }, (_, at) => (at < 4 ? i >>> (8 * at) : 7));
      liar.send(prey, invite(address, simulatedEndpoint(victim.index, 1_000 + i), i));
      world.run(S / 50);
    }
    world.run(20 * S);
    const [spent, aimed] = [counted(liar.index, prey.index), counted(prey.index, victim.index)];
    const followed = OPTIONS.invited.burst + OPTIONS.invited.perSecond * seconds + 1;
    expect(aimed.datagrams).toBeGreaterThan(0);
    expect(aimed.datagrams).toBeLessThanOrEqual(OPTIONS.unprovenDatagrams * followed);
    expect(aimed.bytes).toBeLessThanOrEqual(OPTIONS.unprovenDatagrams * followed * HANDSHAKE_BYTES);
    expect(aimed.bytes).toBeLessThan(spent.bytes);
    expect(prey.link.usage().efforts).toBeLessThanOrEqual(followed);
  });

  it('gets few datagrams sent to one endpoint however often it names it', () => {
    const { world, liar, prey, victim } = lying();
    const counted = tap(world);
    for (let i = 0; i < 8; i++)
      liar.send(prey, invite(invented(i), simulatedEndpoint(victim.index, 53), i));
    world.run(15 * S);
    expect(prey.link.counters().met).toBe(8);
    expect(counted(prey.index, victim.index).datagrams).toBe(OPTIONS.unprovenDatagrams);
  });

  it('cannot aim at what lies inside, at groups, or at no place at all', () => {
    const { world, liar, prey, victim } = lying();
    const counted = tap(world);
    for (const place of [
      '127.0.0.1:80',
      '192.168.1.1:80',
      `10.0.${victim.index}.1:80`,
      '224.0.0.1:80',
      '11.0.9.1:0',
    ])
      liar.send(prey, invite(invented(1), endpoint(place), 1));
    world.run(5 * S);
    expect([prey.link.counters().met, prey.link.counters().declined]).toEqual([0, 5]);
    const nonce = new Uint8Array(8);
    const inside = endpoint(`10.0.${victim.index}.1:80`);
    liar.send(prey, encodeRendezvous({ type: MESSAGE_VISIT, nonce, endpoint: inside }));
    world.run(S);
    expect(counted(prey.index, victim.index).datagrams).toBe(0);
  });

  it('cannot slow down what we say to a neighbour by naming its endpoint', () => {
    const { cheat } = listener();
    const world = new NatWorld('slow', [{}, { cheat }, {}], 2);
    const [hub, liar, prey] = world.members;
    liar!.send(prey!, invite(invented(3), simulatedEndpoint(hub!.index), 1));
    world.run(S);
    expect(prey!.link.counters().declined).toBe(1);
    for (let i = 0; i < 20; i++) prey!.say(hub!, `${i}`);
    world.run(S);
    expect(hub!.texts.filter((text) => text !== 'hello')).toHaveLength(20);
  });

  it('is not believed when it was not asked', () => {
    const { world, liar, prey, victim } = lying();
    const counted = tap(world);
    for (let number = 0; number < 100; number++)
      liar.send(
        prey,
        encodeRendezvous({
          type: MESSAGE_MEET,
          number,
          channel: number,
          relay: true,
          endpoint: simulatedEndpoint(victim.index),
        }),
      );
    world.run(5 * S);
    expect(counted(prey.index, victim.index).datagrams).toBe(0);
    expect(prey.link.usage()).toMatchObject({ efforts: 0, paths: 0, aims: 0 });
  });

  it('is not believed when it answers another question than the one that was asked', () => {
    const cheat: Cheat = (_from, content, answer) => {
      const message = decodeRendezvous(content, 0, content.length);
      if (message?.type === MESSAGE_WHERE)
        answer(
          encodeRendezvous({
            type: MESSAGE_SEEN,
            number: message.number,
            endpoint: new Uint8Array(18),
          }),
        );
      else if (message?.type === MESSAGE_INTRODUCE)
        for (const number of [message.number ^ 1, message.number + 1])
          answer(
            encodeRendezvous({
              type: MESSAGE_MEET,
              number: number >>> 0,
              channel: 1,
              relay: false,
              endpoint: simulatedEndpoint(3),
            }),
          );
    };
    const world = new NatWorld('other answer', [{ cheat }, {}, {}, {}], 1);
    const [, asker, absent, victim] = world.members;
    const counted = tap(world);
    world.world.crash(absent!.index);
    asker!.say(absent!, 'x');
    world.run(20 * S);
    expect(asker!.link.counters().unreached).toBe(1);
    expect(counted(asker!.index, victim!.index).datagrams).toBe(0);
  });

  it('can have few knocks made, each smaller than what it spends', () => {
    const { world, liar, prey, victim } = lying();
    const counted = tap(world);
    for (let i = 0; i < 500; i++) {
      const nonce = new Uint8Array(8).fill(i);
      liar.send(
        prey,
        encodeRendezvous({ type: MESSAGE_VISIT, nonce, endpoint: simulatedEndpoint(victim.index) }),
      );
      world.run(S / 100);
    }
    const { invited } = OPTIONS;
    const knocks = counted(prey.index, victim.index);
    expect(knocks.datagrams).toBeGreaterThan(0);
    expect(knocks.datagrams).toBeLessThanOrEqual(invited.burst + invited.perSecond * 5 + 1);
    expect(knocks.bytes).toBe(16 * knocks.datagrams);
  });

  it('cannot say that we are reachable with knocks of its own, or with nonces that it invents', () => {
    const { world, liar, prey } = lying();
    for (let i = 0; i < 20; i++)
      liar.send(prey, encodeRendezvous({ type: MESSAGE_CHECK, nonce: new Uint8Array(8).fill(i) }));
    world.run(60 * S);
    expect(prey.link.whereabouts().reachable).not.toBe('yes');
  });
});

describe('a relay', () => {
  const frame = (channel: number, bytes: number): Uint8Array => {
    const content = new Uint8Array(6 + bytes).fill(0x25);
    writeRelayHeader(channel, 0, content);
    return content;
  };

  it('carries no more for a pair than its budget', () => {
    const world = new NatWorld('bytes', [{}, { nat: 'symmetric' }, { nat: 'symmetric' }], 1);
    const [hub, a, b] = world.members;
    a!.say(b!, 'x');
    world.run(15 * S);
    expect(a!.wayTo(b!)).toBe('relay');
    const before = hub!.link.counters().relayedBytes;
    const seconds = 10;
    for (let i = 0; i < 400 * seconds; i++) {
      a!.say(b!, 'y'.repeat(1_000));
      world.run(S / 400);
    }
    const { relayedBytes, unrelayedBytes } = hub!.link.counters();
    const most = OPTIONS.pairBytes.burst + OPTIONS.pairBytes.perSecond * (seconds + 0.1);
    expect(relayedBytes - before).toBeLessThanOrEqual(most);
    expect(relayedBytes - before).toBeGreaterThan(most - 5_000);
    expect(unrelayedBytes).toBeGreaterThan(3_000_000);
  });

  it('carries no more for all pairs together than its budget for all', () => {
    const world = new NatWorld(
      'all bytes',
      [{ rendezvous: { channelsPerPeer: 20 } }, ...Array(20).fill({ nat: 'symmetric' })],
      1,
    );
    const [hub, ...others] = world.members;
    const pairs = others.slice(0, 10).map((a, i) => [a, others[10 + i]!] as const);
    for (const [a, b] of pairs) a.say(b, 'x');
    world.run(20 * S);
    expect(pairs.map(([a, b]) => a.wayTo(b))).toEqual(pairs.map(() => 'relay'));
    const before = hub!.link.counters().relayedBytes;
    const seconds = 20;
    // Each pair asks for twice its own share, and ten shares are more than there is for all.
    const { pairBytes, allBytes } = OPTIONS;
    for (let i = 0; i < 40 * seconds; i++) {
      for (const [a, b] of pairs) a.say(b, 'y'.repeat(800));
      world.run(S / 40);
    }
    const carried = hub!.link.counters().relayedBytes - before;
    const most = allBytes.burst + allBytes.perSecond * (seconds + 0.1);
    expect(10 * (pairBytes.burst + pairBytes.perSecond * seconds)).toBeGreaterThan(1.2 * most);
    expect(carried).toBeLessThanOrEqual(most);
    expect(carried).toBeGreaterThan(0.95 * most);
  });

  it('behind a relay carries nothing: a way leads through one neighbour', () => {
    let lends = false;
    const world = new NatWorld(
      'behind',
      [
        { policy: { relay: () => lends } },
        // Soon knows that it has lost somebody, and looks for a way.
        { link: { keepaliveUs: 2 * S } },
        { nat: 'symmetric' },
        { nat: 'symmetric' },
      ],
      2,
    );
    const [other, hub, a, b] = world.members;
    a!.say(b!, 'one');
    world.run(15 * S);
    expect(a!.wayTo(b!)).toBe('relay');
    // From now on nothing passes between the relay and one of its pair but through the other hub.
    const cut = new Set([`${hub!.index} ${a!.index}`, `${a!.index} ${hub!.index}`]);
    const { send } = world.world;
    world.world.send = (from, to, ...datagram) => {
      if (!cut.has(`${from} ${to}`)) send.call(world.world, from, to, ...datagram);
    };
    lends = true;
    for (let i = 0; i < 30 && a!.wayTo(hub!) !== 'relay'; i++) {
      hub!.say(a!, `${i}`);
      world.run(S);
    }
    expect([a!.wayTo(hub!), hub!.wayTo(a!), a!.wayTo(b!)]).toEqual(['relay', 'relay', 'relay']);
    const { relayedBytes } = hub!.link.counters();
    const before = other!.link.counters().relayedBytes;
    a!.say(b!, 'two');
    b!.say(a!, 'three');
    world.run(500_000);
    expect(b!.texts).toEqual(['one']);
    expect(a!.texts).not.toContain('three');
    expect(hub!.link.counters().relayedBytes).toBe(relayedBytes);
    // Not even half of the way.
    expect(other!.link.counters().relayedBytes - before).toBeLessThan(100);
  });

  it('carries for nobody but the two that it has introduced', () => {
    const [one, two, three] = [listener(), listener(), listener()];
    const world = new NatWorld(
      'thief',
      [{}, { cheat: one.cheat }, { cheat: two.cheat }, { cheat: three.cheat }],
      1,
    );
    const [hub, a, b, thief] = world.members;
    world.run(S);
    a!.send(hub!, encodeRendezvous({ type: MESSAGE_INTRODUCE, number: 1, address: b!.address }));
    world.run(S);
    const channel = pendingOf(two.got);
    b!.send(hub!, encodeRendezvous({ type: MESSAGE_ACCEPT, number: channel }));
    world.run(S);
    const relayedTo = (got: readonly RendezvousMessage[]): number =>
      got.filter(({ type }) => type === MESSAGE_RELAY).length;
    a!.send(hub!, frame(channel, 500));
    b!.send(hub!, frame(channel, 500));
    world.run(S);
    expect([relayedTo(one.got), relayedTo(two.got)]).toEqual([1, 1]);
    // The number alone is worth nothing, even the right one.
    for (let i = 0; i < 50; i++) thief!.send(hub!, frame(channel, 500));
    world.run(S);
    expect([relayedTo(one.got), relayedTo(two.got), relayedTo(three.got)]).toEqual([1, 1, 0]);
    const gone = three.got.filter(({ type }) => type === MESSAGE_GONE).length;
    expect(gone).toBeGreaterThan(0);
    expect(gone).toBeLessThanOrEqual(OPTIONS.questions.burst + 3);
  });

  it('opens few channels for one peer, and few in all', () => {
    const listeners = Array.from({ length: 12 }, () => listener());
    const world = new NatWorld(
      'channels',
      [
        {
          rendezvous: { asked: { perSecond: 10, burst: 100 }, channelsMax: 10, channelsPerPeer: 4 },
        },
        ...listeners.map(({ cheat }) => ({ cheat })),
      ],
      1,
    );
    const [hub, ...peers] = world.members;
    world.run(S);
    const accept = (): void => {
      for (const [i, { got }] of listeners.entries())
        for (const message of got.splice(0))
          if (message.type === MESSAGE_INVITE)
            peers[i]!.send(
              hub!,
              encodeRendezvous({ type: MESSAGE_ACCEPT, number: message.number }),
            );
    };
    const most: number[] = [];
    for (const asker of peers) {
      for (const [number, other] of peers.entries()) {
        if (other === asker) continue;
        asker.send(
          hub!,
          encodeRendezvous({ type: MESSAGE_INTRODUCE, number, address: other.address }),
        );
        world.run(100_000);
        accept();
        world.run(100_000);
      }
      most.push(hub!.link.usage().channels);
    }
    expect(most[0]).toBe(4);
    expect(Math.max(...most)).toBe(10);
    expect(hub!.link.counters().introduced).toBeGreaterThan(50);
  });

  it('that is hostile reads nothing, and gets nothing in that it changes, repeats or invents', () => {
    const secret = 'the words of the text';
    const carried: Uint8Array[] = [];
    let members: readonly NatMember[] = [];
    const CHANNEL = 7;
    /** Introduces everybody to everybody, at places where nobody is, and carries frames: changed, as they are, and again. */
    const cheat: Cheat = (from, content, answer) => {
      const message = decodeRendezvous(content, 0, content.length);
      if (message === undefined) return;
      const place = simulatedEndpoint(9, 9);
      if (message.type === MESSAGE_WHERE) {
        answer(encodeRendezvous({ type: MESSAGE_SEEN, number: message.number, endpoint: place }));
        return;
      }
      const [hub, a, b] = members;
      if (hub === undefined || a === undefined || b === undefined) return;
      const sender = from === hub.handleOf(a) ? a : b;
      const other = sender === a ? b : a;
      const relayed = { number: CHANNEL, relay: true, endpoint: place };
      if (message.type === MESSAGE_INTRODUCE) {
        asked = message.number;
        hub.send(
          other,
          encodeRendezvous({ type: MESSAGE_INVITE, ...relayed, address: sender.address }),
        );
      } else if (message.type === MESSAGE_ACCEPT)
        hub.send(
          other,
          encodeRendezvous({ type: MESSAGE_MEET, ...relayed, number: asked, channel: CHANNEL }),
        );
      else if (message.type === MESSAGE_RELAY) {
        carried.push(content);
        // What answers to its own repetitions it would repeat for ever.
        hub.send(other, content);
        if (carried.length > 12) return;
        for (const at of [6, 7, 12, 40, content.length - 1]) {
          const changed = content.slice();
          changed[at]! ^= 1;
          hub.send(other, changed);
        }
        for (const earlier of carried) hub.send(other, earlier);
      }
    };
    let asked = -1;
    const world = new NatWorld(
      'hostile relay',
      [{ cheat }, { nat: 'symmetric' }, { nat: 'symmetric' }],
      1,
      'native',
    );
    members = world.members;
    const [, a, b] = world.members;
    a!.say(b!, secret);
    world.run(15 * S);
    b!.say(a!, 'an answer');
    world.run(2 * S);
    expect([a!.wayTo(b!), b!.wayTo(a!)]).toEqual(['relay', 'relay']);
    expect([b!.texts, a!.texts]).toEqual([[secret], ['an answer']]);
    expect(carried.length).toBeGreaterThan(4);
    const seen = carried.map((bytes) => Buffer.from(bytes).toString('latin1')).join('');
    expect(seen).not.toContain('the words');
  });
});

describe('any bytes from a neighbour', () => {
  it('throw nothing, and leave state bounded', () => {
    const { cheat } = listener();
    const world = new NatWorld('fuzz', [{}, { cheat }, { nat: 'port-restricted' }], 1);
    const [hub, liar] = world.members;
    world.run(S);
    const content = fc.tuple(
      fc.integer({ min: 0x60, max: 0x6f }),
      fc.constantFrom(1, 5, 6, 7, 9, 23, 27, 37, 380, 700),
      fc.uint8Array({ minLength: 60, maxLength: 60 }),
    );
    fc.assert(
      fc.property(content, ([type, length, head]) => {
        const bytes = new Uint8Array(length);
        bytes.set(head.subarray(0, length));
        bytes[0] = type;
        if (length === 380) bytes.fill(0, 28);
        liar!.send(hub!, bytes);
        world.run(10_000);
      }),
      { numRuns: 1_000 },
    );
    const usage = hub!.link.usage();
    expect(usage.efforts).toBeLessThanOrEqual(OPTIONS.effortsMax);
    expect(usage.paths).toBeLessThanOrEqual(OPTIONS.pathsMax);
    expect(usage.channels).toBeLessThanOrEqual(OPTIONS.channelsMax);
    expect(usage.aims).toBeLessThanOrEqual(256);
    liar!.say(hub!, 'still here');
    world.run(S);
    expect(hub!.texts).toContain('still here');
  });
});
