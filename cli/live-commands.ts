/** The verbs of live nodes; part of the table in `commands.ts`. */
import { command, type Command } from './command.ts';

const NAME = {
  name: { type: 'string', describe: 'Node (default: the only one there is)' },
} as const;
const NODE = {
  node: { type: 'string', requiresArg: true, describe: 'Which node (default: the only one)' },
} as const;
const DELAY = {
  type: 'number',
  requiresArg: true,
  describe: 'Emulated: hold back what is sent, milliseconds',
} as const;
const LOSS = {
  type: 'number',
  requiresArg: true,
  describe: 'Emulated: lose this percentage of what is sent',
} as const;
const SET = {
  set: {
    type: 'string',
    array: true,
    nargs: 1,
    default: [] as string[],
    describe: 'Give a setting, name=value (repeatable); mainframe config show lists them',
  },
} as const;
const LISTENING = {
  capture: {
    type: 'string',
    requiresArg: true,
    describe: 'Record every datagram to this file, for trace export',
  },
  'capture-size': {
    type: 'number',
    default: 256,
    requiresArg: true,
    describe: 'The capture ends at this many MiB',
  },
  'key-log': {
    type: 'string',
    requiresArg: true,
    describe: 'Write the keys of all links to this file: ENDS THEIR SECRECY for whoever reads it',
  },
} as const;
const PASSWORD = {
  'password-file': {
    type: 'string',
    requiresArg: true,
    describe: 'File with the password (mode 600), - for stdin; asked for by default',
  },
} as const;

const LIGHT = {
  light: {
    type: 'boolean',
    default: false,
    describe: 'Weaker, faster key stretching, for throw-away nodes',
  },
} as const;

export const LIVE_COMMANDS: readonly Command[] = [
  command({
    usage: 'node init <name>',
    about: 'Make a live node: key, settings, contact card',
    positionals: {
      name: { type: 'string', demandOption: true, describe: 'Name of the node on this machine' },
    },
    options: {
      listen: {
        type: 'string',
        default: '0.0.0.0',
        requiresArg: true,
        describe: 'IP address to listen at',
      },
      port: { type: 'number', default: 4242, requiresArg: true, describe: 'UDP port' },
      announce: {
        type: 'string',
        requiresArg: true,
        describe: 'address:port that others are told (default: where it listens)',
      },
      bootstrap: {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: 'Contact card of a node to join through (repeatable)',
      },
      key: {
        type: 'string',
        requiresArg: true,
        describe: 'Key file to use, as keys create or a wallet makes it (default: a new key)',
      },
      network: {
        type: 'string',
        requiresArg: true,
        describe: 'Network id; nodes of other networks are refused (default: 1)',
      },
      net: {
        type: 'string',
        requiresArg: true,
        describe: 'Network by name: id and cards from networks/NAME.yaml of your settings',
      },
      ...LIGHT,
      ...PASSWORD,
    },
    perform: async (args, output) => (await import('./verbs/node.ts')).nodeInitVerb(args, output),
  }),
  command({
    usage: 'node run [name]',
    about: 'Run a live node over UDP',
    positionals: NAME,
    options: {
      ...PASSWORD,
      log: {
        type: 'string',
        requiresArg: true,
        describe: 'What is logged to stderr: info, or info,link=debug',
      },
      delay: DELAY,
      loss: LOSS,
      ...SET,
      ...LISTENING,
    },
    perform: async (args, output) =>
      (await import('./verbs/node-run.ts')).nodeRunVerb({ ...args, name: args.name }, output),
  }),
  command({
    usage: 'node status [name]',
    about: 'How a running node is',
    positionals: NAME,
    options: {},
    perform: async (args, output) =>
      (await import('./verbs/node.ts')).nodeStatusVerb(args.name, output),
  }),
  command({
    usage: 'node peers [name]',
    about: 'Its routing table',
    positionals: NAME,
    options: {},
    perform: async (args, output) =>
      (await import('./verbs/node.ts')).nodePeersVerb(args.name, output),
  }),
  command({
    usage: 'node id [name]',
    about: 'Its contact card',
    positionals: NAME,
    options: PASSWORD,
    perform: async (args, output) =>
      (await import('./verbs/node.ts')).nodeIdVerb({ ...args, name: args.name }, output),
  }),
  command({
    usage: 'node stop [name]',
    about: 'Stop it',
    positionals: NAME,
    options: {},
    perform: async (args, output) =>
      (await import('./verbs/node.ts')).nodeStopVerb(args.name, output),
  }),
  command({
    usage: 'contacts list',
    about: 'People you know',
    positionals: {},
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/messages.ts')).contactsListVerb(args.node, output),
  }),
  command({
    usage: 'contacts card',
    about: 'Your contact card, for friends; as a QR code with --qr',
    positionals: {},
    options: {
      qr: {
        type: 'string',
        describe: 'Show it as a QR code, or write one to this file (.svg or .png)',
      },
      ...NODE,
      ...PASSWORD,
    },
    perform: async (args, output) =>
      (await import('./verbs/card.ts')).contactsCardVerb(
        { ...args, node: args.node, qr: args.qr },
        output,
      ),
  }),
  command({
    usage: 'contacts add <name> <card>',
    about: 'Add somebody by their contact card',
    positionals: {
      name: { type: 'string', demandOption: true, describe: 'What you call them' },
      card: {
        type: 'string',
        demandOption: true,
        describe:
          'What mainframe node id prints at theirs; for a member of a group the beginning of their address',
      },
    },
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/messages.ts')).contactsAddVerb({ ...args, node: args.node }, output),
  }),
  command({
    usage: 'send <to> <text>',
    about: 'Send a message, end to end encrypted, over dark routes',
    positionals: {
      to: { type: 'string', demandOption: true, describe: 'A contact, or a group' },
      text: { type: 'string', demandOption: true, describe: 'What to say' },
    },
    options: {
      luminosity: {
        type: 'number',
        requiresArg: true,
        describe: 'Bits of their address to show, 0..256; never more than before',
      },
      ordered: {
        type: 'boolean',
        default: false,
        describe: 'To be read after the ordered messages that were sent before it',
      },
      unacknowledged: {
        type: 'boolean',
        default: false,
        describe: 'Send it once and remember nothing of it',
      },
      ...NODE,
    },
    perform: async (args, output) =>
      (await import('./verbs/messages.ts')).sendVerb({ ...args, node: args.node }, output),
  }),
  command({
    usage: 'inbox',
    about: 'What has come',
    positionals: {},
    options: {
      after: {
        type: 'number',
        default: 0,
        requiresArg: true,
        describe: 'Only messages after this number',
      },
      ...NODE,
    },
    perform: async (args, output) =>
      (await import('./verbs/messages.ts')).inboxVerb({ ...args, node: args.node }, output),
  }),
  command({
    usage: 'chat <to>',
    about: 'Talk to a contact or a group in the terminal',
    positionals: { to: { type: 'string', demandOption: true, describe: 'A contact, or a group' } },
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/messages.ts')).chatVerb({ ...args, node: args.node }, output),
  }),
  command({
    usage: 'keys create [name]',
    about: 'Make an encrypted key, for a node to be made or in a file of its own',
    positionals: { name: { type: 'string', describe: 'Name of the node that it is for' } },
    options: {
      to: { type: 'string', requiresArg: true, describe: 'File to write instead' },
      ...LIGHT,
      ...PASSWORD,
    },
    perform: async (args, output) => (await import('./verbs/keys.ts')).keysCreateVerb(args, output),
  }),
  command({
    usage: 'keys list [files..]',
    about: 'The keys of this machine and their nodes',
    positionals: {
      files: {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'Key files elsewhere, to be listed too',
      },
    },
    options: {},
    perform: async (args, output) => (await import('./verbs/keys.ts')).keysListVerb(args, output),
  }),
  command({
    usage: 'keys backup [name]',
    about: 'Write all that makes a node who it is to one encrypted file',
    positionals: NAME,
    options: {
      to: { type: 'string', demandOption: true, requiresArg: true, describe: 'File to write' },
      ...PASSWORD,
    },
    perform: async (args, output) =>
      (await import('./verbs/keys.ts')).keysBackupVerb({ ...args, name: args.name }, output),
  }),
  command({
    usage: 'keys restore <file>',
    about: 'Make a node again from a backup',
    positionals: { file: { type: 'string', demandOption: true, describe: 'The backup' } },
    options: {
      name: {
        type: 'string',
        requiresArg: true,
        describe: 'Name of the node (default: as it was)',
      },
    },
    perform: async (args, output) =>
      (await import('./verbs/keys.ts')).keysRestoreVerb(args, output),
  }),
  command({
    usage: 'keys rotate [name]',
    about: 'Give a node a new encryption key',
    positionals: NAME,
    options: PASSWORD,
    perform: async (args, output) =>
      (await import('./verbs/keys.ts')).keysRotateVerb({ ...args, name: args.name }, output),
  }),
  command({
    usage: 'config show [key]',
    about: 'Settings of live nodes, as they count here',
    positionals: { key: { type: 'string', describe: 'One setting or section, node.udp' } },
    options: {
      origin: { type: 'boolean', default: false, describe: 'Where each value comes from' },
      ...NODE,
      ...SET,
    },
    perform: async (args, output) =>
      (await import('./verbs/config.ts')).configShowVerb({ ...args, key: args.key }, output),
  }),
  command({
    usage: 'config set <key> <values..>',
    about: 'Change a setting in its file; comments stay',
    positionals: {
      key: { type: 'string', demandOption: true, describe: 'For example node.udp.port' },
      values: {
        type: 'string',
        array: true,
        demandOption: true,
        default: [] as string[],
        describe: 'The value; several for a list, none for an empty one',
      },
    },
    options: {
      ...NODE,
      user: { type: 'boolean', default: false, describe: 'For all your nodes' },
      project: { type: 'boolean', default: false, describe: 'In ./mainframe.yaml' },
    },
    perform: async (args, output) =>
      (await import('./verbs/config.ts')).configSetVerb({ ...args, key: args.key }, output),
  }),
  command({
    usage: 'config check [file]',
    about: 'Find mistakes in settings, of all files or one',
    positionals: { file: { type: 'string', describe: 'One file (default: all that count)' } },
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/config.ts')).configCheckVerb({ ...args, file: args.file }, output),
  }),
  command({
    usage: 'doctor',
    about: 'What is wrong here, and what mends it',
    positionals: {},
    options: {},
    perform: async (_args, output) => (await import('./verbs/doctor.ts')).doctorVerb(output),
  }),
  command({
    usage: 'testnet up <nodes>',
    about: 'Start live nodes on this machine, each a process',
    positionals: { nodes: { type: 'number', demandOption: true, describe: '2 to 64' } },
    options: {
      port: {
        type: 'number',
        default: 0,
        requiresArg: true,
        describe: 'First UDP port (default: any free ones)',
      },
      delay: { ...DELAY, default: 0 },
      loss: { ...LOSS, default: 0 },
    },
    perform: async (args, output) =>
      (await import('./verbs/testnet.ts')).testnetUpVerb(args, output),
  }),
  command({
    usage: 'testnet status',
    about: 'How they are',
    positionals: {},
    options: {},
    perform: async (_args, output) =>
      (await import('./verbs/testnet.ts')).testnetStatusVerb(output),
  }),
  command({
    usage: 'testnet down',
    about: 'Stop them and remove their folders',
    positionals: {},
    options: {},
    perform: async (_args, output) => (await import('./verbs/testnet.ts')).testnetDownVerb(output),
  }),
];
