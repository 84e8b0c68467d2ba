/** Routes about groups; part of the table in `routes.ts`. */
import { z } from 'zod';
import {
  GROUP,
  GROUP_INVITE,
  GROUP_JOIN,
  GROUP_LEAVE,
  GROUP_MEMBER,
  GROUP_MEMBERS,
  GROUP_MESSAGE,
  GROUP_REMOVE,
  GROUPS,
  NEW_GROUP,
} from './group-schemas.ts';
import { json, type Route } from './route.ts';
import { NAMED } from './schemas.ts';

export const GROUP_ROUTES: readonly Route[] = [
  json({
    method: 'GET',
    path: '/groups',
    about: 'Groups of the user, and invitations that wait',
    answer: GROUPS,
    perform: ({ node }) => node.groups.report(),
  }),
  json({
    method: 'GET',
    path: '/groups/members',
    about: 'Who is in a group',
    query: z.strictObject({ group: z.string().min(1).meta({ description: 'Name or id' }) }),
    answer: GROUP_MEMBERS,
    perform: async ({ node }, { query }) => ({ members: await node.groups.members(query.group) }),
  }),
  json({
    method: 'POST',
    path: '/groups',
    about: 'Begin a group of one',
    body: NEW_GROUP,
    answer: GROUP,
    perform: ({ node }, { body }) => node.groups.create(body.name),
  }),
  json({
    method: 'POST',
    path: '/groups/invite',
    about: 'Invite a contact, who may then ask this node to be let in',
    body: GROUP_INVITE,
    answer: NAMED,
    perform: ({ node }, { body }) => node.groups.invite(body.group, body.to),
  }),
  json({
    method: 'POST',
    path: '/groups/join',
    about: 'Follow an invitation; the node asks until it is let in',
    body: GROUP_JOIN,
    answer: GROUP,
    perform: ({ node }, { body }) => node.groups.join(body.invitation, body.as),
  }),
  json({
    method: 'POST',
    path: '/groups/leave',
    about: 'Leave a group, or stop asking to be let in',
    body: GROUP_LEAVE,
    answer: GROUP,
    perform: ({ node }, { body }) => node.groups.leave(body.group),
  }),
  json({
    method: 'POST',
    path: '/groups/remove',
    about: 'Remove a member, who reads nothing that is said from then on',
    body: GROUP_REMOVE,
    answer: GROUP_MEMBER,
    perform: ({ node }, { body }) => node.groups.remove(body.group, body.member),
  }),
  json({
    method: 'POST',
    path: '/groups/messages',
    about: 'Say something to all members; its key is gone from disk when the answer comes',
    body: GROUP_MESSAGE,
    answer: GROUP,
    perform: ({ node }, { body }) => node.groups.say(body.group, body.text),
  }),
];
