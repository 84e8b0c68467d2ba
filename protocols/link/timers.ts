/** Timer kinds of the link: 0x300 to 0x3ff. */
export const TIMER_RANGE_LINK = 3;
/** Argument: local index of a call. */
export const TIMER_CALL = 0x300;
/** Argument: slot of a link. */
export const TIMER_LINK = 0x301;
/** Argument: slot of a link. */
export const TIMER_FLOW = 0x302;
/** Argument: slot of a link. */
export const TIMER_COVER = 0x303;
