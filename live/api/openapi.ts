/**
 * The API as an OpenAPI 3.1 document, made from the table of routes and the schemas that check requests and answers
 * (https://spec.openapis.org/oas/v3.1.0: its schemas are JSON Schema 2020-12, which is what zod writes).
 */
import { z } from 'zod';
import { FAILURE, FAILURES, NODE_EVENT, SCHEMAS } from './schemas.ts';
import type { Content, Route } from './route.ts';

/** Version of the API: the first number changes when something that was promised goes. */
const API_VERSION = '1.1.0';
const PREFIX = '#/components/schemas/';

interface JsonObject {
  [key: string]: unknown;
}

export function apiDocument(routes: readonly Route[]): JsonObject {
  const paths: { [path: string]: JsonObject } = {};
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mainframe node',
      version: API_VERSION,
      description:
        "What programs of the same user ask of a running node, on loopback only. The port stands in the node's folder in api.json, the token in api.token (mode 0600).",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:{port}', variables: { port: { default: '4280' } } }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: components(),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A WebSocket may give the token as the subprotocol `token.<token>` instead. It never stands in an address.',
        },
      },
    },
  };
}

/** The named schemas, with references between them. */
function components(): JsonObject {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema as z.ZodType, { id });
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `${PREFIX}${id}`, io: 'output' });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => {
      const { $schema: _dialect, $id: _place, ...rest } = schema as JsonObject;
      return [id, rest];
    }),
  );
}

function reference(schema: z.ZodType): JsonObject {
  const found = Object.entries(SCHEMAS).find(([, named]) => (named as z.ZodType) === schema);
  if (found === undefined) throw new Error('a schema of the API has no name in SCHEMAS');
  return { $ref: `${PREFIX}${found[0]}` };
}

function operation(route: Route): JsonObject {
  const ok = { description: 'As asked', content: contentOf(route.content) };
  const responses: JsonObject = { 200: ok };
  if (route.content.kind === 'events')
    responses[101] = {
      description: 'A WebSocket follows, for a request that asks to be upgraded to one',
    };
  for (const status of route.also)
    responses[status] = { ...ok, description: 'The same, where the answer is no' };
  for (const kind of route.failures.toSorted((a, b) => FAILURES[a] - FAILURES[b]))
    responses[FAILURES[kind]] ??= {
      description: `Refused: ${kind}`,
      content: { 'application/json': { schema: reference(FAILURE) } },
    };
  return {
    operationId: `${route.method.toLowerCase()}${route.path.replace(/[/.](\w)/g, (_all, letter: string) => letter.toUpperCase())}`,
    summary: route.about,
    ...(route.open ? { security: [] } : {}),
    ...(route.query === undefined ? {} : { parameters: parameters(route.query) }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: reference(route.body) } },
          },
        }),
    responses,
  };
}

function contentOf(content: Content): JsonObject {
  switch (content.kind) {
    case 'json':
      return { 'application/json': { schema: reference(content.schema) } };
    case 'document':
      return { 'application/json': { schema: { type: 'object' } } };
    case 'text':
      return { 'text/plain': { schema: { type: 'string' } } };
    case 'events':
      // 3.1 has no word for the schema of one line of a stream; 3.2 calls it itemSchema.
      return {
        'application/x-ndjson': {
          schema: { type: 'string' },
          'x-item-schema': reference(NODE_EVENT),
        },
      };
  }
}

function parameters(query: z.ZodObject): JsonObject[] {
  return Object.entries(query.shape).map(([name, schema]) => {
    const {
      $schema: _dialect,
      description,
      ...rest
    } = z.toJSONSchema(schema as z.ZodType, {
      io: 'input',
    }) as JsonObject;
    return { name, in: 'query', required: false, description, schema: rest };
  });
}
