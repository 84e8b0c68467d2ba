/** Reasons for which a service is not given. */
import type { Refusal } from './account.ts';
import {
  REFUSED_DISCONNECT,
  REFUSED_DISPUTED,
  REFUSED_EXPOSURE,
  REFUSED_NUMBERS,
  REFUSED_POLICY,
  REFUSED_STRANGER,
  REFUSED_TOO_DEAR,
} from './events.ts';

/** Why a service is not given: the book's reasons, the policy's, or that there is no agreement with this peer. */
export type ServiceRefusal = Refusal | 'policy' | 'no agreement' | 'too dear' | 'exposure';

/** As `SERVICE_REFUSED` tells them. */
export const REFUSAL_CODES: { [reason in ServiceRefusal]: number } = {
  'disconnect threshold': REFUSED_DISCONNECT,
  disputed: REFUSED_DISPUTED,
  'out of numbers': REFUSED_NUMBERS,
  policy: REFUSED_POLICY,
  'no agreement': REFUSED_STRANGER,
  'too dear': REFUSED_TOO_DEAR,
  exposure: REFUSED_EXPOSURE,
};
