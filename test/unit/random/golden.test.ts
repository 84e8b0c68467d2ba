import { describe, expect, it } from 'vitest';
import {
  GOLDEN_BELOW,
  GOLDEN_EXP,
  GOLDEN_FILL,
  GOLDEN_LAWS,
  GOLDEN_LN,
  GOLDEN_NORMAL_QUANTILE,
  GOLDEN_SEED,
  GOLDEN_STREAMS,
  GOLDEN_ZIPF,
} from '../../../scenarios/validation/golden-variates.ts';
import { exp, ln, normalQuantile } from '../../../sim/random/elementary.ts';
import { LawSampler, sampleUs } from '../../../sim/random/laws.ts';
import { sampleResidualUs } from '../../../sim/random/residual.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { ZipfSampler } from '../../../sim/random/zipf.ts';

const streams = new StreamFactory(GOLDEN_SEED);
const times = <T>(values: readonly T[], draw: () => T): T[] => values.map(draw);

describe('frozen draws', () => {
  it.each(GOLDEN_STREAMS)('stream $path of seed $seed', ({ seed, path, words }) => {
    const stream = new StreamFactory(seed).stream(path);
    expect(times(words, () => stream.uint32())).toEqual(words);
  });

  it.each(GOLDEN_BELOW)('below $bound', ({ bound, values }) => {
    const stream = streams.stream('below');
    expect(times(values, () => stream.below(bound))).toEqual(values);
  });

  it('fill', () => {
    const bytes = new Uint8Array(GOLDEN_FILL.length / 2);
    streams.stream('fill').fill(bytes, 0, bytes.length);
    expect(Buffer.from(bytes).toString('hex')).toBe(GOLDEN_FILL);
  });

  it.each(GOLDEN_LAWS)('$law.law law', ({ law, samples, residuals }) => {
    const stream = streams.stream(`law/${law.law}`);
    expect(times(samples, () => sampleUs(law, stream))).toEqual(samples);
    const again = streams.stream(`law/${law.law}`);
    const sampler = new LawSampler(law);
    expect(times(samples, () => sampler.sample(again))).toEqual(samples);
    const rest = streams.stream(`residual/${law.law}`);
    expect(times(residuals, () => sampleResidualUs(law, rest))).toEqual(residuals);
  });

  it.each(GOLDEN_ZIPF)('zipf($exponent)', ({ ranks, exponent, samples }) => {
    const stream = streams.stream('zipf');
    const zipf = new ZipfSampler(ranks, exponent);
    expect(times(samples, () => zipf.sample(stream))).toEqual(samples);
  });

  it('ln, exp and the normal quantile, to the last bit', () => {
    for (const [x, value] of GOLDEN_LN) expect(ln(x)).toBe(value);
    for (const [x, value] of GOLDEN_EXP) expect(exp(x)).toBe(value);
    for (const [p, value] of GOLDEN_NORMAL_QUANTILE) expect(normalQuantile(p)).toBe(value);
  });
});
