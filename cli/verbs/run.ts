/** `mainframe run`: one world, one seed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildReport } from '../../analysis/report.ts';
import type { ResolvedScenario } from '../../scenarios/model.ts';
import { findRun, RunFolder, StorageError } from '../../scenarios/results/folder.ts';
import { runHash } from '../../scenarios/results/identity.ts';
import { kindOfWorld } from '../../scenarios/run/kind-of-world.ts';
import { runScenario } from '../../scenarios/run/run.ts';
import type { RunSummary } from '../../scenarios/summary.ts';
import { buildIdentity } from '../../scenarios/version.ts';
import { commandOf } from '../again.ts';
import { assertFits, usableMemoryBytes } from '../estimate.ts';
import { environmentError, EXIT } from '../exit.ts';
import { watchInterrupt } from '../interrupt.ts';
import { wholeNumber } from '../options.ts';
import { shownPath, type Output } from '../output.ts';
import { RunProgressLine } from '../progress.ts';
import { load, resolveAt, tellWarnings } from '../scenario-files.ts';
import { headLine, renderRun, verdictLine } from '../screen/run.ts';
import { exitOfRun } from '../verdict.ts';
import { assertLive, liveFailure, openLive, processesOf, type LiveGround } from '../live-run.ts';

export interface RunArguments {
  scenario: string;
  seed: number;
  set: readonly string[];
  small: boolean;
  out: string;
  again: boolean;
  force: boolean;
  strict: boolean;
  record: 'summary' | 'messages' | 'datagrams' | 'all' | undefined;
  transport: 'simulated' | 'udp';
  processes: number | undefined;
}

export async function runVerb(args: RunArguments, output: Output): Promise<number> {
  const seed = wholeNumber('seed', args.seed, 0);
  const { loaded, file } = await load(args.scenario, args);
  const written = resolveAt(loaded, file);
  tellWarnings(loaded, output);
  const recorded: ResolvedScenario =
    args.record === undefined
      ? written
      : { ...written, record: { ...written.record, what: [args.record] } };
  const live = args.transport === 'udp';
  // Another name, so that the two kinds of result stand beside each other.
  const scenario = live ? { ...recorded, scenario: `${recorded.scenario}-udp` } : recorded;
  if (live) assertLive(scenario);
  processesOf(args.processes, args.transport, scenario.world.nodes);
  const again = commandOf('run', { ...args, seed });
  const show: Show = (summary, folder, { reused = false, report = true }) => {
    const code = exitOfRun(summary, args.strict);
    const screen = {
      warmupUs: scenario.world.warmupUs,
      folder: shownPath(folder),
      again,
      reused,
      report,
      exit: code,
    };
    output.print(`\n${renderRun(summary, screen, output)}`);
    if (output.quiet) output.verdict(verdictLine(summary));
    output.object(summary);
    return code;
  };

  const identity = { ...buildIdentity(), ...scenario.world, scenario: scenario.scenario };
  output.print(headLine(identity, scenario.world.durationUs, `seed ${seed}`));
  const kind = kindOfWorld(scenario);
  if (kind !== undefined) output.print(kind);
  const known = findRun(args.out, runHash(scenario, seed));
  const stored = known === undefined ? undefined : readSummary(known);
  // What happened in real time happens anew each time.
  const whole = stored !== undefined && stored.endedEarly === undefined && !live;
  if (known !== undefined && whole && !args.again) return show(stored, known, { reused: true });

  assertFits([scenario], 1, args.force);
  const performed = await perform(scenario, seed, args, output);
  const { result } = performed;
  if (whole && known !== undefined && result.endedEarly !== undefined) {
    // Half a repetition proves nothing about the digest and must not take the place of a whole run.
    performed.folder.discard();
    return show(result, known, {});
  }
  const differs = whole && result.digest !== stored.digest;
  const papers = {
    command: again,
    resolvedYaml: loaded.toYaml(scenario),
    differs,
  };
  const folder = await keep(performed, papers, show, output);
  if (folder === undefined) return EXIT.environment;
  await buildReport(folder);
  if (!differs) return show(result, folder, {});
  show(result, folder, {});
  output.complain(
    `✗ Same scenario, seed and program, and another digest: ${stored.digest} then, ${result.digest} now. Both runs are kept.`,
  );
  return EXIT.digest;
}

/** Prints a summary. @returns the exit code it asks for. */
type Show = (
  summary: RunSummary,
  folder: string,
  how: { reused?: boolean; report?: boolean },
) => number;

interface Performed {
  result: RunSummary;
  folder: RunFolder;
}

/** Runs, with an eye on Ctrl-C, on the memory of this machine and on the disk. */
async function perform(
  scenario: ResolvedScenario,
  seed: number,
  args: RunArguments,
  output: Output,
): Promise<Performed> {
  const folder = new RunFolder(args.out, scenario, seed);
  const interrupt = watchInterrupt(output, 'the run');
  const progress = new RunProgressLine(scenario, output);
  const usable = usableMemoryBytes();
  let limit: string | undefined;
  let real: LiveGround | undefined;
  try {
    if (args.transport === 'udp') real = await openLive(scenario, seed, args.processes);
    const result = await runScenario(scenario, {
      seed,
      ...(real === undefined ? {} : { makeWorld: real.makeWorld }),
      sink: folder.sink,
      keyLog: folder.keyLog,
      onProgress: (state) => {
        progress.show(state);
        if (folder.refused) limit = 'disk: the file system refused to take more results';
        else if (process.memoryUsage.rss() > usable)
          limit = 'memory limit: this machine has no more';
        return limit === undefined && !interrupt.signal.aborted;
      },
    });
    if (limit !== undefined) result.endedEarly = limit;
    return { result, folder };
  } catch (error) {
    folder.discard();
    throw liveFailure(error);
  } finally {
    interrupt.dispose();
    await real?.close();
  }
}

/** Writes the folder. @returns its path; undefined when the disk refused, which then has been said. */
async function keep(
  { result, folder }: Performed,
  papers: Parameters<RunFolder['finish']>[1],
  show: Show,
  output: Output,
): Promise<string | undefined> {
  try {
    return await folder.finish(result, papers);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    result.endedEarly ??= 'disk: the file system refused to take the results';
    show(result, error.kept, { report: false });
    const why = environmentError(error.cause)?.message ?? error.message;
    output.complain(`${why} What could be written is in ${shownPath(error.kept)}/.`);
    return undefined;
  }
}

function readSummary(folder: string): RunSummary | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as RunSummary;
  } catch {
    return undefined;
  }
}
