/** Names of roles where a scenario speaks of them. */
import { alternatives, closest } from './suggest.ts';
import { report, type Path, type Work } from './work.ts';

/** Every role. */
export const ANYONE = 'anyone';

/** Reports a role that does not exist. */
export function checkRole(
  work: Work,
  path: Path,
  name: string,
  roles: readonly string[],
  also: readonly string[],
): void {
  if (roles.includes(name) || also.includes(name)) return;
  const suggestion = closest(name, [...roles, ...also]);
  report(work, path, {
    code: 'MF-0121',
    message: `no role is called "${name}"`,
    ...(suggestion === undefined
      ? { hint: `known: ${alternatives([...roles, ...also])}` }
      : { suggestion }),
  });
}
