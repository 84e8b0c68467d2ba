/** The verbs of money on live nodes; part of the table in `commands.ts`. */
import { command, type Command } from './command.ts';

const NODE = {
  node: { type: 'string', requiresArg: true, describe: 'Which node (default: the only one)' },
} as const;
const AMOUNT = {
  amount: { type: 'string', demandOption: true, describe: 'MFT, for example 200 or 0.5' },
} as const;

export const MONEY_COMMANDS: readonly Command[] = [
  command({
    usage: 'money',
    about: 'What the node owns, owes and is owed',
    positionals: {},
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/money.ts')).moneyVerb(args.node, output),
  }),
  command({
    usage: 'money deploy',
    about: "Put the network's contracts on a play chain",
    positionals: {},
    options: {
      ...NODE,
      save: {
        type: 'boolean',
        default: true,
        describe: "Write their addresses into this node's settings",
      },
    },
    perform: async (args, output) =>
      (await import('./verbs/money.ts')).moneyDeployVerb({ ...args, node: args.node }, output),
  }),
  command({
    usage: 'money deposit <amount>',
    about: 'Put MFT into the chequebook, which the first deposit opens',
    positionals: AMOUNT,
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/money.ts')).moneyMoveVerb('deposit', args.amount, args.node, output),
  }),
  command({
    usage: 'money withdraw <amount>',
    about: 'Take MFT out of the chequebook, but none that cheques promise',
    positionals: AMOUNT,
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/money.ts')).moneyMoveVerb('withdraw', args.amount, args.node, output),
  }),
  command({
    usage: 'money send <account> <amount>',
    about: 'Send MFT of the wallet to an account',
    positionals: {
      account: { type: 'string', demandOption: true, describe: '0x and 40 hex digits' },
      ...AMOUNT,
    },
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/money.ts')).moneySendVerb({ ...args, node: args.node }, output),
  }),
  command({
    usage: 'cheques list',
    about: 'Cheques held and written',
    positionals: {},
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/money.ts')).chequesListVerb(args.node, output),
  }),
  command({
    usage: 'cheques cash <from>',
    about: 'Cash the cheques of a neighbour',
    positionals: {
      from: {
        type: 'string',
        demandOption: true,
        describe: 'A contact, an account, or the beginning of an address',
      },
    },
    options: {
      ...NODE,
      'dry-run': { type: 'boolean', default: false, describe: 'Only say what it would bring' },
    },
    perform: async (args, output) =>
      (await import('./verbs/money.ts')).chequesCashVerb(
        { ...args, node: args.node, dryRun: args['dry-run'] },
        output,
      ),
  }),
];
