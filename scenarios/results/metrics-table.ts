/** `metrics.parquet`: the numbers of a summary, one row for each metric and role, for those who prefer tables to JSON. */
import { METRICS } from '../metrics.ts';
import type { MetricSummary, RunSummary } from '../summary.ts';
import type { Field } from './sink.ts';

type Cell = number | string;

/** Columns of the table; a sweep puts its parameters and the seed before them. */
export const METRIC_FIELDS: readonly Field[] = [
  { name: 'metric', type: 'text', unit: '', meaning: 'Name in the glossary' },
  {
    name: 'role',
    type: 'text',
    unit: '',
    meaning: 'Role of the nodes it belongs to; empty for all',
  },
  { name: 'unit', type: 'text', unit: '', meaning: 'Base unit of the numbers' },
  { name: 'count', type: 'int', unit: 'count', meaning: 'Samples' },
  { name: 'mean', type: 'float', unit: 'as column unit', meaning: 'Mean of the samples' },
  { name: 'median', type: 'float', unit: 'as column unit', meaning: 'Median' },
  { name: 'p95', type: 'float', unit: 'as column unit', meaning: '95% quantile' },
  { name: 'p99', type: 'float', unit: 'as column unit', meaning: '99% quantile' },
  { name: 'min', type: 'float', unit: 'as column unit', meaning: 'Smallest sample' },
  { name: 'max', type: 'float', unit: 'as column unit', meaning: 'Largest sample' },
];

/** The rows of one run, in the order of the glossary, all nodes first and then role by role. */
export function metricRows(summary: RunSummary): Cell[][] {
  const groups: [string, { [name: string]: MetricSummary }][] = [
    ['', summary.metrics],
    ...Object.entries(summary.byRole),
  ];
  return groups.flatMap(([role, metrics]) =>
    METRICS.flatMap(({ name }) => {
      const m = metrics[name];
      return m === undefined
        ? []
        : [[name, role, m.unit, m.count, m.mean, m.median, m.p95, m.p99, m.min, m.max]];
    }),
  );
}
