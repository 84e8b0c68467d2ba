/** What theory says beside what was measured: which limit belongs to which chart, how it is called, and what the caption says of it. */
import type { Chart } from '../../scenarios/model.ts';

interface Bound {
  /** Metric whose mean is drawn. */
  metric: string;
  /** Name of its series. */
  name: string;
  /** Sentence for the caption. */
  sentence: string;
}

const ANONYMITY: Bound = {
  metric: 'cost.bound_copies',
  name: 'limit 2^H − 1 + h',
  sentence: 'Dashed: the fewest copies that could give the measured anonymity, 2^H − 1 + h.',
};
const CONGESTION: Bound = {
  metric: 'chain.attack_price',
  name: 'base · (1.125^W − 1) / 0.125 and tips',
  sentence:
    'Dashed: what keeping W blocks full must cost, the first base fee times (1.125^W − 1) / 0.125 full blocks, and tips.',
};

/** The limit of a chart that asks for one: of fees it is the price of an attack, else that of anonymity. */
export function boundOf(chart: Chart): Bound {
  return chart.y[0]?.text.includes('chain.fees') === true ? CONGESTION : ANONYMITY;
}

export function isBound(series: string): boolean {
  return series === ANONYMITY.name || series === CONGESTION.name;
}
