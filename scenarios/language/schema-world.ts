/** Keys of `world` and `services`. */
import { z } from 'zod';
import { TAG_KINDS } from '../../protocols/session/topic-tags.ts';
import { custom, key, quantity, word, yesOrNo } from './fields.ts';
import {
  latencyText,
  law,
  lossText,
  NODES_MAX,
  rateOrUnlimited,
  timeOrNever,
  warmup,
} from './schema-values.ts';
import { parsePolicy } from './values.ts';

export const LEAK_NAMES = [
  'whole-byte-luminosity',
  'clear-topic',
  'exact-expiry',
  'extension-replay',
  'zero-padded-target',
  'no-padding',
  'short-dedup',
] as const;

const region = z.strictObject({
  share: key(quantity('share'), {
    about: 'Part of all nodes that live here; the shares must make 100%.',
    example: '40%',
    required: true,
  }),
  up: key(rateOrUnlimited(), {
    about: 'Upload rate of each node here.',
    example: '10 Mbit/s',
    default: 'world.bandwidth.up',
  }),
  down: key(rateOrUnlimited(), {
    about: 'Download rate of each node here.',
    example: '50 Mbit/s',
    default: 'world.bandwidth.down',
  }),
});

export const world = z.strictObject({
  nodes: key(quantity('count', { min: 2, max: NODES_MAX }), {
    about: 'How many nodes the world has.',
    example: '4096',
    default: 'world.nodes',
  }),
  detail: key(word(['packets', 'flows'], 'level of detail'), {
    about:
      'packets: every datagram. flows: volumes by the hour along greedy ways, with the real accounts, invoices, cheques, scores and contracts; for months.',
    example: 'flows',
    default: 'world.detail',
  }),
  duration: key(quantity('time', { min: 1, minText: '1 us' }), {
    about: 'Network time that is simulated.',
    example: '20 min',
    default: 'world.duration',
  }),
  warmup: key(warmup(), {
    about: 'Network time left out of every number, from the start.',
    example: '2 min',
    default: 'world.warmup',
  }),
  suite: key(word(['noble', 'native', 'modelled'], 'crypto suite'), {
    about:
      'Cryptography: noble (portable), native (same bytes, faster) or modelled (same sizes, for very large worlds).',
    example: 'modelled',
    default: 'world.suite',
  }),
  latency: key(
    z.union([
      latencyText(),
      z.strictObject({
        regions: key(z.record(z.string(), region), {
          about: 'Where nodes live, with shares and access rates.',
          example: '{ eu: { share: 60% }, us: { share: 40% } }',
          required: true,
        }),
        delay: key(z.record(z.string(), z.record(z.string(), quantity('time'))), {
          about: 'One-way delay from region to region; a pair given once holds both ways.',
          example: '{ eu: { eu: 10 ms, us: 45 ms }, us: { us: 15 ms } }',
          required: true,
        }),
      }),
    ]),
    {
      about:
        'One-way delay between two nodes: a time, a distribution, measured delays in a file, or a table of regions.',
      example: 'lognormal(median 60 ms p99 350 ms)',
      default: 'world.latency',
    },
  ),
  jitter: key(law(), {
    about: 'Extra delay drawn for each datagram.',
    example: 'exponential(5 ms)',
    default: 'world.jitter',
  }),
  loss: key(
    z.union([
      lossText(),
      z.strictObject({
        good_to_bad: key(quantity('share'), {
          about: 'Probability per datagram that a good link turns bad.',
          example: '1%',
          required: true,
        }),
        bad_to_good: key(quantity('share'), {
          about: 'Probability per datagram that a bad link turns good.',
          example: '20%',
          required: true,
        }),
        in_good: key(quantity('share'), {
          about: 'Loss while the link is good.',
          example: '0.1%',
          required: true,
        }),
        in_bad: key(quantity('share'), {
          about: 'Loss while the link is bad.',
          example: '50%',
          required: true,
        }),
      }),
    ]),
    {
      about: 'Share of datagrams lost, independently, or in bursts (Gilbert-Elliott).',
      example: '1%',
      default: 'world.loss',
    },
  ),
  duplicate: key(quantity('share'), {
    about: 'Share of datagrams that arrive twice.',
    example: '0.1%',
    default: 'world.duplicate',
  }),
  reorder: key(
    z.union([
      quantity('share'),
      z.strictObject({
        share: key(quantity('share'), {
          about: 'Share of datagrams held back.',
          example: '1%',
          default: 'world.reorder.share',
        }),
        delay: key(law(), {
          about: 'How long they are held back.',
          example: '10 ms',
          default: 'world.reorder.delay',
        }),
      }),
    ]),
    {
      about: 'Datagrams held back so that later ones overtake them.',
      example: '1%',
      default: 'world.reorder.share',
    },
  ),
  bandwidth: key(
    z.strictObject({
      up: key(rateOrUnlimited(), {
        about: 'Upload rate of each node.',
        example: '10 Mbit/s',
        default: 'world.bandwidth.up',
      }),
      down: key(rateOrUnlimited(), {
        about: 'Download rate of each node.',
        example: '50 Mbit/s',
        default: 'world.bandwidth.down',
      }),
    }),
    {
      about: 'Access link of each node, where no region says otherwise.',
      example: '{ up: 10 Mbit/s, down: 50 Mbit/s }',
    },
  ),
  queue: key(
    z.union([
      quantity('size', { min: 1 }),
      z.strictObject({
        limit: key(quantity('size', { min: 1 }), {
          about: 'Bytes that may wait.',
          example: '64 KiB',
          default: 'world.queue.limit',
        }),
        drop: key(word(['tail', 'codel'], 'queue discipline'), {
          about: 'What is dropped: the newest when full (tail), or by time in the queue (codel).',
          example: 'codel',
          default: 'world.queue.drop',
        }),
        target: key(quantity('time', { min: 1 }), {
          about: 'CoDel: standing delay that is accepted.',
          example: '5 ms',
          default: 'world.queue.target',
        }),
        interval: key(quantity('time', { min: 1 }), {
          about: 'CoDel: how long it may be exceeded.',
          example: '100 ms',
          default: 'world.queue.interval',
        }),
      }),
    ]),
    {
      about: 'Queue in front of each access link.',
      example: '64 KiB',
      default: 'world.queue.limit',
    },
  ),
  mtu: key(quantity('size', { min: 576, max: 65507 }), {
    about: 'Largest IP packet that the network carries.',
    example: '1500 B',
    default: 'world.mtu',
  }),
  events_max: key(quantity('count', { min: 1 }), {
    about: 'Ends the run, with partial results, after so many events.',
    example: '50000000',
    default: 'world.events_max',
  }),
  memory_max: key(quantity('size', { min: 1 }), {
    about: 'Ends the run, with partial results, when the process is larger.',
    example: '2 GiB',
    default: 'world.memory_max',
  }),
});

export const overlay = z.strictObject({
  start: key(word(['converged', 'join'], 'way to start'), {
    about:
      'converged builds the tables directly, join runs the real protocol from bootstrap nodes.',
    example: 'join',
    default: 'services.overlay.start',
  }),
  bucket: key(quantity('count', { min: 1, max: 64 }), {
    about: 'Contacts a bin holds (k).',
    example: '20',
    default: 'services.overlay.bucket',
  }),
  alpha: key(quantity('count', { min: 1, max: 16 }), {
    about: 'Requests a look-up has under way at once.',
    example: '3',
    default: 'services.overlay.alpha',
  }),
  neighbourhood: key(quantity('count', { min: 1, max: 64 }), {
    about: 'Peers that make a neighbourhood.',
    example: '2',
    default: 'services.overlay.neighbourhood',
  }),
  symmetric: key(yesOrNo(), {
    about: 'converged only: every link is known to both ends.',
    example: 'true',
    default: 'services.overlay.symmetric',
  }),
  refresh: key(timeOrNever(), {
    about: 'How often a bin without look-ups is refreshed.',
    example: '10 min',
    default: 'services.overlay.refresh',
  }),
  timeout: key(quantity('time', { min: 1, minText: '1 us' }), {
    about: 'How long a request waits for its answer.',
    example: '1500 ms',
    default: 'services.overlay.timeout',
  }),
  network_share: key(quantity('share'), {
    about: 'At most this share of one bin from one endpoint network (/24).',
    example: '50%',
    default: 'services.overlay.network_share',
  }),
  lookups_every: key(timeOrNever(), {
    about: 'How often each node looks up a random address, as a measured workload.',
    example: '1 min',
    default: 'services.overlay.lookups_every',
  }),
});

export const link = z.strictObject({
  encrypt: key(yesOrNo(), {
    about:
      'Put the encrypted link under every datagram: handshakes, padding and overhead are then part of the world, at three to five times the computing.',
    example: 'true',
    default: 'services.link.encrypt',
  }),
  keepalive: key(timeOrNever(), {
    about: 'Something is sent at least this often while a link lives.',
    example: '25 s',
    default: 'services.link.keepalive',
  }),
  idle: key(quantity('time', { min: 1, minText: '1 us' }), {
    about: 'A link that nobody has used for so long is forgotten.',
    example: '5 min',
    default: 'services.link.idle',
  }),
  rekey_after: key(quantity('time', { min: 1, minText: '1 us' }), {
    about: 'Keys older than this are replaced when next used.',
    example: '10 min',
    default: 'services.link.rekey_after',
  }),
  retransmit: key(yesOrNo(), {
    about:
      'Packets are acknowledged from hop to hop and sent again when lost, under a congestion window (RFC 9002).',
    example: 'true',
    default: 'services.link.retransmit',
  }),
  cover: key(timeOrNever(), {
    about:
      'Every open link sends one datagram of the largest size this often, a dummy if there is nothing to say; what is to be sent waits for its slot.',
    example: '200 ms',
    default: 'services.link.cover',
  }),
});

export const routing = z.strictObject({
  policy: key(custom('pss | pss-v2 | tree(1..5), optionally + stem(g)', parsePolicy), {
    about:
      'How a packet spreads: pss floods every matching link, tree(r) uses r prefix trees; + stem(g) puts g random hops before it.',
    example: 'tree(3) + stem(3)',
    default: 'services.routing.policy',
  }),
  random_peer: key(yesOrNo(), {
    about: 'Choose a random peer of the right bin instead of the best one.',
    example: 'true',
    default: 'services.routing.random_peer',
  }),
  detour: key(
    quantity('information', { min: 0, max: 256, minText: '0 bits', maxText: '256 bits' }),
    {
      about:
        'Bits that a hop of a packet for many may fall short of the best one, so that more of its destinations travel together; 0 bits: each is as near as can be.',
      example: '0 bits',
      default: 'services.routing.detour',
    },
  ),
  lifetime: key(quantity('time', { min: 1, minText: '1 us' }), {
    about: 'How long a packet may travel.',
    example: '30 s',
    default: 'services.routing.lifetime',
  }),
  tags: key(word(TAG_KINDS, 'kind of tag'), {
    about:
      'What packets of conversations show of their session: a new tag with each, or the topic that the 2018 paper has there, always the same.',
    example: 'fixed',
    default: 'services.routing.tags',
  }),
  leaks: key(z.array(word(LEAK_NAMES, 'leak of the 2018 code')), {
    about: `Leaks of the 2018 code to switch on: ${LEAK_NAMES.join(', ')}.`,
    example: '[clear-topic, no-padding]',
  }),
});
