/** Values that several sections take, or that need more than a number with a unit. */
import { STREAM_TEXT_BYTES_MAX } from '../../protocols/session/streams.ts';
import type { DurationLaw } from '../../sim/random/law.ts';
import { custom } from './fields.ts';
import { fault, read, type Reading } from './problems.ts';
import { parseQuantity } from './quantity.ts';
import { matrixFile, parseLaw } from './values.ts';

/** Leading address bits that can be disclosed at most: all of a 256-bit address. */
export const LUMINOSITY_MAX_BITS = 256;
/** Above this the arrays of handles and tables stop being a sensible single process. */
export const NODES_MAX = 1_000_000;

export const law = () => custom('time or distribution', parseLaw);

/** How long somebody waits with an answer. */
export const replyLaw = () =>
  custom('time or distribution | never', (input): Reading<DurationLaw | 'never'> =>
    input === 'never' ? read('never') : parseLaw(input),
  );

export const timeOrNever = () =>
  custom('time | never', (input): Reading<number> =>
    input === 'never' ? read(0) : parseQuantity(input, 'time', { min: 1, minText: '1 us' }),
  );

export const luminosity = () =>
  custom('information (bits), 0 to 256', (input): Reading<number> => {
    if (input === 'auto')
      return fault('MF-0111', 'choosing the luminosity automatically is not part of this version');
    const bits = parseQuantity(input, 'information', { max: LUMINOSITY_MAX_BITS });
    if (bits.ok && !Number.isInteger(bits.value))
      return fault('MF-0110', `"${input}" is not a whole number of bits`);
    return bits;
  });

export const messageSize = () =>
  custom('size, up to 64 KiB', (input): Reading<number> => {
    const bytes = parseQuantity(input, 'size', { min: 1 });
    if (bytes.ok && bytes.value > STREAM_TEXT_BYTES_MAX)
      return fault(
        'MF-0133',
        `a message of ${input} is too large: a text of a conversation has up to 64 KiB`,
        {
          hint: 'write 64 KiB or less',
        },
      );
    return bytes;
  });

/** A time, or a share of the duration. */
export const warmup = () =>
  custom('time, or share of the duration', (input): Reading<{ us: number } | { ratio: number }> => {
    if (input.endsWith('%')) {
      const ratio = parseQuantity(input, 'share');
      return ratio.ok ? read({ ratio: ratio.value }) : ratio;
    }
    const us = parseQuantity(input, 'time');
    return us.ok ? read({ us: us.value }) : us;
  });

export const rateOrUnlimited = () =>
  custom('rate (kbit/s Mbit/s) | unlimited', (input): Reading<number | 'unlimited'> =>
    input === 'unlimited'
      ? read('unlimited')
      : parseQuantity(input, 'rate', { min: 1, minText: '1 bit/s' }),
  );

export type WrittenLatency =
  | { kind: 'matrix'; file: string }
  | { kind: 'constant'; delayUs: number }
  | { kind: 'law'; law: DurationLaw };

export const latencyText = () =>
  custom('time, distribution or matrix(./file)', (input): Reading<WrittenLatency> => {
    const file = matrixFile(input);
    if (file !== undefined) return read({ kind: 'matrix', file });
    const delay = parseLaw(input);
    if (!delay.ok) return delay;
    return read(
      delay.value.law === 'constant'
        ? { kind: 'constant', delayUs: delay.value.valueUs }
        : { kind: 'law', law: delay.value },
    );
  });

export const lossText = () =>
  custom('share (%)', (input): Reading<number> => parseQuantity(input, 'share'));

export const countOrShare = () =>
  custom('share (%) | rest', (input): Reading<number | 'rest'> =>
    input === 'rest' ? read('rest') : parseQuantity(input, 'share'),
  );
