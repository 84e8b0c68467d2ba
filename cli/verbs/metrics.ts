/** `mainframe metrics list|show`: the glossary. */
import { METRICS, metricDefinition } from '../../scenarios/metrics.ts';
import { closestDotted } from '../../scenarios/language/suggest.ts';
import { EXIT, UserError } from '../exit.ts';
import type { Output } from '../output.ts';

export function metricsListVerb(output: Output): number {
  const width = Math.max(...METRICS.map((m) => m.name.length));
  for (const m of METRICS)
    output.print(`${m.name.padEnd(width)}  ${m.unit.padEnd(8)} ${m.meaning}`);
  output.object({ schema: 'metric-list/v1', metrics: METRICS });
  return EXIT.ok;
}

export function metricsShowVerb(name: string, output: Output): number {
  const metric = metricDefinition(name);
  if (metric === undefined) {
    const near = closestDotted(
      name,
      METRICS.map((m) => m.name),
    );
    throw new UserError(
      EXIT.usage,
      'MF-0007',
      `No metric is called "${name}".${near === undefined ? '' : ` Did you mean "${near}"?`}`,
    );
  }
  output.print(
    [
      metric.name,
      `  ${metric.meaning}.`,
      `  unit     ${metric.unit}`,
      `  one per  ${metric.per}`,
      `  better   ${metric.better}`,
      ...(metric.needsObserver ? ['  exists only through an observer named in `watch`'] : []),
    ].join('\n'),
  );
  output.object({ schema: 'metric/v1', ...metric });
  return EXIT.ok;
}
