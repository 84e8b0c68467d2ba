/**
 * What is wrong with a network model, in sentences. The scenario language checks what a user wrote, with its place in the file;
 * this checks the finished data, wherever they came from: a file, a program, a preset.
 */
import type { DurationLaw } from '../random/law.ts';
import type { LatencyModel, LossModel, NetworkModel, Region } from './model.ts';
import { IP_UDP_OVERHEAD_BYTES } from './transit.ts';

const SHARE_SUM_ERROR = 1e-9;
const ASYMMETRY_RATIO = 0.1;

/** A network as written or as built: both have the same shape but for a matrix that is not read yet. */
export type CheckedNetwork = Omit<NetworkModel, 'latency'> & {
  latency: LatencyModel | { kind: 'matrix'; file: string };
};

/** All problems of `model`, one sentence each; empty if there are none. Sentences that begin with "warning:" do not stop a run. */
export function validateNetwork(model: CheckedNetwork): string[] {
  const problems: string[] = [];
  checkLatency(problems, model.latency);
  if (model.jitter !== undefined) checkLaw(problems, 'jitter', model.jitter);
  if (model.loss !== undefined) checkLoss(problems, model.loss);
  checkRatio(problems, 'duplicateRatio', model.duplicateRatio);
  checkRatio(problems, 'reorderRatio', model.reorderRatio);
  if (model.reorderDelay !== undefined) checkLaw(problems, 'reorderDelay', model.reorderDelay);
  else if (model.reorderRatio > 0)
    problems.push(`reorderRatio is ${model.reorderRatio}, but there is no reorderDelay.`);
  checkRate(problems, 'uploadBitsPerSecond', model.uploadBitsPerSecond ?? Infinity);
  checkRate(problems, 'downloadBitsPerSecond', model.downloadBitsPerSecond ?? Infinity);
  checkPositive(problems, 'queue.limitBytes', model.queue.limitBytes);
  if (model.queue.kind === 'codel') {
    checkPositive(problems, 'queue.targetUs', model.queue.targetUs);
    checkPositive(problems, 'queue.intervalUs', model.queue.intervalUs);
  }
  if (!(model.mtuBytes > IP_UDP_OVERHEAD_BYTES))
    problems.push(
      `mtuBytes is ${model.mtuBytes}; the IP and UDP headers alone take ${IP_UDP_OVERHEAD_BYTES}.`,
    );
  return problems;
}

function checkLatency(problems: string[], latency: CheckedNetwork['latency']): void {
  switch (latency.kind) {
    case 'constant':
      checkPositive(problems, 'latency', latency.delayUs, ' us');
      return;
    case 'law':
      checkLaw(problems, 'latency', latency.law);
      return;
    case 'regions':
      checkRegions(problems, latency.regions);
      checkMatrix(problems, latency.regions, latency.delayUs);
      return;
    case 'matrix':
      if ('oneWayUs' in latency) checkMeasured(problems, latency.rows, latency.oneWayUs);
  }
}

function checkRegions(problems: string[], regions: readonly Region[]): void {
  if (regions.length === 0) {
    problems.push('The region table is empty.');
    return;
  }
  let sum = 0;
  const names = new Set<string>();
  for (const region of regions) {
    if (names.has(region.name)) problems.push(`Two regions are called ${region.name}.`);
    names.add(region.name);
    checkRatio(problems, `Share of ${region.name}`, region.shareRatio);
    checkRate(problems, `Upload rate of ${region.name}`, region.uploadBitsPerSecond);
    checkRate(problems, `Download rate of ${region.name}`, region.downloadBitsPerSecond);
    sum += region.shareRatio;
  }
  if (!(Math.abs(sum - 1) <= SHARE_SUM_ERROR))
    problems.push(`The shares of the regions sum to ${sum}, not to 1.`);
}

function checkMatrix(
  problems: string[],
  regions: readonly Region[],
  delayUs: readonly (readonly number[])[],
): void {
  const size = regions.length;
  if (delayUs.length !== size)
    problems.push(`The delay matrix has ${delayUs.length} rows for ${size} regions.`);
  let asymmetric = 0;
  delayUs.forEach((row, from) => {
    const name = regions[from]?.name ?? `row ${from + 1}`;
    if (row.length !== size)
      problems.push(`The delays from ${name} are ${row.length} for ${size} regions.`);
    row.forEach((delay, to) => {
      const path = `Delay from ${name} to ${regions[to]?.name ?? `column ${to + 1}`}`;
      checkPositive(problems, path, delay, ' us');
      const back = delayUs[to]?.[from];
      if (to > from && back !== undefined) {
        if (Math.abs(delay - back) > ASYMMETRY_RATIO * Math.max(delay, back)) asymmetric++;
      }
    });
  });
  if (asymmetric > 0)
    problems.push(
      `warning: ${asymmetric} pairs of regions have delays that differ by more than 10% between directions.`,
    );
}

function checkMeasured(problems: string[], rows: number, oneWayUs: Float64Array): void {
  if (oneWayUs.length !== rows * rows) {
    problems.push(`The measured matrix has ${oneWayUs.length} delays for ${rows} rows.`);
    return;
  }
  let wrong = 0;
  for (let i = 0; i < oneWayUs.length; i++) {
    const onDiagonal = i % (rows + 1) === 0;
    if (!onDiagonal && !(oneWayUs[i]! > 0 && oneWayUs[i]! < Infinity)) wrong++;
  }
  if (wrong > 0) problems.push(`${wrong} delays of the measured matrix are not positive numbers.`);
}

function checkLoss(problems: string[], loss: LossModel): void {
  if (loss.kind === 'independent') {
    checkRatio(problems, 'loss.ratio', loss.ratio);
    return;
  }
  checkRatio(problems, 'loss.goodToBadRatio', loss.goodToBadRatio);
  checkRatio(problems, 'loss.badToGoodRatio', loss.badToGoodRatio);
  checkRatio(problems, 'loss.lossInGoodRatio', loss.lossInGoodRatio);
  checkRatio(problems, 'loss.lossInBadRatio', loss.lossInBadRatio);
  if (loss.goodToBadRatio > 0 && loss.badToGoodRatio === 0)
    problems.push('warning: loss.badToGoodRatio is 0, so a sender never leaves the bad state.');
}

function checkLaw(problems: string[], what: string, law: DurationLaw): void {
  switch (law.law) {
    case 'constant':
      checkNotNegative(problems, what, law.valueUs);
      return;
    case 'exponential':
      checkPositive(problems, `Mean of ${what}`, law.meanUs, ' us');
      return;
    case 'uniform':
      checkNotNegative(problems, `Lower bound of ${what}`, law.lowUs);
      if (!(law.highUs >= law.lowUs))
        problems.push(`The bounds of ${what} are ${law.lowUs} and ${law.highUs}, in that order.`);
      return;
    case 'lognormal':
      checkPositive(problems, `Median of ${what}`, law.medianUs, ' us');
      if (!(law.p99Us >= law.medianUs))
        problems.push(`The p99 of ${what}, ${law.p99Us} us, is below its median.`);
      return;
    case 'normal':
      checkNotNegative(problems, `Mean of ${what}`, law.meanUs);
      checkNotNegative(problems, `Standard deviation of ${what}`, law.sdUs);
      return;
    case 'weibull':
      checkPositive(problems, `Scale of ${what}`, law.scaleUs, ' us');
      checkPositive(problems, `Shape of ${what}`, law.shape);
  }
}

function checkRatio(problems: string[], what: string, ratio: number): void {
  if (!(ratio >= 0 && ratio <= 1)) problems.push(`${what} is ${ratio}, not a ratio from 0 to 1.`);
}

/** Infinity is a rate: a link without limit. */
function checkRate(problems: string[], what: string, bitsPerSecond: number): void {
  if (!(bitsPerSecond > 0))
    problems.push(`${what} is ${bitsPerSecond} bit/s; a link that sends nothing has no use.`);
}

function checkPositive(problems: string[], what: string, value: number, unit = ''): void {
  if (!(value > 0 && value < Infinity))
    problems.push(`${what} is ${value}${unit}; it must be above 0.`);
}

function checkNotNegative(problems: string[], what: string, us: number): void {
  if (!(us >= 0 && us < Infinity)) problems.push(`${what} is ${us} us; it must not be negative.`);
}
