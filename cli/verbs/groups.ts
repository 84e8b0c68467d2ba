/** `mainframe groups`: conversations of more than two. */
import type { GroupLine, GroupReport } from '../../live/api/group-schemas.ts';
import type { Named } from '../../live/node/vault.ts';
import { EXIT } from '../exit.ts';
import { clientOf } from '../live.ts';
import type { Output } from '../output.ts';
import { printable } from '../screen/printable.ts';
import { short } from './node.ts';

interface Words {
  group: string;
  node: string | undefined;
}

export async function groupsListVerb(node: string | undefined, output: Output): Promise<number> {
  const report = await clientOf(node).get<GroupReport>('/groups');
  const { groups, invitations } = report;
  const width = Math.max(0, ...[...groups, ...invitations].map(({ name }) => name.length));
  for (const { name, state, members } of groups)
    output.print(`${name.padEnd(width)}  ${stateOf(state, members)}`);
  for (const { name, id, fromName } of invitations)
    output.print(
      `${printable(name).padEnd(width)}  invitation by ${fromName}: mainframe groups join ${isPlain(name) ? name : id.slice(0, 8)}`,
    );
  if (groups.length + invitations.length === 0)
    output.print('None yet. mainframe groups create <group>');
  output.object({ schema: 'group-list/v1', ...report });
  return EXIT.ok;
}

export async function groupsCreateVerb(words: Words, output: Output): Promise<number> {
  const group = await clientOf(words.node).post<GroupLine>('/groups', { name: words.group });
  output.print(
    `${group.name} is begun, and you are alone in it. Invite: mainframe groups invite ${group.name} <contact>`,
  );
  output.object({ schema: 'group/v1', ...group });
  return EXIT.ok;
}

export async function groupsShowVerb(words: Words, output: Output): Promise<number> {
  const { members } = await clientOf(words.node).get<{
    members: { address: string; name: string }[];
  }>(`/groups/members?group=${encodeURIComponent(words.group)}`);
  const width = Math.max(0, ...members.map(({ name }) => name.length));
  for (const { address, name } of members) output.print(`${name.padEnd(width)}  ${short(address)}`);
  if (members.length === 0) output.print('Nobody has let you in yet.');
  output.object({ schema: 'group-members/v1', members });
  return EXIT.ok;
}

export async function groupsInviteVerb(
  words: Words & { contact: string },
  output: Output,
): Promise<number> {
  const person = await clientOf(words.node).post<Named>('/groups/invite', {
    group: words.group,
    to: words.contact,
  });
  output.print(
    `${person.name} is invited, and is let in when they ask this node: mainframe groups join ${words.group}`,
  );
  output.object({ schema: 'group-invitation/v1', group: words.group, to: person });
  return EXIT.ok;
}

export async function groupsJoinVerb(
  words: Words & { as: string | undefined },
  output: Output,
): Promise<number> {
  const group = await clientOf(words.node).post<GroupLine>('/groups/join', {
    invitation: words.group,
    ...(words.as === undefined ? {} : { as: words.as }),
  });
  output.print(
    `Asking to be let into ${group.name}; it goes on when whoever has invited you is up. mainframe groups list`,
  );
  output.object({ schema: 'group/v1', ...group });
  return EXIT.ok;
}

export async function groupsLeaveVerb(words: Words, output: Output): Promise<number> {
  const group = await clientOf(words.node).post<GroupLine>('/groups/leave', {
    group: words.group,
  });
  output.print(`You have left ${group.name}; its keys are gone from this machine.`);
  output.object({ schema: 'group/v1', ...group });
  return EXIT.ok;
}

export async function groupsRemoveVerb(
  words: Words & { member: string },
  output: Output,
): Promise<number> {
  const { group, member } = words;
  const removed = await clientOf(words.node).post<{ address: string; name: string }>(
    '/groups/remove',
    { group, member },
  );
  output.print(`${removed.name} is removed from ${group}, and reads nothing of what follows.`);
  output.object({ schema: 'group-removal/v1', group, ...removed });
  return EXIT.ok;
}

function stateOf(state: GroupLine['state'], members: number): string {
  if (state === 'joining') return 'asking to be let in';
  if (state === 'removed') return 'you were removed by a member';
  return members === 1 ? 'you alone' : `${members} members`;
}

/** Whether a name can be typed as it stands. */
function isPlain(name: string): boolean {
  return /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(name);
}
