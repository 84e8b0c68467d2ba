/**
 * The node's HTTP API, on loopback only: what the command line and other programs of the same user ask of a running node.
 *
 * `routes.ts` says what there is; here it is served. What comes in is checked by the route's schemas, and so is what goes out: an answer that is not
 * what the document promises is our fault and is said to be. All but the health checks and the document needs the token.
 */
import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { z } from 'zod';
import { STREAM_TEXT_BYTES_MAX } from '../../protocols/session/streams.ts';
import type { Reporter } from '../log/logger.ts';
import type { LiveNode } from '../node/daemon.ts';
import { RequestError, TroubleError } from '../node/request-error.ts';
import { assertAuthorised, assertLocal, EVENTS_PROTOCOL, subprotocols } from './access.ts';
import { ApiFailure } from './failure.ts';
import type { Route, Serving } from './route.ts';
import { routeOf } from './routes.ts';
import { EventStreams } from './streams.ts';

/** The longest text, with every byte of it escaped, and what stands around it. */
const BODY_BYTES_MAX = 6 * STREAM_TEXT_BYTES_MAX + 1024;
/** Nobody has anything to say on a WebSocket of ours. */
const FRAME_BYTES_MAX = 1_024;
const CONNECTIONS_MAX = 256;
const REQUEST_TIMEOUT_MS = 30_000;

export interface ApiOptions {
  reporter: Reporter;
  /** Whether /metrics has lines for single peers. */
  metricsOfPeers: boolean;
}

export class ApiServer {
  readonly #node: LiveNode;
  readonly #token: string;
  readonly #reporter: Reporter;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #streams: EventStreams;
  readonly #serving: Serving;
  readonly #unwatch: () => void;

  /** @param onStop called when somebody asks the node to stop. */
  constructor(node: LiveNode, token: string, onStop: () => void, options: ApiOptions) {
    const { reporter, metricsOfPeers } = options;
    this.#node = node;
    this.#token = token;
    this.#reporter = reporter;
    this.#streams = new EventStreams((backlogBytes) => {
      reporter.report('api.dropped', { backlogBytes });
    });
    this.#serving = {
      node,
      metricsOfPeers,
      droppedConsumers: () => this.#streams.dropped,
      stop: () => {
        setImmediate(onStop);
      },
    };
    this.#unwatch = node.watch((event) => {
      this.#streams.publish(event);
    });
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: FRAME_BYTES_MAX,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(EVENTS_PROTOCOL) ? EVENTS_PROTOCOL : false),
    });
    this.#server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      void this.#answer(request, response);
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket, head);
    });
  }

  /** Listens on 127.0.0.1. @returns the port. Rejects with the system's error if it is taken. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Says goodbye to whoever listens, then closes every connection. */
  async close(): Promise<void> {
    this.#unwatch();
    this.#streams.close();
    // What was just said leaves before the connections go.
    await new Promise((resolve) => setImmediate(resolve));
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      assertLocal(request);
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const route = routeOf(request.method ?? 'GET', url.pathname);
      this.#admit(route, request, false);
      const query = queryOf(route, url);
      if (route.content.kind === 'events') {
        if (this.#streams.full) throw tooMany();
        this.#streams.addResponse(response);
        return;
      }
      const body = route.body === undefined ? undefined : await bodyOf(request, route.body);
      send(response, route, await route.perform(this.#serving, { query, body } as never));
    } catch (error) {
      this.#refuse(request, response, error);
    }
  }

  /** Whether this route is served to this request, now. */
  #admit(route: Route, request: IncomingMessage, upgrade: boolean): void {
    if (!route.open) assertAuthorised(request, this.#token, upgrade);
    if (!route.always && this.#node.health().state === 'stopping')
      throw new ApiFailure('unavailable', 'The node is stopping.');
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const failure = this.#failureOf(request, error);
    response.writeHead(failure.status, {
      'content-type': 'application/json',
      // What is left of the request is not read.
      ...(failure.kind === 'too-large' ? { connection: 'close' } : {}),
    });
    response.end(`${JSON.stringify(failure.body)}\n`);
  }

  #failureOf(request: IncomingMessage, error: unknown): ApiFailure {
    const known =
      error instanceof RequestError
        ? new ApiFailure('bad-request', error.message)
        : error instanceof TroubleError
          ? new ApiFailure('unavailable', error.message)
          : error;
    if (known instanceof ApiFailure) {
      // Without what stands behind the question mark: some put secrets there.
      const [path] = (request.url ?? '').split('?');
      this.#reporter.report('api.refused', { kind: known.kind, method: request.method, path });
      return known;
    }
    const message = error instanceof Error ? error.message : String(error);
    this.#reporter.report('api.fault', { error: error instanceof Error ? error.stack : message });
    return new ApiFailure('fault', message);
  }

  /** A request for a WebSocket; refusals are answered as HTTP. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    try {
      assertLocal(request);
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const route = routeOf(request.method ?? 'GET', url.pathname);
      this.#admit(route, request, true);
      queryOf(route, url);
      if (route.content.kind !== 'events')
        throw new ApiFailure('bad-request', `${route.path} is no WebSocket; /events is.`);
      const offered = subprotocols(request).filter((name) => name !== '');
      if (offered.length > 0 && !offered.includes(EVENTS_PROTOCOL))
        throw new ApiFailure('bad-request', `The subprotocol here is ${EVENTS_PROTOCOL}.`);
      if (this.#streams.full) throw tooMany();
      this.#sockets.handleUpgrade(request, socket, head, (upgraded) => {
        this.#streams.addSocket(upgraded);
      });
    } catch (error) {
      const { status, body } = this.#failureOf(request, error);
      const text = `${JSON.stringify(body)}\n`;
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
      );
    }
  }
}

function tooMany(): ApiFailure {
  return new ApiFailure('too-many', 'Too many listen to the events already.');
}

/** What stands behind the question mark. A key that the route does not know is a mistake. */
function queryOf(route: Route, url: URL): unknown {
  const given: { [key: string]: string | number } = {};
  for (const [key, text] of url.searchParams)
    given[key] = /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (route.query !== undefined) return checked(given, route.query);
  const [unknown] = Object.keys(given);
  if (unknown === undefined) return {};
  throw new ApiFailure(
    'bad-request',
    unknown === 'token'
      ? 'The token stands in the header "authorization: Bearer …", never in the address.'
      : `${route.path} takes no "${unknown}".`,
  );
}

async function bodyOf(request: IncomingMessage, schema: z.ZodType): Promise<unknown> {
  const bytes = await bytesOf(request);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ApiFailure('bad-request', 'The body is no JSON.');
  }
  return checked(json, schema);
}

/** What a request holds. Of a body that is too large the rest is read and thrown away, so that the refusal arrives. */
function bytesOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(new ApiFailure('too-large', `A request holds ${BODY_BYTES_MAX} bytes at most.`));
      }
    });
    request.once('end', () => {
      resolve(Buffer.concat(chunks));
    });
    request.once('error', () => {
      reject(new ApiFailure('bad-request', 'The request broke off.'));
    });
  });
}

function checked(value: unknown, schema: z.ZodType): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue!.path.join('.');
  throw new ApiFailure(
    'bad-request',
    place === '' ? issue!.message : `${place}: ${issue!.message}`,
  );
}

/** Sends an answer. @throws if it is not what the document promises. */
function send(
  response: ServerResponse,
  { content, path }: Route,
  { status, body }: { status: number; body: unknown },
): void {
  if (content.kind === 'text') {
    response.writeHead(status, { 'content-type': content.type });
    response.end(String(body));
    return;
  }
  if (content.kind === 'json') {
    const { success, error } = content.schema.safeParse(body);
    if (!success)
      throw new Error(`the answer of ${path} is not what it should be: ${error.message}`);
  }
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
