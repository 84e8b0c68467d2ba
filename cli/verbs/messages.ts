/** `mainframe contacts|send|inbox|chat`: people and what is said. A name stands for a contact or a group, never for both. */
import { createInterface } from 'node:readline';
import type { GroupLine, GroupReport } from '../../live/api/group-schemas.ts';

import type { Letter, Named } from '../../live/node/vault.ts';
import { EXIT, UserError } from '../exit.ts';
import { clientOf } from '../live.ts';
import type { Output } from '../output.ts';
import { printable } from '../screen/printable.ts';
import { short } from './node.ts';

type NamedLetter = Letter & { name: string; groupName?: string };
type Client = ReturnType<typeof clientOf>;
interface Sent {
  to: Named;
  number: number;
  luminosityBits: number;
}

export async function contactsListVerb(node: string | undefined, output: Output): Promise<number> {
  const { contacts } = await clientOf(node).get<{ contacts: Named[] }>('/contacts');
  const width = Math.max(0, ...contacts.map(({ name }) => name.length));
  for (const { name, address } of contacts)
    output.print(`${name.padEnd(width)}  ${short(address)}`);
  if (contacts.length === 0) output.print('Nobody yet. mainframe contacts add <name> <card>');
  output.object({ schema: 'contact-list/v1', contacts });
  return EXIT.ok;
}

export async function contactsAddVerb(
  args: { name: string; card: string; node: string | undefined },
  output: Output,
): Promise<number> {
  const person = await clientOf(args.node).post<Named>('/contacts', {
    name: args.name,
    card: args.card,
  });
  output.print(
    `${person.name} is ${short(person.address)}. Write: mainframe send ${person.name} "hello"`,
  );
  output.object({ schema: 'contact/v1', ...person });
  return EXIT.ok;
}

export async function sendVerb(
  args: {
    to: string;
    text: string;
    luminosity?: number | undefined;
    ordered: boolean;
    unacknowledged: boolean;
    node: string | undefined;
  },
  output: Output,
): Promise<number> {
  const client = clientOf(args.node);
  if ((await groupCalled(client, args.to)) !== undefined) return sendToGroup(client, args, output);
  const sent = await client.post<Sent>('/messages', {
    to: args.to,
    text: args.text,
    ...(args.luminosity === undefined ? {} : { luminosityBits: args.luminosity }),
    ...(args.ordered ? { ordered: true } : {}),
    ...(args.unacknowledged ? { acknowledged: false } : {}),
  });
  output.print(
    `sent to ${sent.to.name} (${short(sent.to.address)}), showing ${sent.luminosityBits} bits of the address; ${args.unacknowledged ? 'sent once' : 'sent again until acknowledged'}`,
  );
  output.object({ schema: 'sent/v1', ...sent });
  return EXIT.ok;
}

async function sendToGroup(
  client: Client,
  args: Parameters<typeof sendVerb>[0],
  output: Output,
): Promise<number> {
  if (args.ordered || args.unacknowledged || args.luminosity !== undefined)
    throw new UserError(
      EXIT.usage,
      'MF-0206',
      '--luminosity, --ordered and --unacknowledged are for messages to one person; what is said to a group is sent once to all.',
    );
  const group = await client.post<GroupLine>('/groups/messages', {
    group: args.to,
    text: args.text,
  });
  output.print(`said to ${group.name}, once to ${others(group)}`);
  output.object({ schema: 'said/v1', ...group });
  return EXIT.ok;
}

function others({ members }: GroupLine): string {
  return members === 2 ? 'one other member' : `${members - 1} other members`;
}

async function groupCalled(client: Client, word: string): Promise<GroupLine | undefined> {
  const { groups } = await client.get<GroupReport>('/groups');
  return groups.find(({ name, id }) => name === word || id === word);
}

export async function inboxVerb(
  args: { after: number; node: string | undefined },
  output: Output,
): Promise<number> {
  const { messages } = await clientOf(args.node).get<{ messages: NamedLetter[] }>(
    `/inbox?after=${args.after}`,
  );
  for (const { id, name, groupName, text, receivedAt } of messages)
    output.print(
      `${String(id).padStart(4)}  ${receivedAt.slice(0, 19)}  ${groupName === undefined ? '' : `${groupName} / `}${name}: ${printable(text)}`,
    );
  if (messages.length === 0) output.print('Nothing.');
  output.object({ schema: 'inbox/v1', messages });
  return EXIT.ok;
}

/** Lines typed are sent, to be read in their order; what comes from that person, or in that group, is shown. Ends with Ctrl-D or Ctrl-C. */
export async function chatVerb(
  args: { to: string; node: string | undefined },
  output: Output,
): Promise<number> {
  const client = clientOf(args.node);
  const { contacts } = await client.get<{ contacts: Named[] }>('/contacts');
  const group = await groupCalled(client, args.to);
  const person = contacts.find(({ name, address }) => name === args.to || address === args.to);
  if (group === undefined && person === undefined)
    throw new UserError(
      EXIT.usage,
      'MF-0814',
      `No contact and no group is called "${args.to}". mainframe contacts list, mainframe groups list`,
    );
  const leaving = new AbortController();
  const listening = client.follow((event) => {
    if (event.event !== 'message' || event.group !== group?.id) return;
    if (person !== undefined && event.from !== person.address) return;
    const name = contacts.find((one) => one.address === event.from)?.name ?? short(event.from);
    output.verdict(`${name}: ${printable(event.text)}`);
  }, leaving.signal);
  output.talk(`Talking to ${args.to}. A line is a message; Ctrl-D leaves.`);
  const lines = createInterface({ input: process.stdin, terminal: false });
  const leave = (): void => {
    lines.close();
  };
  process.on('SIGINT', leave);
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const said =
      group === undefined
        ? client.post<Sent>('/messages', { to: args.to, text: line, ordered: true })
        : client.post<GroupLine>('/groups/messages', { group: group.id, text: line });
    await said.catch((error: unknown) => {
      // A line that is too long, say, is no reason to leave; a node that has stopped is.
      if (!(error instanceof UserError) || error.code === 'MF-0809') throw error;
      output.complain(error.message);
    });
  }
  process.off('SIGINT', leave);
  leaving.abort();
  await listening;
  return EXIT.ok;
}
