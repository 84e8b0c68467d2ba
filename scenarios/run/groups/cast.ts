/** Which people are in which group. Drawn once, by the stream `groups`; nobody is in two. */
import type { StreamFactory } from '../../../sim/random/streams.ts';
import type { GroupsSpec } from '../../model.ts';

/** One group: its people, and the invitation that they pass on outside the network once the first has begun it. */
export interface Cast {
  readonly index: number;
  /** Nodes; the first begins the group. */
  readonly people: readonly number[];
  /** The group's id in hexadecimal. */
  id: string | undefined;
}

/** @returns the cast of each node that is in a group. */
export function castGroups(
  spec: GroupsSpec,
  nodes: number,
  streams: StreamFactory,
): ReadonlyMap<number, Cast> {
  const random = streams.stream('groups');
  const order = Array.from({ length: nodes }, (_, node) => node);
  const of = new Map<number, Cast>();
  let drawn = 0;
  for (let index = 0; index < spec.count; index++) {
    const people: number[] = [];
    for (let i = 0; i < spec.members; i++) {
      const at = drawn + random.below(nodes - drawn);
      [order[drawn], order[at]] = [order[at]!, order[drawn]!];
      people.push(order[drawn++]!);
    }
    const cast: Cast = { index, people, id: undefined };
    for (const node of people) of.set(node, cast);
  }
  return of;
}
