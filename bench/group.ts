/**
 * Groups: what a new key costs its maker and everybody else, in time and bytes, as the group grows; what finding a group's tags costs; and how many
 * messages a second one core seals and opens. The groups are full: nobody in them has never committed.
 */
import { createSuite, SUITE_NAMES } from '../protocols/crypto/suites.ts';
import { Groups } from '../protocols/group/groups.ts';
import type { Group, Outgoing } from '../protocols/group/group.ts';
import type { Fresh } from '../protocols/group/leaf.ts';
import { counterFresh, fullGroup } from './group-world.ts';
import { median, nanosecondsInTurn, type BenchCase, type BenchRow } from './harness.ts';

const TEXT_BYTES = 200;

function row(name: string, unit: string, values: readonly number[]): BenchRow {
  return {
    bench: 'group',
    case: name,
    unit,
    median: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
  };
}

function commit(group: Group, fresh: Fresh): Outgoing {
  const made = group.commit({ add: [], remove: [] }, fresh);
  if (typeof made === 'string') throw new Error(`no commit in the bench: ${made}`);
  return made;
}

/** An update by the first member, taken in by the last: their ways to the root meet only there. */
function rekey(members: number, quick: boolean): BenchRow[] {
  const suite = createSuite('native');
  const fresh = counterFresh();
  const world = fullGroup(suite, members, fresh);
  const [alone, maker, taker] = [world.seat(0), world.seat(0), world.seat(members - 1)];
  const { packet } = commit(world.seat(0), fresh);
  const [made, both] = nanosecondsInTurn(
    [
      () => commit(alone, fresh),
      () => {
        if (taker.receive(commit(maker, fresh).packet).kind !== 'commit')
          throw new Error('an update was refused in the bench');
      },
    ],
    quick,
  );
  const groups = new Groups(suite);
  const [watched] = nanosecondsInTurn(
    [
      () => {
        groups.forget(taker);
        groups.watch(taker);
      },
    ],
    quick,
  );
  const epochs = taker.state.epochs.size;
  return [
    row(
      `new key among ${members}, made`,
      'ms',
      made!.map((ns) => ns / 1e6),
    ),
    row(
      `the same, made and taken in by one`,
      'ms',
      both!.map((ns) => ns / 1e6),
    ),
    row(
      `the same, tags of one epoch`,
      'ms',
      watched!.map((ns) => ns / 1e6 / epochs),
    ),
    row(`the same, on the wire`, 'bytes', [packet.length]),
  ];
}

function messages(members: number, quick: boolean): BenchRow[] {
  return SUITE_NAMES.flatMap((name) => {
    const suite = createSuite(name);
    const fresh = counterFresh();
    const world = fullGroup(suite, members, fresh);
    const [alone, from, to] = [world.seat(0), world.seat(0), world.seat(1)];
    const text = new Uint8Array(TEXT_BYTES).fill(65);
    const [sealed, both] = nanosecondsInTurn(
      [
        () => alone.say(text, fresh),
        () => {
          if (to.receive(from.say(text, fresh)!).kind !== 'message')
            throw new Error('a message was not opened in the bench');
        },
      ],
      quick,
    );
    const perSecond = (values: readonly number[]): number[] => values.map((ns) => 1e9 / ns);
    return [
      row(`messages sealed among ${members}, ${name}`, 'messages/s', perSecond(sealed!)),
      row(`the same, sealed and opened by one`, 'messages/s', perSecond(both!)),
    ];
  });
}

export const groupBench: BenchCase = {
  name: 'group',
  run({ quick }): BenchRow[] {
    const sizes = quick ? [4, 16, 64] : [4, 16, 64, 256, 1_024];
    return [
      ...sizes.flatMap((members) => rekey(members, quick)),
      ...messages(quick ? 16 : 128, quick),
    ];
  },
};
