/** Groups, and the traffic in them: entries to `group` say what members say, entries with `leave` how they come and go. */
import { EXACT_BITS } from '../../protocols/node/group-options.ts';
import { GROUP_TEXT_BYTES_MAX } from '../../protocols/node/group-text.ts';
import type { GroupsSpec } from '../model.ts';
import { formatQuantity, parseQuantity } from './quantity.ts';
import type { ScenarioData } from './schema.ts';
import { REKEYS } from './schema-groups.ts';
import { defaultValue, isWritten, report, reportKey, type Path, type Work } from './work.ts';

/** Words of `from` and `to` for those who are in groups. */
const MEMBERS = 'members';
const GROUP = 'group';
/** Bytes at the start of what is said that number it. */
const TEXT_BYTES_MIN = 4;

type Written = NonNullable<ScenarioData['traffic']>[number];

/** Whether an entry of the traffic is about groups. */
export function isGroupTraffic(work: Work, index: number): boolean {
  const { from, to } = work.data.traffic?.[index] ?? {};
  const has = (key: string): boolean => isWritten(work, ['traffic', index, key]);
  return from === MEMBERS || to === GROUP || has('leave') || has('join');
}

export function resolveGroups(work: Work, nodes: number, flows: boolean): GroupsSpec | undefined {
  const entries = (work.data.traffic ?? []).flatMap((written, i) =>
    isGroupTraffic(work, i) ? [{ written, path: ['traffic', i] as Path }] : [],
  );
  const at: Path = ['services', 'groups'];
  if (!isWritten(work, at)) {
    for (const { path } of entries)
      reportKey(work, path, {
        code: 'MF-0104',
        message: '"services.groups" is missing: nobody is in a group',
        hint: 'add services: { groups: { count: 10, members: 20 } }',
      });
    return undefined;
  }
  const written = work.data.services?.groups;
  if (flows)
    reportKey(work, at, {
      code: 'MF-0112',
      message: '"groups" and "detail: flows" exclude each other: groups send packets',
    });
  if (isWritten(work, ['money']))
    reportKey(work, at, {
      code: 'MF-0112',
      message: '"groups" and "money" exclude each other: packets to many have no price yet',
    });
  const words = entries.flatMap(({ written: entry, path }) =>
    isWritten(work, [...path, 'leave']) || isWritten(work, [...path, 'join'])
      ? []
      : wordsOf(work, path, entry),
  );
  if (words.length === 0 && entries.length === 0)
    reportKey(
      work,
      at,
      {
        code: 'MF-0194',
        message: 'the groups say nothing',
        hint: 'add traffic: [{ from: members, to: group, every: 20 s, size: 500 B }]',
      },
      'warning',
    );
  const { count, members } = written ?? {};
  if (count === undefined || members === undefined) return undefined;
  if (count * members > nodes)
    report(work, [...at, 'members'], {
      code: 'MF-0131',
      message: `${count} groups of ${members} are ${count * members} people, but the world has ${nodes} nodes`,
      hint: 'nobody is in two groups: write fewer or smaller ones',
    });
  const mode = written?.mode ?? 'multicast';
  const luminosityBits =
    written?.luminosity ??
    defaultValue('services.groups.luminosity', (text) => parseQuantity(text, 'information'));
  return {
    count,
    members,
    mode,
    luminosityBits: mode === 'dark' ? luminosityBits : EXACT_BITS,
    rekeyOn: written?.rekey_on ?? [...REKEYS],
    words,
    ...comingAndGoing(work, entries),
  };
}

function wordsOf(work: Work, path: Path, written: Written): GroupsSpec['words'] {
  if (written.from !== MEMBERS || written.to !== GROUP)
    report(work, [...path, written.from === MEMBERS ? 'to' : 'from'], {
      code: 'MF-0121',
      message: 'only members write to their group, and as members to nobody else',
      hint: 'write from: members, to: group',
    });
  for (const key of [
    'messages',
    'luminosity',
    'conversation',
    'ordered',
    'acknowledged',
    'reply',
    'volume',
  ])
    if (isWritten(work, [...path, key]))
      reportKey(work, [...path, key], {
        code: 'MF-0112',
        message: `"${key}" and "to: group" exclude each other`,
        hint:
          key === 'luminosity'
            ? 'write services.groups.luminosity'
            : 'write every: exponential(20 s)',
      });
  if (!isWritten(work, [...path, 'every']))
    reportKey(work, path, {
      code: 'MF-0104',
      message: '"every" is missing: how often each member says something',
      hint: 'add every: exponential(20 s)',
    });
  const sizeBytes =
    written.size ?? defaultValue('traffic[].size', (text) => parseQuantity(text, 'size'));
  const isSized = isWritten(work, [...path, 'size']);
  if (sizeBytes > GROUP_TEXT_BYTES_MAX || sizeBytes < TEXT_BYTES_MIN)
    report(work, [...path, isSized ? 'size' : 'to'], {
      code: 'MF-0133',
      message: `a text of ${formatQuantity(sizeBytes, 'size')}${isSized ? '' : ' (the default)'} does not fit: a group takes ${TEXT_BYTES_MIN} to ${GROUP_TEXT_BYTES_MAX} B`,
      hint: `write size: ${GROUP_TEXT_BYTES_MAX} B or less`,
    });
  return written.every === undefined ? [] : [{ every: written.every, sizeBytes }];
}

function comingAndGoing(
  work: Work,
  entries: readonly { written: Written; path: Path }[],
): Pick<GroupsSpec, 'stay' | 'away'> {
  const going = entries.filter(({ path }) =>
    ['leave', 'join'].some((key) => isWritten(work, [...path, key])),
  );
  const [first, second] = going;
  if (second !== undefined)
    reportKey(work, second.path, {
      code: 'MF-0112',
      message: 'members come and go by one law: "leave" stands in another entry already',
    });
  if (first === undefined) return {};
  const { path, written } = first;
  if (!isWritten(work, [...path, 'leave']))
    reportKey(work, [...path, 'join'], {
      code: 'MF-0104',
      message: '"leave" is missing: "join" says when those who have left come back',
      hint: 'add leave: exponential(10 min)',
    });
  for (const key of ['from', 'to', 'every', 'messages', 'size', 'conversation', 'reply'])
    if (isWritten(work, [...path, key]))
      reportKey(work, [...path, key], {
        code: 'MF-0112',
        message: `"${key}" and "leave" exclude each other: write two entries`,
      });
  return {
    ...(written.leave === undefined ? {} : { stay: written.leave }),
    ...(written.join === undefined ? {} : { away: written.join }),
  };
}
