/**
 * The node's HTTP API, on loopback only: what the command line and other programs of the same user ask of a running node.
 *
 * Everything but `/health` and `/ready` needs the token that stands in the node's folder (mode 0600), so another user of the machine can see that a
 * node runs and no more. Requests that a browser makes for some web page are refused by their Origin. Bodies are bounded; answers are JSON.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { RequestError, type LiveNode } from '../node/daemon.ts';
import { metricsText } from './metrics.ts';

const BODY_BYTES_MAX = 64 * 1024;

const MESSAGE = z.strictObject({
  to: z.string().min(1),
  text: z.string(),
  luminosityBits: z.number().int().min(0).max(256).optional(),
});
const PERSON = z.strictObject({ name: z.string().min(1), card: z.string().min(1) });

/** An answer with a status other than 200. */
class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Handler = (request: IncomingMessage, url: URL, response: ServerResponse) => Promise<unknown>;

export class ApiServer {
  readonly #node: LiveNode;
  readonly #token: string;
  readonly #server: Server;
  readonly #onStop: () => void;
  readonly #streams = new Set<ServerResponse>();
  readonly #routes: { readonly [route: string]: Handler };

  /** @param onStop called when somebody asks the node to stop. */
  constructor(node: LiveNode, token: string, onStop: () => void) {
    this.#node = node;
    this.#token = token;
    this.#onStop = onStop;
    this.#routes = {
      'GET /status': () => Promise.resolve(node.status()),
      'GET /peers': () => Promise.resolve({ peers: node.peers() }),
      'GET /card': () => Promise.resolve({ card: node.card }),
      'GET /contacts': async () => ({ contacts: await node.people() }),
      'POST /contacts': async (request) => {
        const { name, card } = await bodyOf(request, PERSON);
        return node.add(name, card);
      },
      'POST /messages': async (request) => {
        const { to, text, luminosityBits } = await bodyOf(request, MESSAGE);
        return node.say(to, text, luminosityBits);
      },
      'GET /inbox': async (_request, url) => ({
        messages: await node.letters(Number(url.searchParams.get('after') ?? 0) || 0),
      }),
      'GET /events': (_request, _url, response) => this.#stream(response),
      'GET /metrics': (_request, _url, response) => {
        response.setHeader('content-type', 'text/plain; version=0.0.4');
        response.end(metricsText(node.status()));
        return Promise.resolve(undefined);
      },
      'POST /stop': () => {
        setImmediate(this.#onStop);
        return Promise.resolve({ stopping: true });
      },
    };
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
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

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.end();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const body = await this.#dispatch(request, url, response);
      if (body !== undefined) send(response, 200, body);
    } catch (error) {
      if (response.headersSent) response.end();
      else if (error instanceof HttpError) send(response, error.status, { error: error.message });
      else if (error instanceof RequestError) send(response, 400, { error: error.message });
      else send(response, 500, { error: error instanceof Error ? error.message : String(error) });
    }
  }

  #dispatch(request: IncomingMessage, url: URL, response: ServerResponse): Promise<unknown> {
    if (request.headers.origin !== undefined)
      throw new HttpError(403, 'Web pages may not speak to the node.');
    const route = `${request.method ?? 'GET'} ${url.pathname}`;
    if (route === 'GET /health' || route === 'GET /ready') return this.#health(response);
    const handler = this.#routes[route];
    if (!this.#authorised(request))
      throw new HttpError(
        401,
        "The token is missing or wrong: it stands in the node's folder, api.token.",
      );
    if (handler === undefined) throw new HttpError(404, `There is nothing at ${route}.`);
    return handler(request, url, response);
  }

  #health(response: ServerResponse): Promise<undefined> {
    const { state, reasons } = this.#node.status();
    send(response, state === 'ready' ? 200 : 503, { state, reasons });
    return Promise.resolve(undefined);
  }

  #authorised(request: IncomingMessage): boolean {
    const given = Buffer.from(request.headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${this.#token}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  /** One line of JSON for each text that comes, until the other side goes. */
  #stream(response: ServerResponse): Promise<undefined> {
    response.writeHead(200, {
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
    });
    response.flushHeaders();
    this.#streams.add(response);
    const stop = this.#node.watch((letter) => {
      response.write(`${JSON.stringify({ event: 'message', ...letter })}\n`);
    });
    response.on('close', () => {
      stop();
      this.#streams.delete(response);
    });
    return Promise.resolve(undefined);
  }
}

async function bodyOf<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > BODY_BYTES_MAX)
      throw new HttpError(413, `A request holds ${BODY_BYTES_MAX} bytes at most.`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new HttpError(400, 'The body is no JSON.');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new HttpError(400, `${issue!.path.join('.')}: ${issue!.message}`);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
