/** Keys of `services.groups`. */
import { z } from 'zod';

import { key, oneOrMore, quantity, word } from './fields.ts';
import { luminosity, NODES_MAX } from './schema-values.ts';

/** No larger group can send its commits in one packet, nor list its members in one. */
const MEMBERS_MAX = 1_000;

export const GROUP_MODES = ['unicast', 'multicast', 'dark'] as const;
export const REKEYS = ['join', 'leave'] as const;

export const groups = z.strictObject({
  count: key(quantity('count', { min: 1, max: NODES_MAX }), {
    about: 'How many groups there are; nobody is in two.',
    example: '40',
    required: true,
  }),
  members: key(quantity('count', { min: 2, max: MEMBERS_MAX }), {
    about: 'People of each group, all of whom are in it at first.',
    example: '20',
    required: true,
  }),
  mode: key(word(GROUP_MODES, 'way to send to a group'), {
    about:
      'unicast: a packet to the address of each member. multicast: one packet with the list of addresses, split where ways part. dark: the same with the first bits of addresses only, each zone being flooded.',
    example: 'dark',
    default: 'services.groups.mode',
  }),
  luminosity: key(luminosity(), {
    about: "Leading bits of members' addresses that packets show in mode dark.",
    example: '6 bits',
    default: 'services.groups.luminosity',
  }),
  rekey_on: key(oneOrMore(word(REKEYS, 'reason for a new key')), {
    about:
      'Changes that are committed, with a new key, at once: join, leave. Others wait for the next commit.',
    example: '[join, leave]',
    default: 'services.groups.rekey_on',
  }),
});
