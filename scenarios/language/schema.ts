/**
 * The scenario language, one declaration: keys, what they take, what they mean (the sections are in `schema-*.ts`). The
 * checker, the JSON Schema for editors, `scenarios explain` and the typed `.ts` form are all made from it.
 */
import { z } from 'zod';

import { anyValue, key, oneOrMore, quantity, text, word } from './fields.ts';
import { discovery } from './schema-discovery.ts';
import { groups } from './schema-groups.ts';
import { money } from './schema-money.ts';
import { faultKeys, role, traffic, watch } from './schema-people.ts';
import { chart, expectation, sweep } from './schema-results.ts';
import { overlay, link, routing, world } from './schema-world.ts';

const recordWhat = () =>
  oneOrMore(word(['summary', 'messages', 'datagrams', 'all'], 'thing to record'));

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
  money: key(money, {
    about: 'What services cost, and how debts are settled (in a world of flows).',
    example: '{ threshold: 10 MFT, cash_after: 24 h }',
  }),
  services: key(
    z.strictObject({
      overlay: key(overlay, {
        about: 'The Kademlia overlay.',
        example: '{ bucket: 8, start: join }',
      }),
      link: key(link, {
        about: 'Encryption between neighbours.',
        example: '{ encrypt: true }',
      }),
      discovery: key(discovery, {
        about:
          'Who sells what: manifests, agreements between neighbours, advertisements, searches.',
        example: '{ admission: tickets, search: holding, searches_every: 1 min }',
      }),
      groups: key(groups, {
        about: 'Groups of people who talk to all of their group at once.',
        example: '{ count: 40, members: 20, mode: dark }',
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
          about: 'summary, messages, datagrams (every datagram with its bytes; large) or all.',
          example: 'messages',
          default: 'record.what',
        }),
        sample: key(quantity('share'), {
          about: 'Share of messages and datagrams that are recorded.',
          example: '1%',
          default: 'record.sample',
        }),
      }),
    ]),
    {
      about: 'What the run folder keeps besides the summary: summary, messages, datagrams, all.',
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
  'roles.*': ['stake', 'price', 'files', 'size', 'fails'],
  services: ['holding', 'court', 'storage', 'data', 'delivery', 'swap'],
  'traffic[]': ['bonded_neighbours', 'read', 'insert_into'],
  'expect[]': ['stop'],
  'charts[]': ['line_at', 'theory', 'shade'],
  record: ['snapshots'],
};

/** Presets of the language that later versions read. */
export const LATER_PRESETS = ['play-money'] as const;
