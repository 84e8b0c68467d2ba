/** `mainframe contacts|send|inbox|chat`: people and what is said. */
import { createInterface } from 'node:readline';
import type { Letter, Named } from '../../live/node/vault.ts';
import { EXIT } from '../exit.ts';
import { clientOf } from '../live.ts';
import type { Output } from '../output.ts';
import { short } from './node.ts';

type NamedLetter = Letter & { name: string };
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
  const sent = await clientOf(args.node).post<Sent>('/messages', {
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

export async function inboxVerb(
  args: { after: number; node: string | undefined },
  output: Output,
): Promise<number> {
  const { messages } = await clientOf(args.node).get<{ messages: NamedLetter[] }>(
    `/inbox?after=${args.after}`,
  );
  for (const { id, name, text, receivedAt } of messages)
    output.print(
      `${String(id).padStart(4)}  ${receivedAt.slice(0, 19)}  ${name}: ${printable(text)}`,
    );
  if (messages.length === 0) output.print('Nothing.');
  output.object({ schema: 'inbox/v1', messages });
  return EXIT.ok;
}

/** Lines typed are sent, to be read in their order; what comes from that person is shown. Ends with Ctrl-D or Ctrl-C. */
export async function chatVerb(
  args: { to: string; node: string | undefined },
  output: Output,
): Promise<number> {
  const client = clientOf(args.node);
  const { contacts } = await client.get<{ contacts: Named[] }>('/contacts');
  const person = contacts.find(({ name, address }) => name === args.to || address === args.to);
  const address = person?.address ?? args.to;
  const leaving = new AbortController();
  const listening = client.follow((event) => {
    if (event.event === 'message' && event.from === address)
      output.verdict(`${person?.name ?? short(address)}: ${printable(event.text)}`);
  }, leaving.signal);
  output.talk(`Talking to ${args.to}. A line is a message; Ctrl-D leaves.`);
  const lines = createInterface({ input: process.stdin, terminal: false });
  const leave = (): void => {
    lines.close();
  };
  process.on('SIGINT', leave);
  for await (const line of lines) {
    if (line.trim() === '') continue;
    await client.post<Sent>('/messages', { to: args.to, text: line, ordered: true });
  }
  process.off('SIGINT', leave);
  leaving.abort();
  await listening;
  return EXIT.ok;
}

/** Text from the network must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '�');
}
