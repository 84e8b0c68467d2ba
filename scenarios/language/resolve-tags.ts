/** What packets of conversations show of their session, and where that is nobody's to say. */
import { TAG_KINDS, type TagKind } from '../../protocols/session/topic-tags.ts';
import { isWritten, report, reportKey, type Path, type Work } from './work.ts';

const AT: Path = ['services', 'routing', 'tags'];

export function resolveTags(work: Work): TagKind {
  const { routing } = work.data.services ?? {};
  const tags = routing?.tags ?? TAG_KINDS[0];
  if (tags === 'rotating') return tags;
  if (isWritten(work, ['services', 'groups']))
    report(work, AT, {
      code: 'MF-0112',
      message: '"tags: fixed" and "groups" exclude each other: the tags of groups always rotate',
    });
  // Only warnings: a sweep may switch either on and off.
  const idle = (message: string, hint: string): void => {
    reportKey(work, AT, { code: 'MF-0194', message, hint }, 'warning');
  };
  if (work.data.traffic?.some(({ conversation }) => conversation === true) !== true)
    idle('"tags" does nothing without a conversation', 'add conversation: true to the traffic');
  if (routing?.leaks?.includes('clear-topic') === true)
    idle('"tags" does nothing where a leak puts a tag of its own there', 'remove clear-topic');
  return tags;
}
