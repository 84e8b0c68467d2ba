/**
 * The scenario language, one declaration: keys, what they take, what they mean. The checker, the JSON Schema for
 * editors, `scenarios explain` and the typed `.ts` form are all made from it.
 */
import { z } from 'zod';

import type { DurationLaw } from '../../sim/random/law.ts';
import { anyValue, custom, key, oneOrMore, quantity, text, word, yesOrNo } from './fields.ts';
import { fault, read, type Reading } from './problems.ts';
import { parseQuantity } from './quantity.ts';
import { matrixFile, parseLaw, parsePolicy } from './values.ts';

/** Largest message of this version, bytes: what one datagram of 1,200 bytes carries with headers and seals. */
export const MESSAGE_MAX_BYTES = 1024;
/** Leading address bits that can be disclosed at most: all of a 256-bit address. */
export const LUMINOSITY_MAX_BITS = 256;
/** Above this the arrays of handles and tables stop being a sensible single process. */
export const NODES_MAX = 1_000_000;

const law = () => custom('time or distribution', parseLaw);

const timeOrNever = () =>
  custom('time | never', (input): Reading<number> =>
    input === 'never' ? read(0) : parseQuantity(input, 'time', { min: 1, minText: '1 us' }),
  );

const luminosity = () =>
  custom('information (bits), 0 to 256', (input): Reading<number> => {
    if (input === 'auto')
      return fault('MF-0111', 'choosing the luminosity automatically is not part of this version');
    const bits = parseQuantity(input, 'information', { max: LUMINOSITY_MAX_BITS });
    if (bits.ok && !Number.isInteger(bits.value))
      return fault('MF-0110', `"${input}" is not a whole number of bits`);
    return bits;
  });

const messageSize = () =>
  custom('size, up to 1 KiB', (input): Reading<number> => {
    const bytes = parseQuantity(input, 'size', { min: 1 });
    if (bytes.ok && bytes.value > MESSAGE_MAX_BYTES)
      return fault(
        'MF-0133',
        `a message of ${input} is too large: one datagram carries up to 1 KiB`,
        {
          hint: 'write 1 KiB or less',
        },
      );
    return bytes;
  });

/** A time, or a share of the duration. */
const warmup = () =>
  custom('time, or share of the duration', (input): Reading<{ us: number } | { ratio: number }> => {
    if (input.endsWith('%')) {
      const ratio = parseQuantity(input, 'share');
      return ratio.ok ? read({ ratio: ratio.value }) : ratio;
    }
    const us = parseQuantity(input, 'time');
    return us.ok ? read({ us: us.value }) : us;
  });

const rateOrUnlimited = () =>
  custom('rate (kbit/s Mbit/s) | unlimited', (input): Reading<number | 'unlimited'> =>
    input === 'unlimited'
      ? read('unlimited')
      : parseQuantity(input, 'rate', { min: 1, minText: '1 bit/s' }),
  );

export type WrittenLatency =
  | { kind: 'matrix'; file: string }
  | { kind: 'constant'; delayUs: number }
  | { kind: 'law'; law: DurationLaw };

const latencyText = () =>
  custom('time, distribution or matrix(./file)', (input): Reading<WrittenLatency> => {
    const file = matrixFile(input);
    if (file !== undefined) return read({ kind: 'matrix', file });
    const delay = parseLaw(input);
    if (!delay.ok) return delay;
    return read(
      delay.value.law === 'constant'
        ? { kind: 'constant', delayUs: delay.value.valueUs }
        : { kind: 'law', law: delay.value },
    );
  });

const lossText = () =>
  custom('share (%)', (input): Reading<number> => parseQuantity(input, 'share'));

const countOrShare = () =>
  custom('share (%) | rest', (input): Reading<number | 'rest'> =>
    input === 'rest' ? read('rest') : parseQuantity(input, 'share'),
  );

export const LEAK_NAMES = [
  'whole-byte-luminosity',
  'clear-topic',
  'exact-expiry',
  'extension-replay',
  'zero-padded-target',
  'no-padding',
  'short-dedup',
] as const;

export const SIGHTS = ['time', 'size', 'previous hop', 'next hop'] as const;

export const MARKS = [
  'line',
  'area',
  'bar',
  'point',
  'cdf',
  'hist',
  'box',
  'heat',
  'pareto',
] as const;

export const BEHAVIOURS = ['honest', 'honest but curious', 'dead', 'pretend'] as const;

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

const world = z.strictObject({
  nodes: key(quantity('count', { min: 2, max: NODES_MAX }), {
    about: 'How many nodes the world has.',
    example: '4096',
    default: 'world.nodes',
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

const role = z.strictObject({
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
        'What the node does where the protocol leaves a choice: honest, honest but curious, dead, pretend, { drop: 50% } or { delay: 1 s }.',
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
});

const overlay = z.strictObject({
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

const routing = z.strictObject({
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
  lifetime: key(quantity('time', { min: 1, minText: '1 us' }), {
    about: 'How long a packet may travel.',
    example: '2 min',
    default: 'services.routing.lifetime',
  }),
  leaks: key(z.array(word(LEAK_NAMES, 'leak of the 2018 code')), {
    about: `Leaks of the 2018 code to switch on: ${LEAK_NAMES.join(', ')}.`,
    example: '[clear-topic, no-padding]',
  }),
});

const traffic = z.strictObject({
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
    about: 'Size of a message, at most 1 KiB.',
    example: '500 B',
    default: 'traffic[].size',
  }),
  luminosity: key(luminosity(), {
    about: "Leading bits of the recipient's address written on the packet.",
    example: '8 bits',
    default: 'traffic[].luminosity',
  }),
});

const faultKeys = z.strictObject({
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

const watch = z.strictObject({
  controls: key(text(), {
    about:
      'Who tells the observer what it sees: a role, a share of all nodes, or everything (every link, no content).',
    example: 'spies',
    required: true,
  }),
  sees: key(oneOrMore(word(SIGHTS, 'thing to see')), {
    about: `What it notes of a packet: ${SIGHTS.join(', ')}.`,
    example: '[time, size, previous hop, next hop]',
    default: 'watch.*.sees',
  }),
  guesses: key(oneOrMore(word(['receiver', 'sender'], 'thing to guess')), {
    about: 'What it tries to find out.',
    example: '[receiver, sender]',
    default: 'watch.*.guesses',
  }),
});

const expectation = z.union([
  text(),
  z.strictObject({
    check: key(text(), {
      about: 'What must be true.',
      example: 'median(anonymity.entropy) >= 5.5 bits',
      required: true,
    }),
    when: key(text(), {
      about: 'Parameters for which it is asked; skipped otherwise.',
      example: '$luminosity <= 6 bits',
    }),
    why: key(text(), {
      about: 'Why it matters, for the report.',
      example: 'The dark setting promises a crowd of 64',
    }),
    confidence: key(quantity('share', { min: 0.5, max: 0.9999 }), {
      about: 'Coverage of the interval over seeds.',
      example: '99%',
      default: 'expect[].confidence',
    }),
  }),
]);

const chart = z.strictObject({
  title: key(text(), {
    about: 'What the chart answers.',
    example: 'What does hiding cost?',
    required: true,
  }),
  mark: key(word(MARKS, 'mark'), {
    about: `How it is drawn: ${MARKS.join(', ')}.`,
    example: 'line',
    required: true,
  }),
  x: key(text(), {
    about: 'A $parameter, a statistic of a metric, time or role.',
    example: '$luminosity',
  }),
  y: key(oneOrMore(text()), {
    about: 'One or more statistics; several are stacked panels on one x.',
    example: '[median(anonymity.entropy), mean(cost.bytes)]',
  }),
  of: key(text(), {
    about: 'The metric whose samples are drawn (cdf, hist, box, heat).',
    example: 'delivery.latency',
  }),
  by: key(oneOrMore(text()), {
    about: 'Splits the data: the first by colour, the second by panel; short for colour and facet.',
    example: '[$policy, role]',
  }),
  colour: key(text(), { about: 'Splits the data by colour.', example: '$policy' }),
  facet: key(text(), { about: 'Splits the data into panels.', example: '$policy' }),
  label: key(text(), { about: 'Writes this at each point.', example: '$luminosity' }),
  band: key(quantity('share', { min: 0.5, max: 0.9999 }), {
    about: 'Draws the interval over seeds with this coverage.',
    example: '95%',
  }),
  scales: key(word(['linear', 'log'], 'scale'), {
    about: 'Scale of the measured axes.',
    example: 'log',
    default: 'charts[].scales',
  }),
  bound: key(yesOrNo(), {
    about: 'Draws the physical limit C = 2^H - 1 + h.',
    example: 'true',
    default: 'charts[].bound',
  }),
});

const dimension = () =>
  z.union([custom('range with a step', (input) => read(input)), z.array(anyValue())]);

const sweep = z.strictObject({
  over: key(z.record(z.string(), dimension()), {
    about: 'Values of parameters (or dotted keys); all combinations are run.',
    example: '{ luminosity: 0..12 bits step 2 }',
  }),
  zip: key(z.record(z.string(), z.array(anyValue())), {
    about: 'Values that vary side by side; lists of equal length.',
    example: '{ world.nodes: [1024, 4096], luminosity: [6 bits, 8 bits] }',
  }),
  where: key(text(), {
    about: 'Keeps only the points for which it is true.',
    example: '$luminosity <= 8 bits',
  }),
  repeat: key(quantity('count', { min: 1, max: 100_000 }), {
    about: 'Seeds at each point, the same everywhere.',
    example: '20',
    default: 'sweep.repeat',
  }),
});

const recordWhat = () => oneOrMore(word(['summary', 'messages', 'all'], 'thing to record'));

export const scenarioSchema = z.strictObject({
  scenario: key(text(), {
    about: 'Name of the scenario.',
    example: 'luminosity-vs-anonymity',
    required: true,
  }),
  about: key(text(), { about: 'The question it asks.', example: 'How well is a receiver hidden?' }),
  uses: key(oneOrMore(text()), {
    about: 'Presets and other files to start from; later ones and this file win.',
    example: '[internet, ./base.yaml]',
  }),
  params: key(
    z.record(
      z.string(),
      z.strictObject({
        default: key(anyValue(), { about: 'Value when nobody says otherwise.', example: '8 bits' }),
        range: key(text(), { about: 'Values that are allowed.', example: '0..16 bits' }),
        one_of: key(z.array(anyValue()), {
          about: 'Values that are allowed, one by one.',
          example: '[pss, tree(3)]',
        }),
        about: key(text(), {
          about: 'What the parameter means.',
          example: 'Bits written on the packet',
        }),
        fixed: key(anyValue(), {
          about: 'A value that a resolved file records; it cannot be changed.',
          example: '8 bits',
        }),
      }),
    ),
    {
      about: 'Parameters: a name stands for a value everywhere as $name, and can be set and swept.',
      example: '{ luminosity: { default: 8 bits, range: 0..16 bits } }',
    },
  ),
  world: key(world, {
    about: 'The world: how many nodes, how long, which network between them.',
    example: '{ nodes: 4096, duration: 20 min }',
  }),
  roles: key(z.record(z.string(), role), {
    about: 'Who lives there; shares and counts must make the whole world.',
    example: '{ people: { share: 90% }, spies: { share: 10%, behaves: honest but curious } }',
  }),
  services: key(
    z.strictObject({
      overlay: key(overlay, {
        about: 'The Kademlia overlay.',
        example: '{ bucket: 8, start: join }',
      }),
      routing: key(routing, { about: 'Dark routing.', example: '{ policy: tree(3) }' }),
    }),
    { about: 'Which protocols run and how they are set.', example: '{ routing: { policy: pss } }' },
  ),
  traffic: key(z.array(traffic), {
    about: 'Who sends what to whom.',
    example: '[{ from: people, to: people, every: exponential(30 s) }]',
  }),
  faults: key(z.array(faultKeys), {
    about: 'What goes wrong; a fault that never fires fails the run.',
    example: '[{ at: 5 min, crash: 10%, for: 2 min }]',
  }),
  watch: key(z.record(z.string(), watch), {
    about: 'Observers; anonymity is measured only through one.',
    example: '{ colluders: { controls: spies, guesses: receiver } }',
  }),
  expect: key(z.array(expectation), {
    about: 'What must be true.',
    example: '[delivery.rate >= 99%]',
  }),
  charts: key(z.array(chart), {
    about: 'What to draw.',
    example: '[{ title: Delivery time, mark: cdf, of: delivery.latency }]',
  }),
  sweep: key(sweep, {
    about: 'What to vary.',
    example: '{ over: { luminosity: [4 bits, 8 bits] }, repeat: 5 }',
  }),
  record: key(
    z.union([
      recordWhat(),
      z.strictObject({
        what: key(recordWhat(), {
          about: 'summary, messages or all.',
          example: 'messages',
          default: 'record.what',
        }),
        sample: key(quantity('share'), {
          about: 'Share of messages that are recorded.',
          example: '1%',
          default: 'record.sample',
        }),
      }),
    ]),
    {
      about: 'What the run folder keeps besides the summary: summary, messages, all.',
      example: 'messages',
      default: 'record.what',
    },
  ),
  notes: key(text(), {
    about: 'Anything worth keeping with the file.',
    example: 'First run for the workshop',
  }),
  small: key(z.record(z.string(), z.union([anyValue(), z.array(anyValue())])), {
    about: 'Dotted keys to change for --small, the variant that runs in seconds.',
    example: '{ world.nodes: 256, sweep.repeat: 1 }',
  }),
});

export type ScenarioData = z.output<typeof scenarioSchema>;

/** What `scenario({...})` in a `.ts` file takes: the same keys, values as texts. */
export type ScenarioSource = z.input<typeof scenarioSchema>;

/** Keys of the language that later versions read, by the path of their map (`*` any name, `[]` any element). */
export const LATER_KEYS: { readonly [path: string]: readonly string[] } = {
  '': ['money'],
  world: ['detail'],
  'roles.*': ['stake', 'deposit', 'pays', 'rejoins', 'price', 'files', 'size', 'fails'],
  services: ['holding', 'court', 'storage', 'data', 'groups', 'delivery', 'swap'],
  'traffic[]': ['bonded_neighbours', 'volume', 'read', 'insert_into', 'leave', 'join'],
  'expect[]': ['stop'],
  'charts[]': ['line_at', 'theory', 'shade'],
  record: ['snapshots'],
};

/** Presets of the language that later versions read. */
export const LATER_PRESETS = ['mainframe-2018', 'play-money'] as const;
