/** Timer kinds of the rendezvous: 0x900 to 0x9ff. */
export const TIMER_RANGE_RENDEZVOUS = 9;
/** Time to ask neighbours where they see us. */
export const TIMER_ROUND = 0x900;
/** An effort to reach somebody goes on; the argument is the peer. */
export const TIMER_EFFORT = 0x901;
