/** Kinds of the overlay's timers; a node gives this protocol the range 0x100..0x1ff. */

/** A request has waited long enough; the argument is its transaction. */
export const TIMER_REQUEST = 0x100;
/** Time to refresh the table. */
export const TIMER_REFRESH = 0x101;
/** Time to make good what was lost. */
export const TIMER_HEAL = 0x102;
/** Time to try joining again. */
export const TIMER_JOIN = 0x103;
