/** Keys of a role, of traffic, of faults and of an observer. */
import { z } from 'zod';

import { GUESSES } from '../model.ts';
import { custom, key, oneOrMore, quantity, text, word, yesOrNo } from './fields.ts';
import { read, type Reading } from './problems.ts';
import { parseQuantity } from './quantity.ts';
import { discoveryRole } from './schema-discovery.ts';
import { payingRole, volume } from './schema-money.ts';
import { countOrShare, law, luminosity, messageSize, replyLaw } from './schema-values.ts';

export const SIGHTS = ['time', 'size', 'previous hop', 'next hop'] as const;

export const BEHAVIOURS = [
  'honest',
  'honest but curious',
  'dead',
  'pretend',
  'spam',
  'hide ads',
] as const;

export const role = z.strictObject({
  share: key(countOrShare(), {
    about: 'Part of all nodes, or "rest" for all that other roles leave.',
    example: '90%',
  }),
  count: key(quantity('count'), { about: 'Number of nodes, instead of a share.', example: '40' }),
  behaves: key(
    z.union([
      word(BEHAVIOURS, 'behaviour'),
      z.strictObject({
        drop: key(quantity('share'), {
          about: 'Silently drops this share of the packets it should forward.',
          example: '50%',
        }),
        delay: key(law(), {
          about: 'Forwards each packet only after this extra time.',
          example: 'exponential(1 s)',
        }),
      }),
    ]),
    {
      about:
        'What the node does where the protocol leaves a choice: honest, honest but curious, dead, pretend, spam, hide ads, { drop: 50% } or { delay: 1 s }.',
      example: '{ drop: 50% }',
      default: 'roles.*.behaves',
    },
  ),
  online: key(law(), {
    about: 'How long a node stays online; needs offline too.',
    example: 'lognormal(median 40 min p99 6 h)',
  }),
  offline: key(law(), {
    about: 'How long a node stays away; needs online too.',
    example: 'exponential(5 h)',
  }),
  sessions: key(text(), {
    about: 'File of recorded sessions (CSV: node,start_s,end_s) instead of online and offline.',
    example: './sessions.csv',
  }),
  ...discoveryRole,
  ...payingRole,
});

export const traffic = z.strictObject({
  from: key(text(), {
    about: 'Role of the senders, or anyone.',
    example: 'people',
    default: 'traffic[].from',
  }),
  to: key(text(), {
    about: 'Role of the recipients, or anyone.',
    example: 'people',
    default: 'traffic[].to',
  }),
  every: key(law(), {
    about: 'Gap between two messages of one sender.',
    example: 'exponential(30 s)',
  }),
  messages: key(quantity('count', { min: 1 }), {
    about:
      'A fixed number of messages in the whole world, spread over the measured time, instead of every.',
    example: '24',
  }),
  size: key(messageSize(), {
    about: 'Size of a message, at most 1 KiB; of a text of a conversation, at most 64 KiB.',
    example: '500 B',
    default: 'traffic[].size',
  }),
  luminosity: key(luminosity(), {
    about: "Leading bits of the recipient's address written on the packet.",
    example: '8 bits',
    default: 'traffic[].luminosity',
  }),
  volume: key(volume(), {
    about: 'What one sender moves in a day, in a world of flows; each hour to somebody else.',
    example: 'lognormal(median 40 MiB p99 2 GiB) per day',
  }),
  conversation: key(yesOrNo(), {
    about:
      'Texts go through end-to-end sessions: sealed first message, double ratchet, acknowledgements, repetition. Senders know the address and key of whom they write to.',
    example: 'true',
    default: 'traffic[].conversation',
  }),
  ordered: key(yesOrNo(), {
    about:
      'Texts of the conversation are read in the order in which they were said: one waits for those before it.',
    example: 'true',
    default: 'traffic[].ordered',
  }),
  acknowledged: key(yesOrNo(), {
    about:
      'Texts of the conversation are sent again until they are acknowledged; if not, once, and a late one is dropped where they are ordered.',
    example: 'false',
    default: 'traffic[].acknowledged',
  }),
  leave: key(law(), {
    about: 'How long somebody stays in their group before they leave it (services.groups).',
    example: 'exponential(10 min)',
  }),
  join: key(law(), {
    about: 'How long somebody who has left stays away before they ask to be let in again.',
    example: 'exponential(10 min)',
  }),
  reply: key(replyLaw(), {
    about: 'How long the recipient of a text waits with an answer, which is not answered itself.',
    example: 'exponential(10 s)',
    default: 'traffic[].reply',
  }),
});

export const faultKeys = z.strictObject({
  at: key(quantity('time'), { about: 'When it happens.', example: '2 h' }),
  every: key(quantity('time', { min: 1, minText: '1 us' }), {
    about: 'How often it happens, instead of at.',
    example: '5 min',
  }),
  crash: key(quantity('share'), {
    about: 'This share of nodes stops without a word.',
    example: '10%',
  }),
  leave: key(quantity('share'), { about: 'This share of nodes leaves politely.', example: '10%' }),
  partition: key(quantity('share'), {
    about: 'This share of nodes is cut off from the others.',
    example: '30%',
  }),
  loss: key(quantity('share'), {
    about: 'This share of all datagrams is lost in addition.',
    example: '20%',
  }),
  of: key(text(), {
    about: 'Role that crashes or leaves, or anyone.',
    example: 'people',
    default: 'faults[].of',
  }),
  for: key(
    custom('time | ever', (input): Reading<number | 'ever'> =>
      input === 'ever' ? read('ever') : parseQuantity(input, 'time', { min: 1, minText: '1 us' }),
    ),
    { about: 'How long it lasts; ever is for crash and leave only.', example: '5 min' },
  ),
});

export const watch = z.strictObject({
  controls: key(text(), {
    about:
      'Who tells the observer what it sees: a role, a share of all nodes, or everything (every link, no content).',
    example: 'spies',
    required: true,
  }),
  sees: key(oneOrMore(word(SIGHTS, 'thing to see')), {
    about: `What it notes of a packet: ${SIGHTS.join(', ')}. Times order the hops, previous hops point to the sender; size and next hop add nothing for a node on the way (sizes are classes, the next hop is its own choice).`,
    example: '[time, size, previous hop, next hop]',
    default: 'watch.*.sees',
  }),
  guesses: key(oneOrMore(word(GUESSES, 'thing to guess')), {
    about:
      'What it tries to find out: of a packet who it is for or from, of a group who is in it (membership; colluders only). Of words to a group colluders who guess the sender find out who has said them.',
    example: '[receiver, sender]',
    default: 'watch.*.guesses',
  }),
});
