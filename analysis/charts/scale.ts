/** Units of axes: base units divided so that numbers are readable, with the unit in the title. */

export interface AxisScale {
  divisor: number;
  /** Unit in the axis title; empty for plain counts. */
  unit: string;
}

/** The scale for values of a base unit whose typical (geometric middle) size is `typical`. */
export function axisScale(unit: string, typical: number): AxisScale {
  const size = Math.abs(typical);
  switch (unit) {
    case 'us':
      if (size >= 3_600_000_000) return { divisor: 3_600_000_000, unit: 'h' };
      if (size >= 120_000_000) return { divisor: 60_000_000, unit: 'min' };
      return size >= 1_000_000 ? { divisor: 1_000_000, unit: 's' } : { divisor: 1_000, unit: 'ms' };
    case 'bytes':
    case 'bytes/s': {
      const tail = unit === 'bytes' ? '' : '/s';
      if (size >= 2 ** 20) return { divisor: 2 ** 20, unit: `MiB${tail}` };
      return size >= 1024
        ? { divisor: 1024, unit: `KiB${tail}` }
        : { divisor: 1, unit: `B${tail}` };
    }
    case 'ratio':
      return { divisor: 0.01, unit: '%' };
    case 'MFT':
      return { divisor: 1_000_000_000, unit: 'MFT' };
    case 'per day':
      return { divisor: 1, unit: 'per day' };
    case 'bits':
      return { divisor: 1, unit: 'bits' };
    default:
      return { divisor: 1, unit: '' };
  }
}

/** Middle of the positive values on a logarithmic scale; 0 when there are none. */
export function typicalSize(values: readonly number[]): number {
  const sorted = values
    .map(Math.abs)
    .filter((v) => v > 0 && Number.isFinite(v))
    .sort((a, b) => a - b);
  return sorted[sorted.length >>> 1] ?? 0;
}

/**
 * A domain for an axis on which there is but one number, which would have no length, and nine digits at its only tick: the number in the middle.
 * @returns undefined where there are several numbers, or none.
 */
export function lonelyDomain(values: readonly number[]): [number, number] | undefined {
  const [only] = values;
  if (only === undefined || values.some((v) => v !== only)) return undefined;
  const around = only === 0 ? 1 : Math.abs(only);
  return [only - around, only + around];
}

/** How numbers on a logarithmic axis are written: with k and M, but a tenth as 0.1 and not as 100m. */
export function logFormat(values: readonly number[]): string {
  return values.some((v) => v > 0 && v < 1) ? '~g' : '~s';
}

/** An axis title with its unit. */
export function axisTitle(name: string, scale: AxisScale, log: boolean): string {
  const parts = [scale.unit, log ? 'log' : ''].filter((p) => p !== '');
  return parts.length === 0 ? name : `${name} (${parts.join(', ')})`;
}
