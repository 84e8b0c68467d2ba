/**
 * Every route of the node's API, once: method, path, what it takes and gives, how it can fail, and what it does. The server serves this
 * table and nothing else, and the OpenAPI document is made from it, so no route can be in one and not in the other.
 */
import { z } from 'zod';
import { ApiFailure } from './failure.ts';
import { GROUP_ROUTES } from './group-routes.ts';
import { MONEY_ROUTES } from './money-routes.ts';
import { metricsText, METRICS_CONTENT_TYPE } from './metrics.ts';
import { apiDocument } from './openapi.ts';
import { ALWAYS, json, OPEN, special, WithStatus, type Route } from './route.ts';
import {
  CARD,
  CONTACTS,
  HEALTH,
  INBOX,
  NAMED,
  NEW_MESSAGE,
  NEW_PERSON,
  NODE_STATUS,
  PEERS,
  SENT,
  STOPPING,
} from './schemas.ts';

export const ROUTES: readonly Route[] = [
  json({
    method: 'GET',
    path: '/health',
    about: 'Whether the node works: 503 with reasons when it is degraded or stops',
    open: true,
    always: true,
    answer: HEALTH,
    also: [503],
    perform: ({ node }) => {
      const { state, reasons } = node.health();
      const well = state === 'ready' || state === 'starting';
      return new WithStatus(well ? 200 : 503, { state, reasons });
    },
  }),
  json({
    method: 'GET',
    path: '/ready',
    about: 'Whether the node can be used now: 503 in every state but `ready`',
    open: true,
    always: true,
    answer: HEALTH,
    also: [503],
    perform: ({ node }) => {
      const { state, reasons } = node.health();
      return new WithStatus(state === 'ready' ? 200 : 503, { state, reasons });
    },
  }),
  special(
    '/openapi.json',
    'This document',
    { kind: 'document' },
    {
      open: true,
      failures: OPEN,
      perform: () => ({ status: 200, body: apiDocument(ROUTES) }),
    },
  ),
  json({
    method: 'GET',
    path: '/status',
    about: 'Who the node is and how it is',
    always: true,
    answer: NODE_STATUS,
    perform: ({ node }) => {
      const status = node.status();
      const { reachability, counters } = status;
      return {
        ...status,
        reachability: { ...reachability, counters: { ...reachability.counters } },
        counters: { ...counters },
      };
    },
  }),
  json({
    method: 'GET',
    path: '/peers',
    about: 'Its routing table',
    answer: PEERS,
    perform: ({ node }) => ({ peers: node.peers() }),
  }),
  json({
    method: 'GET',
    path: '/card',
    about: 'Its contact card',
    answer: CARD,
    perform: ({ node }) => ({ card: node.card }),
  }),
  json({
    method: 'GET',
    path: '/contacts',
    about: 'People that the user knows',
    answer: CONTACTS,
    perform: ({ node }) => ({ contacts: node.people() }),
  }),
  json({
    method: 'POST',
    path: '/contacts',
    about: 'Add somebody by their contact card',
    body: NEW_PERSON,
    answer: NAMED,
    perform: ({ node }, { body }) => node.add(body.name, body.card),
  }),
  json({
    method: 'POST',
    path: '/messages',
    about: 'Send a text; unless it is not to be acknowledged, it is on disk when the answer comes',
    body: NEW_MESSAGE,
    answer: SENT,
    perform: ({ node }, { body }) => node.say(body.to, body.text, body),
  }),
  json({
    method: 'GET',
    path: '/inbox',
    about: 'Texts that have come, in their order',
    query: z.strictObject({
      after: z.int().min(0).default(0).meta({ description: 'Only texts after this number' }),
    }),
    answer: INBOX,
    perform: async ({ node }, { query }) => ({ messages: await node.letters(query.after) }),
  }),
  ...GROUP_ROUTES,
  ...MONEY_ROUTES,
  special(
    '/events',
    'What happens, as it happens: lines of JSON, or a WebSocket (subprotocol `mainframe.events.v1`) whose messages are the same objects',
    { kind: 'events' },
    { always: false, failures: [...ALWAYS, 'too-many'] },
  ),
  special(
    '/metrics',
    "Counters and gauges in Prometheus' text format",
    { kind: 'text', type: METRICS_CONTENT_TYPE },
    {
      perform: ({ node, droppedConsumers, metricsOfPeers }) => ({
        status: 200,
        body: metricsText(node.status(), droppedConsumers(), metricsOfPeers ? node.peers() : []),
      }),
    },
  ),
  json({
    method: 'POST',
    path: '/stop',
    about: 'Stop the node',
    answer: STOPPING,
    perform: ({ stop }) => {
      stop();
      return { stopping: true as const };
    },
  }),
];

/** The route of a request. @throws ApiFailure where there is none. */
export function routeOf(method: string, path: string): Route {
  const there = ROUTES.filter((route) => route.path === path);
  const route = there.find((one) => one.method === method);
  if (route !== undefined) return route;
  if (there.length === 0)
    throw new ApiFailure('not-found', `There is nothing at ${path}. /openapi.json lists all.`);
  throw new ApiFailure(
    'method-not-allowed',
    `${path} takes ${there.map((one) => one.method).join(' or ')}, not ${method}.`,
  );
}
