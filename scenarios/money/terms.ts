/** On which terms people owe each other in a world with money: the settings of SWAP and of credit scores. */
import type { SwapOptions } from '../../protocols/swap/options.ts';
import { DEFAULT_SCORE_OPTIONS, DEFAULT_SWAP_OPTIONS } from '../../protocols/swap/params.ts';
import { PERMILLE } from '../../protocols/swap/price.ts';
import type { ScoreOptions } from '../../protocols/swap/score.ts';
import type { Money } from '../model.ts';

/** What one peer may cost, debt and cheques together, in disconnect thresholds: the paper sets no limit to cheques that are held. */
const EXPOSURE_THRESHOLDS = 100;
/** Thousandths of the threshold by which books may differ. */
const DRIFT_PERMILLE = 100;

/** SWAP's settings in a world with such money. */
export function swapOptions(money: Money): SwapOptions {
  const { thresholdUnits } = money;
  const disconnectThreshold = Math.ceil(thresholdUnits * (1 + money.toleranceRatio));
  return {
    ...DEFAULT_SWAP_OPTIONS,
    paymentThreshold: thresholdUnits,
    disconnectThreshold,
    minimumPayment: 1,
    priceMax: Math.max(1, disconnectThreshold - thresholdUnits),
    exposureMax: EXPOSURE_THRESHOLDS * disconnectThreshold,
    driftMax: Math.floor((thresholdUnits * DRIFT_PERMILLE) / PERMILLE),
    deadlineUs: money.deadlineUs,
    statementEveryUs: 0,
  };
}

/** One band: what a score decides here is whether somebody is served at all. */
export function scoreOptions(money: Money): ScoreOptions {
  return {
    ...DEFAULT_SCORE_OPTIONS,
    newcomer:
      money.newcomerScore === 0.5
        ? { rule: 'middle', weight: 2 }
        : { rule: 'dues', weight: 2, score: money.newcomerScore },
    bands: [{ minScore: 0, pricePermille: PERMILLE, creditPermille: PERMILLE }],
    minScore: money.minScore,
  };
}
