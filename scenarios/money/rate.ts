/** The two measures of money in simulated worlds: an MFT has 10^18 wei and 10^9 accounting units. */
import { ConversionRate } from '../../protocols/swap/money.ts';
import { WEI_PER_UNIT } from '../../protocols/swap/params.ts';

export const RATE = new ConversionRate(WEI_PER_UNIT);
