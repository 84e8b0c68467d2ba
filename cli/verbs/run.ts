/** `mainframe run`: one world, one seed. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildReport } from '../../analysis/report.ts';
import type { ResolvedScenario } from '../../scenarios/model.ts';
import { findRun, RunFolder } from '../../scenarios/results/folder.ts';
import { runHash } from '../../scenarios/results/identity.ts';
import { runScenario, type RunProgress } from '../../scenarios/run/run.ts';
import type { ExpectationResult, RunSummary } from '../../scenarios/summary.ts';
import { buildIdentity } from '../../scenarios/version.ts';
import { assertFits } from '../estimate.ts';
import { EXIT } from '../exit.ts';
import { watchInterrupt } from '../interrupt.ts';
import { bar, type Output } from '../output.ts';
import { load, parseSettings, resolveAt } from '../scenario-files.ts';
import { headLine, renderRun } from '../screen/run.ts';
import { networkTime } from '../screen/units.ts';
import { countVerdicts } from '../screen/verdicts.ts';

export interface RunArguments {
  scenario: string;
  seed: number;
  set: string[];
  small: boolean;
  out: string;
  again: boolean;
  force: boolean;
  strict: boolean;
}

/** Exit code that some verdicts ask for. */
export function exitOf(expectations: readonly ExpectationResult[], strict: boolean): number {
  if (expectations.some((e) => e.verdict === 'broken')) return EXIT.expectation;
  if (strict && expectations.some((e) => e.verdict === 'unclear')) return EXIT.unclear;
  return EXIT.ok;
}

export async function runVerb(args: RunArguments, output: Output): Promise<number> {
  const { loaded, file } = await load(args.scenario, {
    set: parseSettings(args.set),
    small: args.small,
  });
  const scenario = resolveAt(loaded, file);
  const again = commandOf('run', args);
  const known = findRun(args.out, runHash(scenario, args.seed));
  output.print(
    headLine(
      {
        ...buildIdentity(),
        scenario: scenario.scenario,
        nodes: scenario.world.nodes,
        suite: scenario.world.suite,
      },
      scenario.world.durationUs,
      `seed ${args.seed}`,
    ),
  );
  const stored = known === undefined ? undefined : readSummary(known);
  if (
    known !== undefined &&
    stored !== undefined &&
    stored.endedEarly === undefined &&
    !args.again
  ) {
    return show(stored, scenario, known, again, true, args.strict, output);
  }
  assertFits(scenario, 1, args.force);
  const folder = new RunFolder(args.out, scenario, args.seed);
  const interrupt = watchInterrupt(output, 'the run');
  let summary: RunSummary;
  try {
    summary = await runScenario(scenario, {
      seed: args.seed,
      sink: folder.tables,
      onProgress: (progress) => {
        showProgress(progress, scenario, output);
        return !interrupt.requested;
      },
    });
  } catch (error) {
    folder.discard();
    throw error;
  } finally {
    interrupt.dispose();
  }
  const path = await folder.finish(summary, again, loaded.toYaml(scenario));
  await buildReport(path);
  if (
    stored !== undefined &&
    args.again &&
    summary.endedEarly === undefined &&
    stored.digest !== summary.digest
  ) {
    output.verdict(`✗ digests differ: ${stored.digest} then, ${summary.digest} now`);
    output.object(summary);
    return EXIT.digest;
  }
  const code = show(summary, scenario, path, again, false, args.strict, output);
  return summary.endedEarly === 'interrupted' ? EXIT.interrupted : code;
}

function show(
  summary: RunSummary,
  scenario: ResolvedScenario,
  folder: string,
  again: string,
  reused: boolean,
  strict: boolean,
  output: Output,
): number {
  const shown = relative(process.cwd(), folder) || folder;
  output.print(
    `\n${renderRun(summary, { warmupUs: scenario.world.warmupUs, folder: shown.startsWith('..') ? folder : shown, again, reused }, output)}`,
  );
  if (output.quiet)
    output.verdict(
      `${summary.scenario}: ${countVerdicts(summary.expectations) || 'nothing was expected'}   ${summary.digest}`,
    );
  output.object(summary);
  return exitOf(summary.expectations, strict);
}

function readSummary(folder: string): RunSummary | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as RunSummary;
  } catch {
    return undefined;
  }
}

function showProgress(progress: RunProgress, scenario: ResolvedScenario, output: Output): void {
  if (progress.phase === 'building') {
    output.progress(`  building  ${scenario.world.nodes.toLocaleString('en')} nodes`);
    return;
  }
  const share = progress.networkTimeUs / scenario.world.durationUs;
  output.progress(
    `  running   ${bar(share)} ${networkTime(progress.networkTimeUs)} / ${networkTime(scenario.world.durationUs)}   ${progress.events.toLocaleString('en')} events`,
  );
}

/** The command line that makes the same thing again. */
export function commandOf(
  verb: string,
  args: { scenario: string; seed?: number; set: string[]; small: boolean },
): string {
  const words = ['mainframe', verb, args.scenario];
  if (args.seed !== undefined) words.push('--seed', String(args.seed));
  if (args.small) words.push('--small');
  for (const setting of args.set)
    words.push('--set', /\s/.test(setting) ? `'${setting}'` : setting);
  return words.join(' ');
}
