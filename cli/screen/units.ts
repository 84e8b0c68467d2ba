/** Numbers as people read them: the unit chosen by size, three significant digits, never a number without its unit. */

function digits(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  const places = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toFixed(places);
}

const TIMES: readonly [number, string][] = [
  [86_400_000_000, 'd'],
  [3_600_000_000, 'h'],
  [60_000_000, 'min'],
  [1_000_000, 's'],
  [1_000, 'ms'],
  [1, 'us'],
];
const SIZES: readonly [number, string][] = [
  [1 << 30, 'GiB'],
  [1 << 20, 'MiB'],
  [1 << 10, 'KiB'],
  [1, 'B'],
];

/** The scale (divisor and name) that suits the largest of some values of a base unit. */
export function scaleOf(unit: string, largest: number): { divisor: number; name: string } {
  const size = Math.abs(largest);
  const pick = (
    scales: readonly [number, string][],
    suffix = '',
  ): { divisor: number; name: string } => {
    const [divisor, name] = scales.find(([d]) => size >= d) ?? scales.at(-1)!;
    return { divisor, name: name + suffix };
  };
  switch (unit) {
    case 'us':
      return pick(TIMES);
    case 'bytes':
      return pick(SIZES);
    case 'bytes/s':
      return pick(SIZES, '/s');
    case 'ratio':
      return { divisor: 0.01, name: '%' };
    case 'MFT':
      return { divisor: 1_000_000_000, name: 'MFT' };
    case 'count':
      return { divisor: 1, name: '' };
    default:
      return { divisor: 1, name: unit };
  }
}

/** One value with its unit, e.g. `0.81 s`, `99.92%`, `16`. */
export function human(value: number, unit: string): string {
  const { divisor, name } = scaleOf(unit, value);
  if (name === '%') return `${(value / divisor).toFixed(2)}%`;
  if (unit === 'count' && Number.isInteger(value)) return value.toLocaleString('en');
  return name === '' ? digits(value) : `${digits(value / divisor)} ${name}`;
}

/** A value on a given scale, without the unit. */
export function onScale(value: number, scale: { divisor: number; name: string }): string {
  const scaled = value / scale.divisor;
  return scale.name === '%' ? scaled.toFixed(2) : digits(scaled);
}

/** A count in three digits, e.g. `412 k`, `1.2 M`. */
export function compact(value: number): string {
  if (value >= 1e9) return `${digits(value / 1e9)} G`;
  if (value >= 1e6) return `${digits(value / 1e6)} M`;
  if (value >= 1e4) return `${digits(value / 1e3)} k`;
  return digits(value);
}

/** Network time as `hh:mm:ss.mmm`. */
export function networkTime(us: number): string {
  const ms = Math.floor(us / 1000);
  const pad = (n: number, width: number): string => String(n).padStart(width, '0');
  return `${pad(Math.floor(ms / 3_600_000), 2)}:${pad(Math.floor(ms / 60_000) % 60, 2)}:${pad(Math.floor(ms / 1000) % 60, 2)}.${pad(ms % 1000, 3)}`;
}

/** Wall time, e.g. `3.4 s`, `11 min 02 s`. */
export function wallTime(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [large, small] = whole < 3_600 ? ['min', 's'] : ['h', 'min'];
  const unit = whole < 3_600 ? 60 : 3_600;
  const rest = Math.floor((whole % unit) / (unit / 60));
  return `${Math.floor(whole / unit)} ${large} ${String(rest).padStart(2, '0')} ${small}`;
}
