/** Amounts of money as people write and read them. */

const DECIMALS = 18;
/** Digits shown behind the point, at least and at most. */
const SHOWN_MIN = 2;
const SHOWN_MAX = 6;

/** "3.10 MFT": at least two digits behind the point, at most six, rounded down; what is less is "< 0.000001 MFT". */
export function mft(wei: bigint): string {
  return `${decimal(wei)} MFT`;
}

/** The number alone; also for coins, which have as many digits. */
export function decimal(wei: bigint): string {
  const digits = wei.toString().padStart(DECIMALS + 1, '0');
  const whole = digits.slice(0, -DECIMALS);
  const part = digits.slice(-DECIMALS, -DECIMALS + SHOWN_MAX).replace(/0+$/, '');
  if (wei > 0n && whole === '0' && part === '') return `< 0.${'1'.padStart(SHOWN_MAX, '0')}`;
  return `${whole}.${part.padEnd(SHOWN_MIN, '0')}`;
}

/** Wei of a text such as "200", "0.5" or "0.5 MFT"; undefined for anything else, and for more digits than there are. */
export function parseMft(text: string): bigint | undefined {
  const match = /^(\d{1,40})(?:\.(\d{1,18}))?\s*(?:MFT)?$/.exec(text.trim());
  if (match === null) return undefined;
  return BigInt(match[1]! + (match[2] ?? '').padEnd(DECIMALS, '0'));
}
