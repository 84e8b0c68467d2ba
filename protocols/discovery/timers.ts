/** Kinds of discovery's timers; a node gives this protocol the range 0xa00..0xaff. */

/** A request has waited long enough; the argument is its transaction. */
export const TIMER_CALL = 0xa00;
/** Something about our advertisements is due. */
export const TIMER_ADVERTISE = 0xa01;
/** Something about the agreements with our peers is due. */
export const TIMER_PEERING = 0xa02;
