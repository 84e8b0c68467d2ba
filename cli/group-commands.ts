/** The verbs of groups on live nodes; part of the table in `commands.ts`. */
import { command, type Command } from './command.ts';

const NODE = {
  node: { type: 'string', requiresArg: true, describe: 'Which node (default: the only one)' },
} as const;
const GROUP = {
  group: { type: 'string', demandOption: true, describe: 'What you call it' },
} as const;

export const GROUP_COMMANDS: readonly Command[] = [
  command({
    usage: 'groups list',
    about: 'Groups that you are in, and invitations',
    positionals: {},
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/groups.ts')).groupsListVerb(args.node, output),
  }),
  command({
    usage: 'groups create <group>',
    about: 'Begin a group, in which you are alone at first',
    positionals: GROUP,
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/groups.ts')).groupsCreateVerb({ ...args, node: args.node }, output),
  }),
  command({
    usage: 'groups show <group>',
    about: 'Who is in a group',
    positionals: GROUP,
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/groups.ts')).groupsShowVerb({ ...args, node: args.node }, output),
  }),
  command({
    usage: 'groups invite <group> <contact>',
    about: 'Invite a contact to a group',
    positionals: {
      ...GROUP,
      contact: { type: 'string', demandOption: true, describe: 'Whom' },
    },
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/groups.ts')).groupsInviteVerb({ ...args, node: args.node }, output),
  }),
  command({
    usage: 'groups join <group>',
    about: 'Follow an invitation',
    positionals: {
      group: {
        type: 'string',
        demandOption: true,
        describe: 'As in the invitation, or the beginning of its id',
      },
    },
    options: {
      as: { type: 'string', requiresArg: true, describe: 'What to call it yourself' },
      ...NODE,
    },
    perform: async (args, output) =>
      (await import('./verbs/groups.ts')).groupsJoinVerb({ ...args, node: args.node }, output),
  }),
  command({
    usage: 'groups leave <group>',
    about: 'Leave a group, or stop asking to be let in',
    positionals: GROUP,
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/groups.ts')).groupsLeaveVerb({ ...args, node: args.node }, output),
  }),
  command({
    usage: 'groups remove <group> <member>',
    about: 'Remove a member, who reads nothing of what follows',
    positionals: {
      ...GROUP,
      member: {
        type: 'string',
        demandOption: true,
        describe: 'Name, or beginning of their address',
      },
    },
    options: NODE,
    perform: async (args, output) =>
      (await import('./verbs/groups.ts')).groupsRemoveVerb({ ...args, node: args.node }, output),
  }),
];
