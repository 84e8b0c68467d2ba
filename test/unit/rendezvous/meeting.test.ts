/** Nodes behind translators find, keep and lose each other: the real link and rendezvous in simulated worlds. */
import { describe, expect, it } from 'vitest';
import { PEER_PUNCHED } from '../../../protocols/rendezvous/events.ts';
import { DATAGRAM_BYTES_MAX } from '../../../protocols/host.ts';
import {
  NatWorld,
  type MemberSettings,
  type NatMember,
} from '../../../scenarios/validation/nat-worlds.ts';
import { natCases } from '../../../scenarios/validation/nat-cases.ts';
import { simulatedEndpoint } from '../../../sim/network/nat-host.ts';

const S = 1_000_000;

/** A public hub and two others. */
function trio(
  seed: string,
  a: MemberSettings,
  b: MemberSettings,
  hub: MemberSettings = {},
): { world: NatWorld; hub: NatMember; a: NatMember; b: NatMember } {
  const world = new NatWorld(seed, [hub, a, b], 1);
  const [h, x, y] = world.members;
  return { world, hub: h!, a: x!, b: y! };
}

describe('every pair of translators', () => {
  it('comes together as it can', () => {
    const rows = natCases[0]!.run({ dataFolder: undefined, vectorsFolder: undefined });
    expect(rows).toHaveLength(16);
    expect(rows.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    expect(rows.filter(({ expected }) => expected === 0).map(({ params }) => params)).toEqual([
      { caller: 'port-restricted', called: 'symmetric' },
      { caller: 'symmetric', called: 'port-restricted' },
      { caller: 'symmetric', called: 'symmetric' },
    ]);
  });
});

describe('a meeting', () => {
  it('needs no help where the called one can be called', () => {
    const world = new NatWorld('plain', [{}, {}, { nat: 'symmetric' }], 2);
    const [, b, a] = world.members;
    a!.say(b!, 'x');
    world.run(S);
    expect([a!.wayTo(b!), a!.link.counters().punched]).toEqual(['direct', 0]);
    world.run(5 * S);
    expect(a!.link.usage().efforts).toBe(0);
  });

  it('works when both want it at the same moment', () => {
    for (const [a, b, way] of [
      ['port-restricted', 'port-restricted', 'direct'],
      ['symmetric', 'port-restricted', 'relay'],
      ['symmetric', 'symmetric', 'relay'],
    ] as const) {
      const { world, a: x, b: y } = trio(`both/${a}/${b}`, { nat: a }, { nat: b });
      x.say(y, 'from x');
      y.say(x, 'from y');
      world.run(15 * S);
      expect([x.wayTo(y), y.wayTo(x)]).toEqual([way, way]);
      expect([x.texts, y.texts]).toEqual([['from y'], ['from x']]);
    }
  });

  it('is over quickly where a punch works, and its endpoint is kept for the next call', () => {
    const { world, a, b } = trio('quick', { nat: 'port-restricted' }, { nat: 'port-restricted' });
    a.say(b, 'x');
    world.run(300_000);
    expect(b.texts).toEqual(['x']);
    world.run(30 * S);
    expect(a.link.usage()).toEqual({ efforts: 0, pending: 0, channels: 0, paths: 1, aims: 0 });
    const known = new Uint8Array(18);
    a.peers.writeEndpoint(a.handleOf(b), known, 0);
    expect(known).toEqual(simulatedEndpoint(b.index));
  });

  it('goes on with another introducer where the first does not know the other one, or will not help', () => {
    const unwilling = { policy: { introduce: () => false } };
    const world = new NatWorld(
      'second',
      [unwilling, {}, { nat: 'port-restricted' }, { nat: 'port-restricted' }],
      2,
    );
    const [, , a, b] = world.members;
    a!.say(b!, 'x');
    world.run(10 * S);
    expect(a!.wayTo(b!)).toBe('direct');
  });

  it('takes place only if the other one wants it', () => {
    const refuses = { nat: 'full-cone' as const, policy: { meet: () => false } };
    const { world, hub, a, b } = trio('unwanted', { nat: 'full-cone' }, refuses);
    a.say(b, 'x');
    world.run(20 * S);
    expect([a.wayTo(b), b.texts]).toEqual(['none', []]);
    expect([b.link.counters().declined, b.link.counters().met]).toEqual([1, 0]);
    expect([hub.link.counters().introduced, a.link.counters().unreached]).toEqual([0, 1]);
  });

  it('waits longer after each time that nobody could help', () => {
    const { world, hub, a, b } = trio('absent', { nat: 'full-cone' }, { nat: 'full-cone' });
    world.world.crash(b.index);
    let asked = 0;
    for (let i = 0; i < 600; i++) {
      a.say(b, 'x');
      world.run(S);
      asked = hub.link.counters().refused + hub.link.counters().introduced;
    }
    expect(asked).toBeLessThan(40);
    expect(a.link.counters().unreached).toBeGreaterThan(2);
  });
});

describe('a relayed link', () => {
  const relayed = (
    seed: string,
    settings: MemberSettings = {},
    hub: MemberSettings = {},
  ): ReturnType<typeof trio> => {
    const made = trio(
      seed,
      { nat: 'symmetric', ...settings },
      { nat: 'port-restricted', ...settings },
      hub,
    );
    made.a.say(made.b, 'first');
    made.world.run(15 * S);
    expect([made.a.wayTo(made.b), made.b.wayTo(made.a)]).toEqual(['relay', 'relay']);
    return made;
  };

  it('carries datagrams of every size, whole', () => {
    const { world, a, b } = relayed('sizes');
    const texts = [1, 100, 1_000, 1_150, 1_155, DATAGRAM_BYTES_MAX - 1].map((size) =>
      String.fromCharCode(97 + (size % 26)).repeat(size),
    );
    for (const text of texts) {
      a.say(b, text);
      world.run(S);
    }
    expect(b.texts).toEqual(['first', ...texts]);
  });

  it('does not come about where the neighbour relays for nobody', () => {
    const { world, a, b } = trio(
      'unwilling',
      { nat: 'symmetric' },
      { nat: 'port-restricted' },
      { policy: { relay: () => false } },
    );
    a.say(b, 'x');
    world.run(20 * S);
    expect([a.wayTo(b), b.texts]).toEqual(['none', []]);
  });

  it('becomes direct when that works later', () => {
    const { world, a, b } = relayed('upgrade');
    a.natModel!.kind = 'full-cone';
    a.nat!.forget();
    const punched: number[] = [];
    world.world.recorder = {
      event: (timeUs, node, event) => {
        if (event === PEER_PUNCHED && node === a.index) punched.push(timeUs);
      },
    };
    world.run(150 * S);
    expect([a.wayTo(b), b.wayTo(a)]).toEqual(['direct', 'direct']);
    expect(punched).toHaveLength(1);
    const carried = world.members[0]!.link.counters().relayedBytes;
    a.say(b, 'direct');
    world.run(S);
    expect(b.texts).toEqual(['first', 'direct']);
    expect(world.members[0]!.link.counters().relayedBytes).toBe(carried);
  });

  it('finds another channel when the relay was started anew', () => {
    const { world, hub, a, b } = relayed('restart');
    world.world.crash(hub.index);
    world.run(S);
    world.world.start(hub.index);
    for (let i = 0; i < 60; i++) {
      a.say(hub, 'there?');
      b.say(hub, 'there?');
      a.say(b, `after ${i}`);
      world.run(S);
    }
    expect([a.wayTo(b), b.wayTo(a)]).toEqual(['relay', 'relay']);
    expect(b.texts.at(-1)).toBe('after 59');
  });
});

describe('a binding', () => {
  const kept = (keepaliveUs: number): { reached: boolean; direct: string } => {
    const settings = { nat: 'port-restricted' as const, link: { keepaliveUs, idleUs: 3_000 * S } };
    // Rounds of questions would keep it too.
    const rendezvous = { echoEveryUs: 2_000 * S };
    const { world, hub, a, b } = trio(
      `keep/${keepaliveUs}`,
      { ...settings, rendezvous },
      { ...settings, rendezvous },
      { link: { keepaliveUs: 0, idleUs: 3_000 * S }, rendezvous },
    );
    a.say(b, 'x');
    // When the last ping of a keepalive of 40 s was 34 s ago (they go out at 21 s, 61 s, ... 621 s).
    world.run(652 * S);
    hub.say(b, 'to b');
    world.run(500_000);
    return { reached: b.texts.includes('to b'), direct: a.wayTo(b) };
  };

  it('of 30 s lives for ten idle minutes by the default keepalive of 25 s', () => {
    expect(kept(25 * S)).toEqual({ reached: true, direct: 'direct' });
  });

  it('does not live by one of 40 s', () => {
    expect(kept(40 * S).reached).toBe(false);
  });

  it('is kept by what goes out, however much comes in', () => {
    const settings: MemberSettings = {
      link: { idleUs: 3_000 * S },
      rendezvous: { echoEveryUs: 2_000 * S },
    };
    const world = new NatWorld('one-way', [settings, { nat: 'port-restricted', ...settings }], 1);
    const [hub, node] = world.members;
    // Between two rounds of questions.
    world.run(400 * S);
    for (let i = 0; i < 30; i++) {
      hub!.say(node!, `${i}`);
      world.run(10 * S);
    }
    expect(node!.texts).toHaveLength(30);
  });

  it('of a neighbour worth keeping is kept beyond the link that nobody uses', () => {
    const { world, hub, b } = trio('idle', { nat: 'full-cone' }, { nat: 'port-restricted' });
    world.run(1_000 * S);
    hub.say(b, 'still there?');
    world.run(S);
    expect(b.texts).toEqual(['still there?']);
  });

  it('that the translator has lost is made anew, and the neighbour follows', () => {
    const { world, hub, a, b } = trio('reboot', { nat: 'full-cone' }, { nat: 'symmetric' });
    b.nat!.forget();
    world.run(60 * S);
    hub.say(b, 'where are you?');
    a.say(b, 'and for me?');
    world.run(5 * S);
    expect(b.texts).toEqual(expect.arrayContaining(['where are you?', 'and for me?']));
  });
});

describe('a node', () => {
  const world = (nat: MemberSettings['nat'], hubs = 3): [NatWorld, NatMember] => {
    const member: MemberSettings = nat === undefined ? {} : { nat };
    const made = new NatWorld(
      `self/${nat}/${hubs}`,
      [...Array.from({ length: hubs }, () => ({})), member],
      hubs,
    );
    made.run(60 * S);
    return [made, made.members[hubs]!];
  };

  it.each([
    [undefined, 'none', 'yes'],
    ['full-cone', 'endpoint-independent', 'yes'],
    ['address-restricted', 'endpoint-independent', 'no'],
    ['port-restricted', 'endpoint-independent', 'no'],
    ['symmetric', 'address-dependent', 'no'],
  ] as const)(
    'behind %s knows its mapping (%s) and whether strangers reach it (%s)',
    (nat, mapping, reachable) => {
      // Strangers: members that the node has no link with, three for each neighbour to choose from.
      const hubs = 3;
      const made = new NatWorld(
        `known/${nat}`,
        [...Array.from({ length: 7 }, () => ({})), nat === undefined ? {} : { nat }],
        hubs,
      );
      const node = made.members[7]!;
      made.run(120 * S);
      expect(node.link.whereabouts()).toMatchObject({ mapping, reachable, voices: 3 });
    },
  );

  it('announces the endpoint that its neighbours agree on, in a record with a higher number', () => {
    const [, full] = world('full-cone');
    expect(full.announced).toEqual([simulatedEndpoint(3)]);
    const [, open] = world(undefined);
    expect(open.announced).toEqual([simulatedEndpoint(3)]);
    expect(world('symmetric')[1].announced).toEqual([new Uint8Array(18)]);
    expect(world('full-cone', 1)[1].announced).toEqual([]);
  });

  it('is called directly where it announces, by who has its record only', () => {
    const [made, full] = world('full-cone');
    const caller = made.members[0]!;
    const endpoint = new Uint8Array(18);
    full.peers.writeEndpoint(full.self, endpoint, 0);
    expect(endpoint).toEqual(simulatedEndpoint(3));
    expect(caller.wayTo(full)).toBe('direct');
  });
});
