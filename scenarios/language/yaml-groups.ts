/** Groups as keys of `scenario.resolved.yaml`. */
import type { GroupsSpec } from '../model.ts';
import { formatQuantity } from './quantity.ts';
import { formatLaw } from './values.ts';

export function groupKeys({ count, members, mode, luminosityBits, rekeyOn }: GroupsSpec): unknown {
  return {
    count,
    members,
    mode,
    luminosity: formatQuantity(luminosityBits, 'information'),
    rekey_on: rekeyOn,
  };
}

/** Entries of the traffic about groups. */
export function groupTraffic(groups: GroupsSpec | undefined): unknown[] {
  if (groups === undefined) return [];
  const { words, stay, away } = groups;
  return [
    ...words.map(({ every, sizeBytes }) => ({
      from: 'members',
      to: 'group',
      every: formatLaw(every),
      size: formatQuantity(sizeBytes, 'size'),
    })),
    ...(stay === undefined
      ? []
      : [{ leave: formatLaw(stay), ...(away === undefined ? {} : { join: formatLaw(away) }) }]),
  ];
}
