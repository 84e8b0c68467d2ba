/** Files of measurements that a scenario names: found beside the file that names them, and read once to say what is wrong in them. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseSessionTrace } from '../../sim/churn/sessions.ts';
import { parseLatencyFile, type LatencyFile } from '../../sim/network/latency-file.ts';
import { nodeOf, report, type Path, type Work } from './work.ts';

/** Mistakes of a session file beyond these are only counted. */
const SESSION_PROBLEMS_SHOWN = 5;

/** Absolute path of a file of delays, its problems reported. */
export function delaysFile(work: Work, path: Path, written: string): string {
  const file = existing(work, path, written);
  if (file.found) {
    const parsed = latencyFile(work, file.path);
    for (const problem of parsed.ok ? parsed.warnings : parsed.problems)
      report(
        work,
        path,
        {
          code: problem.severity === 'error' ? 'MF-0142' : 'MF-0192',
          message: `${written}, line ${problem.line}: ${problem.message}`,
        },
        problem.severity,
      );
  }
  return file.path;
}

function latencyFile(work: Work, file: string): LatencyFile {
  const known = work.surroundings.latencyFiles.get(file);
  if (known !== undefined) return known;
  const parsed = parseLatencyFile(readFileSync(file, 'utf8'));
  work.surroundings.latencyFiles.set(file, parsed);
  return parsed;
}

/** Absolute path of a file of recorded sessions, its problems reported. */
export function sessionsFile(work: Work, path: Path, written: string): string {
  const file = existing(work, path, written);
  if (!file.found) return file.path;
  const { sessions, problems } = parseSessionTrace(readFileSync(file.path, 'utf8'));
  const wrong = (message: string): void => {
    report(work, path, { code: 'MF-0144', message });
  };
  for (const problem of problems.slice(0, SESSION_PROBLEMS_SHOWN))
    wrong(`${written}, line ${problem.line}: ${problem.message}`);
  const more = problems.length - SESSION_PROBLEMS_SHOWN;
  if (more > 0) wrong(`${written}: ${more} more lines are wrong`);
  if (problems.length === 0 && sessions.length === 0) wrong(`${written} has no session`);
  return file.path;
}

/** A file named in a value, relative to the file that the value stands in. */
function existing(work: Work, path: Path, name: string): { path: string; found: boolean } {
  const source = nodeOf(work, path)?.span.source;
  const folder =
    source === undefined || source.virtual === true
      ? work.surroundings.folder
      : resolve(dirname(source.file));
  const file = resolve(folder, name);
  const found = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  if (!found) report(work, path, { code: 'MF-0140', message: `there is no file "${name}"` });
  return { path: file, found };
}
