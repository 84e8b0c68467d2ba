/**
 * What a route of the API is: the words that describe it, the schemas that check it, and the function that answers. `routes.ts` has the table,
 * `server.ts` serves it, `openapi.ts` documents it.
 */
import type { z } from 'zod';
import type { LiveNode } from '../node/daemon.ts';
import type { FailureKind } from './schemas.ts';

/** What a handler works on. */
export interface Serving {
  node: LiveNode;
  metricsOfPeers: boolean;
  /** Streams that were ended because nobody read them. */
  droppedConsumers(): number;
  /** Asks the process to stop the node, after the answer. */
  stop(): void;
}

interface Answer<R> {
  status: number;
  body: R;
}

/** What is sent when all went well: an object, a text, or the stream of events. */
export type Content =
  | { kind: 'json'; schema: z.ZodType }
  | { kind: 'document' }
  | { kind: 'text'; type: string }
  | { kind: 'events' };

export interface Route {
  method: 'GET' | 'POST';
  path: string;
  /** A line for the document. */
  about: string;
  /** True if no token is needed. */
  open: boolean;
  /** Also served while the node stops. */
  always: boolean;
  query: z.ZodObject | undefined;
  body: z.ZodType | undefined;
  content: Content;
  /** Statuses besides 200 with which the same object comes. */
  also: readonly number[];
  failures: readonly FailureKind[];
  perform: (serving: Serving, input: never) => Promise<Answer<unknown>> | Answer<unknown>;
}

interface JsonRoute<Q extends z.ZodObject, B extends z.ZodType, R extends z.ZodType> {
  method: 'GET' | 'POST';
  path: string;
  about: string;
  open?: boolean;
  always?: boolean;
  query?: Q;
  body?: B;
  answer: R;
  also?: readonly number[];
  failures?: readonly FailureKind[];
  perform: (
    serving: Serving,
    input: { query: z.output<Q>; body: z.output<B> },
  ) => Promise<z.input<R>> | z.input<R> | WithStatus<z.input<R>>;
}

/** Refusals that any route with a token may give. */
export const ALWAYS: readonly FailureKind[] = [
  'bad-request',
  'unauthorised',
  'forbidden',
  'fault',
  'unavailable',
];
/** Refusals that a route without one may give. */
export const OPEN: readonly FailureKind[] = ['bad-request', 'forbidden', 'fault'];

/** A route that answers with an object. */
export function json<
  Q extends z.ZodObject = z.ZodObject<Record<string, never>>,
  B extends z.ZodType = z.ZodUndefined,
  R extends z.ZodType = z.ZodType,
>(route: JsonRoute<Q, B, R>): Route {
  const { perform } = route;
  return {
    method: route.method,
    path: route.path,
    about: route.about,
    open: route.open ?? false,
    always: route.always ?? false,
    query: route.query,
    body: route.body,
    content: { kind: 'json', schema: route.answer },
    also: route.also ?? [],
    failures: [
      ...(route.open === true ? OPEN : ALWAYS),
      ...(route.body === undefined ? [] : (['too-large'] as const)),
      ...(route.failures ?? []),
    ],
    perform: async (serving, input) => {
      const given: unknown = await perform(serving, input);
      return given instanceof WithStatus ? given : { status: 200, body: given };
    },
  };
}

/** An object that does not come with 200. */
export class WithStatus<T> implements Answer<T> {
  readonly status: number;
  readonly body: T;

  constructor(status: number, body: T) {
    this.status = status;
    this.body = body;
  }
}

/** A route that answers with something else. */
export function special(
  path: string,
  about: string,
  content: Content,
  more: Partial<Pick<Route, 'open' | 'always' | 'failures' | 'perform'>> = {},
): Route {
  return {
    method: 'GET',
    path,
    about,
    open: false,
    always: true,
    query: undefined,
    body: undefined,
    content,
    also: [],
    failures: ALWAYS,
    perform: () => ({ status: 200, body: undefined }),
    ...more,
  };
}
