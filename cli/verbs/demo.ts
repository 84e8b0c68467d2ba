/**
 * `mainframe demo`: the first minute. The main question on a small world, answered in seconds: how well is a receiver hidden, and what
 * does hiding cost? It is the gallery's scenario with fewer nodes and points, run by the same code, every number measured.
 */
import { availableParallelism } from 'node:os';
import { buildReport } from '../../analysis/report.ts';
import { barChart } from '../../analysis/terminal.ts';
import { runSweep, type SweepPlan } from '../../scenarios/sweep/sweep.ts';
import { EXIT, UserError } from '../exit.ts';
import { watchInterrupt } from '../interrupt.ts';
import { bar, shownPath, type Output } from '../output.ts';
import { sweepProgressLine } from '../progress.ts';
import { load, resolveAt } from '../scenario-files.ts';
import { sweepVerdictLine } from '../screen/sweep.ts';
import { human, wallTime } from '../screen/units.ts';

const NODES = 1_000;
const LUMINOSITIES = [0, 4, 8, 12];
const SETTINGS = [
  `world.nodes=${NODES}`,
  'world.duration=50 s',
  'world.warmup=1 s',
  'traffic[0].messages=24',
  'policy=tree(3)',
];

export async function demoVerb(out: string, output: Output): Promise<number> {
  const { loaded, file } = await load('luminosity-vs-anonymity', { set: SETTINGS, small: false });
  const plan: SweepPlan = {
    out,
    seeds: [1],
    command: 'mainframe demo',
    points: LUMINOSITIES.map((bits) => {
      const params = { luminosity: `${bits} bits` };
      return { params, scenario: resolveAt(loaded, file, params) };
    }),
  };
  const traffic = plan.points[0]!.scenario.traffic[0]!;
  output.print(
    `${NODES.toLocaleString('en')} nodes on a simulated Internet, a tenth of them spies. ${traffic.messages} messages in the dark at each of ${LUMINOSITIES.length} settings. Seed 1, ${plan.points[0]!.scenario.world.suite} crypto.`,
  );
  const interrupt = watchInterrupt(output, 'the demo');
  const { summary, folder, failures } = await runSweep(plan, {
    jobs: Math.min(LUMINOSITIES.length, availableParallelism()),
    signal: interrupt.signal,
    onProgress: (progress) => output.progress(sweepProgressLine(progress)),
  }).finally(() => interrupt.dispose());
  const failed = failures[0];
  if (failed !== undefined) {
    const { reply } = failed;
    throw new Error(reply.kind === 'died' ? `a run's process ended (${reply.how})` : reply.message);
  }
  if (folder === undefined) {
    throw new UserError(EXIT.interrupted, 'MF-0130', 'Stopped before anything was finished.');
  }
  const report = await buildReport(folder);
  output.print(`\n  ${bar(1)} done in ${wallTime(summary.wallSeconds)}\n`);
  const rows = (metric: string, statistic: 'mean' | 'median', unit: string) =>
    summary.points.map((point) => {
      const value = point.metrics[metric]?.[statistic] ?? 0;
      return {
        label: `${parseInt(point.params['luminosity']!, 10)} bits shown`,
        value,
        text: human(value, unit),
      };
    });
  const options = { width: Math.min(output.width, 76), colour: output.colour };
  output.print('How many nodes could be the receiver?');
  output.print(barChart(rows('anonymity.crowd', 'median', 'count'), options));
  output.print('\nWhat does one message of 1 KiB cost, in bytes sent by all relays together?');
  output.print(barChart(rows('cost.bytes', 'mean', 'bytes'), options));
  const rate = average(summary.points.map((p) => p.metrics['delivery.rate']?.mean ?? 0));
  const latency = average(summary.points.map((p) => p.metrics['delivery.latency']?.median ?? 0));
  output.print(
    `\n  ✓ ${human(rate, 'ratio')} of messages arrived, half of them within ${human(latency, 'us')}\n`,
  );
  output.print(`Report   ${shownPath(report)}`);
  output.print(
    'Next     npx mainframe scenarios list                      questions that are ready to run',
  );
  output.print('         npx mainframe run luminosity-vs-anonymity         one world, one seed');
  output.print(
    '         npx mainframe sweep luminosity-vs-anonymity       the whole answer, with intervals',
  );
  if (output.quiet) output.verdict(sweepVerdictLine(summary));
  output.object(summary);
  return summary.endedEarly === undefined ? EXIT.ok : EXIT.interrupted;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
