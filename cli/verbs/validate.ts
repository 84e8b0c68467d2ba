/** `mainframe validate [id…]`: the numbers that must come out, one case to a process, printed in the order of the table. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { runPool, type PoolReply } from '../../scenarios/sweep/pool.ts';
import type { ValidationCase, ValidationRow } from '../../scenarios/validation/case.ts';
import { VALIDATION_CASES } from '../../scenarios/validation/index.ts';
import { EXIT, UserError } from '../exit.ts';
import { watchInterrupt } from '../interrupt.ts';
import { wholeNumber } from '../options.ts';
import type { Output } from '../output.ts';
import { caseLines, countRows, rowLine } from '../screen/validation.ts';
import type { ValidationJob } from './validate-worker.ts';

export interface ValidateArguments {
  ids: readonly string[];
  jobs: number | undefined;
}

/** A folder of known answers or measured data, if it is there. */
function folder(variable: string, fallback: string): string | undefined {
  const path = resolve(process.env[variable] ?? fallback);
  return existsSync(path) ? path : undefined;
}

export async function validateVerb(args: ValidateArguments, output: Output): Promise<number> {
  const processes = wholeNumber('jobs', args.jobs ?? availableParallelism(), 1);
  const chosen = choose(args.ids);
  const dataFolder = folder('MAINFRAME_DATA', '../shared/data');
  const vectorsFolder = folder('MAINFRAME_VECTORS', '../shared/vectors');
  const jobs = chosen.map((test): ValidationJob => ({
    index: VALIDATION_CASES.indexOf(test),
    ...(dataFolder === undefined ? {} : { dataFolder }),
    ...(vectorsFolder === undefined ? {} : { vectorsFolder }),
  }));
  const replies: (PoolReply<ValidationRow[]> | undefined)[] = chosen.map(() => undefined);
  const rows: ValidationRow[] = [];
  let printed = 0;
  const interrupt = watchInterrupt(output, 'the validation');
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  await runPool<ValidationJob, ValidationRow[]>({
    worker: new URL(`./validate-worker.${extension}`, import.meta.url),
    jobs,
    processes,
    signal: interrupt.signal,
    onDone(index, reply) {
      replies[index] = reply;
      // Cases end in any order and are printed in that of the table, each as soon as those before it are.
      for (let next = replies[printed]; next !== undefined; next = replies[++printed]) {
        rows.push(...print(chosen[printed]!, next, output));
      }
      if (printed < chosen.length) output.progress(`  ${chosen[printed]!.id} …`);
    },
  }).finally(() => interrupt.dispose());
  output.verdict(countRows(rows));
  output.object({ schema: 'validation/v1', rows });
  if (interrupt.signal.aborted && printed < chosen.length) return EXIT.interrupted;
  return rows.some((row) => row.verdict === 'fail') ? EXIT.property : EXIT.ok;
}

function choose(ids: readonly string[]): ValidationCase[] {
  const known = [...new Set(VALIDATION_CASES.map((test) => test.id))];
  const wanted = ids.map((id) => id.toUpperCase());
  const unknown = wanted.filter((id) => !known.includes(id));
  if (unknown.length > 0) {
    throw new UserError(
      EXIT.usage,
      'MF-0010',
      `No validation case ${unknown.join(', ')}. There are ${known.join(' ')}.`,
    );
  }
  return VALIDATION_CASES.filter((test) => wanted.length === 0 || wanted.includes(test.id));
}

function print(
  test: ValidationCase,
  reply: PoolReply<ValidationRow[]>,
  output: Output,
): ValidationRow[] {
  if (reply.kind === 'threw') {
    throw Object.assign(new Error(`validation case ${test.id} failed to run`), {
      stack: reply.message,
    });
  }
  if (reply.kind === 'died') {
    throw new UserError(
      EXIT.environment,
      'MF-0803',
      `The process of case ${test.id} ended (${reply.how}), most likely for lack of memory.`,
    );
  }
  for (const line of caseLines(test, output)) output.print(line);
  for (const row of reply.result) output.print(rowLine(row, output));
  return reply.result;
}
