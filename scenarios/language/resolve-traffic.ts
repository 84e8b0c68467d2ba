/** The section about what people do: messages and conversations. */
import { TEXT_BYTES_MAX } from '../../protocols/routing/params.ts';
import type { Traffic } from '../model.ts';
import { isGroupTraffic } from './resolve-groups.ts';
import { formatQuantity, parseQuantity } from './quantity.ts';
import { ANYONE, checkRole } from './role-names.ts';
import type { ScenarioData } from './schema.ts';
import { shortestTypicalUs } from './values.ts';
import {
  defaultValue,
  isWritten,
  nodeOf,
  report,
  reportKey,
  type Path,
  type Work,
} from './work.ts';

export function resolveTraffic(
  work: Work,
  roles: readonly string[],
  measuredUs: number,
  flows: boolean,
): Traffic[] {
  return (work.data.traffic ?? []).flatMap((written, i): Traffic[] => {
    if (isGroupTraffic(work, i)) return [];
    const path: Path = ['traffic', i];
    const from = written.from ?? ANYONE;
    const to = written.to ?? ANYONE;
    checkRole(work, [...path, 'from'], from, roles, [ANYONE]);
    checkRole(work, [...path, 'to'], to, roles, [ANYONE]);
    const hasEvery = isWritten(work, [...path, 'every']);
    const hasMessages = isWritten(work, [...path, 'messages']);
    if (hasEvery && hasMessages)
      reportKey(work, [...path, 'messages'], {
        code: 'MF-0112',
        message: '"every" and "messages" exclude each other',
      });
    if (flows) return [volumeTraffic(work, path, { from, to }, written)];
    if (!hasEvery && !hasMessages && nodeOf(work, path)?.kind === 'map')
      reportKey(work, path, {
        code: 'MF-0104',
        message: `"every" is missing in traffic[${i}]`,
        hint: 'add every: exponential(30 s), or messages: 24',
      });
    if (written.every !== undefined && shortestTypicalUs(written.every) >= measuredUs)
      report(
        work,
        [...path, 'every'],
        {
          code: 'MF-0191',
          message: `senders wait at least ${formatQuantity(shortestTypicalUs(written.every), 'time')}, so none may send in the measured ${formatQuantity(measuredUs, 'time')}`,
        },
        'warning',
      );
    return [
      {
        from,
        to,
        ...(written.every === undefined ? {} : { every: written.every }),
        ...(written.messages === undefined ? {} : { messages: written.messages }),
        sizeBytes: written.size ?? defaultValue('traffic[].size', (t) => parseQuantity(t, 'size')),
        luminosityBits:
          written.luminosity ??
          defaultValue('traffic[].luminosity', (t) => parseQuantity(t, 'information')),
        ...resolveConversation(work, path, written),
      },
    ];
  });
}

type WrittenTraffic = NonNullable<ScenarioData['traffic']>[number];

/** Traffic of a world of flows: volumes, and nothing that only packets have. */
function volumeTraffic(
  work: Work,
  path: Path,
  ends: Pick<Traffic, 'from' | 'to'>,
  written: WrittenTraffic,
): Traffic {
  for (const key of [
    'every',
    'messages',
    'size',
    'luminosity',
    'conversation',
    'ordered',
    'acknowledged',
    'reply',
  ])
    if (isWritten(work, [...path, key]))
      reportKey(work, [...path, key], {
        code: 'MF-0112',
        message: `"${key}" is for packets: a world of flows moves a volume`,
        hint: 'write volume: 40 MiB per day',
      });
  if (!isWritten(work, [...path, 'volume']) && nodeOf(work, path)?.kind === 'map')
    reportKey(work, path, {
      code: 'MF-0104',
      message: '"volume" is missing: a world of flows moves volumes',
      hint: 'add volume: 40 MiB per day',
    });
  return {
    ...ends,
    sizeBytes: 0,
    luminosityBits: 0,
    ...(written.volume === undefined ? {} : { volumeBytesPerDay: written.volume }),
  };
}

/** Bytes at the start of a simulated text that say what it is. */
const TEXT_BYTES_MIN = 2;

function resolveConversation(
  work: Work,
  path: Path,
  written: WrittenTraffic,
): Pick<Traffic, 'conversation' | 'stream' | 'reply'> {
  const isUnreadable =
    written.conversation === undefined && isWritten(work, [...path, 'conversation']);
  const sizeBytes = written.size ?? defaultValue('traffic[].size', (t) => parseQuantity(t, 'size'));
  const isSized = isWritten(work, [...path, 'size']);
  const size = formatQuantity(sizeBytes, 'size');
  if (written.conversation !== true) {
    if (sizeBytes > TEXT_BYTES_MAX && !isUnreadable)
      report(work, [...path, 'size'], {
        code: 'MF-0133',
        message: `a message of ${size} is too large: one datagram carries up to 1 KiB`,
        hint: 'write 1 KiB or less, or add conversation: true',
      });
    // Only a warning: a sweep may switch conversations on and off.
    for (const key of ['ordered', 'acknowledged', 'reply'])
      if (isWritten(work, [...path, key]) && !isUnreadable)
        reportKey(
          work,
          [...path, key],
          {
            code: 'MF-0194',
            message: `"${key}" does nothing without a conversation`,
            hint: 'add conversation: true',
          },
          'warning',
        );
    return {};
  }
  if (sizeBytes < TEXT_BYTES_MIN)
    report(work, [...path, isSized ? 'size' : 'conversation'], {
      code: 'MF-0110',
      message: `a text of ${size} is too small: the first ${TEXT_BYTES_MIN} bytes say what it answers`,
      hint: `write ${TEXT_BYTES_MIN} B or more`,
    });
  const { reply } = written;
  const ordered = written.ordered ?? false;
  const acknowledged = written.acknowledged ?? true;
  return {
    conversation: true,
    ...(ordered || !acknowledged ? { stream: { ordered, acknowledged, id: 0 } } : {}),
    ...(reply === undefined || reply === 'never' ? {} : { reply }),
  };
}
