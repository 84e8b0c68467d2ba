/** Every verb. What it does is imported when it is called, so that `--help` and mistakes are answered at once. */
import { command, type Command } from './command.ts';
import { GROUP_COMMANDS } from './group-commands.ts';
import { LIVE_COMMANDS } from './live-commands.ts';
import { MONEY_COMMANDS } from './money-commands.ts';
import { JOBS, LOADING, OUT, RUN_REFERENCE, RUNNING, SCENARIO } from './options.ts';

const SEED = { type: 'number', default: 1, requiresArg: true } as const;

export const COMMANDS: readonly Command[] = [
  command({
    usage: 'demo',
    about: 'First minute: a small world, a chart, a report',
    positionals: {},
    options: OUT,
    perform: async (args, output) => (await import('./verbs/demo.ts')).demoVerb(args.out, output),
  }),
  command({
    usage: 'new <question>',
    about: 'Write a commented copy of a gallery scenario here',
    positionals: { question: { type: 'string', demandOption: true, describe: 'Gallery name' } },
    options: {},
    perform: async (args, output) =>
      (await import('./verbs/scenarios.ts')).newVerb(args.question, output),
  }),
  command({
    usage: 'run <scenario>',
    about: 'Run one world with one seed',
    positionals: SCENARIO,
    options: {
      seed: { ...SEED, describe: 'Seed of every random stream' },
      ...RUNNING,
      transport: {
        type: 'string',
        choices: ['simulated', 'udp'] as const,
        default: 'simulated' as const,
        describe:
          'udp: live nodes on loopback in real time, the network model in front of their sockets',
      },
      processes: {
        type: 'number',
        requiresArg: true,
        describe: 'With --transport udp: spread the nodes over this many processes',
      },
      again: {
        type: 'boolean',
        default: false,
        describe: 'Run even if this very run is there; exit 7 if its digest differs',
      },
      record: {
        type: 'string',
        choices: ['summary', 'messages', 'datagrams', 'all'] as const,
        describe: 'What the folder keeps besides the summary (default: as the scenario says)',
      },
    },
    perform: async (args, output) => (await import('./verbs/run.ts')).runVerb(args, output),
  }),
  command({
    usage: 'sweep <scenario>',
    about: 'Run every point of a scenario with several seeds; resumes',
    positionals: SCENARIO,
    options: {
      seed: { ...SEED, describe: 'First seed; the others follow' },
      ...RUNNING,
      ...JOBS,
      repeat: {
        type: 'number',
        requiresArg: true,
        describe: 'Seeds at each point (default: as the scenario says)',
      },
      only: {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: 'Only points with parameter=value (repeatable)',
      },
      'dry-run': {
        type: 'boolean',
        default: false,
        describe: 'List the points and what they will take',
      },
    },
    perform: async (args, output) => (await import('./verbs/sweep.ts')).sweepVerb(args, output),
  }),
  command({
    usage: 'scenarios list',
    about: 'The gallery: questions that are ready to run',
    positionals: {},
    options: {},
    perform: async (_args, output) => (await import('./verbs/scenarios.ts')).listVerb(output),
  }),
  command({
    usage: 'scenarios show <scenario>',
    about: 'Print a scenario',
    positionals: SCENARIO,
    options: {
      ...LOADING,
      resolved: { type: 'boolean', default: false, describe: 'With every default filled in' },
    },
    perform: async (args, output) => (await import('./verbs/scenarios.ts')).showVerb(args, output),
  }),
  command({
    usage: 'scenarios validate <scenario>',
    about: 'Find mistakes without running',
    positionals: SCENARIO,
    options: LOADING,
    perform: async (args, output) =>
      (await import('./verbs/scenarios.ts')).validateScenarioVerb(args, output),
  }),
  command({
    usage: 'scenarios explain <key>',
    about: 'What a key means',
    positionals: {
      key: { type: 'string', demandOption: true, describe: 'For example world.latency' },
    },
    options: {},
    perform: async (args, output) =>
      (await import('./verbs/scenarios.ts')).explainVerb(args.key, output),
  }),
  command({
    usage: 'chart <run> [chart]',
    about: 'List or draw the charts of a result',
    positionals: {
      ...RUN_REFERENCE,
      chart: { type: 'string', describe: 'Name of the chart; none lists them' },
    },
    options: {
      for: {
        type: 'string',
        default: 'screen',
        choices: ['screen', 'slide', 'acm-column', 'usenix-column', 'ieee-column'] as const,
        describe: 'Size of the figure',
      },
      output: {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        describe: 'File to write: .svg, .png, .csv or .json',
      },
      ...OUT,
    },
    perform: async (args, output) => (await import('./verbs/chart.ts')).chartVerb(args, output),
  }),
  command({
    usage: 'report <run>',
    about: 'Write report.html of a result',
    positionals: RUN_REFERENCE,
    options: OUT,
    perform: async (args, output) => (await import('./verbs/chart.ts')).reportVerb(args, output),
  }),
  command({
    usage: 'compare <run> <other>',
    about: 'Two runs side by side: every metric, and how far apart they are',
    positionals: {
      ...RUN_REFERENCE,
      other: { type: 'string', demandOption: true, describe: 'The run to compare with it' },
    },
    options: {
      within: {
        type: 'number',
        requiresArg: true,
        describe: 'Exit 4 if a median differs by more than this many percent',
      },
      metrics: {
        type: 'string',
        requiresArg: true,
        describe: 'Only these metrics, separated by commas',
      },
      ...OUT,
    },
    perform: async (args, output) => (await import('./verbs/compare.ts')).compareVerb(args, output),
  }),
  command({
    usage: 'metrics list',
    about: 'The glossary',
    positionals: {},
    options: {},
    perform: async (_args, output) => (await import('./verbs/metrics.ts')).metricsListVerb(output),
  }),
  command({
    usage: 'metrics show <metric>',
    about: 'One metric: unit, meaning, which way is better',
    positionals: { metric: { type: 'string', demandOption: true, describe: 'Its dotted name' } },
    options: {},
    perform: async (args, output) =>
      (await import('./verbs/metrics.ts')).metricsShowVerb(args.metric, output),
  }),
  command({
    usage: 'validate [ids..]',
    about: 'Check the numbers that must come out',
    positionals: {
      ids: {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'Cases, all by default',
      },
    },
    options: JOBS,
    perform: async (args, output) =>
      (await import('./verbs/validate.ts')).validateVerb(args, output),
  }),
  command({
    usage: 'schema <what>',
    about: 'JSON Schema of scenario and settings files, OpenAPI of a live node',
    positionals: {
      what: {
        type: 'string',
        choices: ['scenario', 'api', 'config'] as const,
        demandOption: true,
        describe: 'Of what',
      },
    },
    options: {},
    perform: async (args) => (await import('./verbs/schema.ts')).schemaVerb(args.what),
  }),
  command({
    usage: 'trace export <run>',
    about: 'Recorded datagrams for Wireshark, Perfetto or as Parquet',
    positionals: {
      run: {
        type: 'string',
        demandOption: true,
        describe: "Run, as for chart, or the file of a live node's capture",
      },
    },
    options: {
      to: {
        type: 'string',
        choices: ['pcapng', 'perfetto', 'parquet'] as const,
        demandOption: true,
        describe: 'Format',
      },
      node: {
        type: 'string',
        requiresArg: true,
        describe: 'Only as seen by a node: index, role, address or IP address',
      },
      keys: {
        type: 'string',
        requiresArg: true,
        describe: 'Key log that names what DATA carries (default: the one of the run)',
      },
      out: {
        type: 'string',
        requiresArg: true,
        describe: 'File to write (default: beside the recording), or folder of results',
      },
    },
    perform: async (args, output) =>
      (await import('./verbs/trace.ts')).traceExportVerb(
        { ...args, node: args.node, keys: args.keys, out: args.out },
        output,
      ),
  }),
  command({
    usage: 'trace dissector',
    about: 'Where the Lua dissector for Wireshark is',
    positionals: {},
    options: {},
    perform: async (_args, output) => (await import('./verbs/trace.ts')).traceDissectorVerb(output),
  }),
  ...LIVE_COMMANDS,
  ...GROUP_COMMANDS,
  ...MONEY_COMMANDS,
];
