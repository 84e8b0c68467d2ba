/**
 * What a node made of one input, as a small integer. It goes into the node's rolling digest, so two runs that
 * treat one datagram differently are told apart even when what follows is the same.
 */
export const OUTCOME_IGNORED = 0;
export const OUTCOME_HANDLED = 1;
export const OUTCOME_DUPLICATE = 2;
export const OUTCOME_FORWARDED = 3;
export const OUTCOME_OPENED = 4;
export const OUTCOME_EXPIRED = 5;
export const OUTCOME_DEAD_END = 6;
export const OUTCOME_REFUSED = 7;
export const OUTCOME_MALFORMED = 8;

export const OUTCOME_NAMES: readonly string[] = [
  'ignored',
  'handled',
  'duplicate',
  'forwarded',
  'opened',
  'expired',
  'dead end',
  'refused',
  'malformed',
];
