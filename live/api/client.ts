/** Speaks to a running node by its API: finds port and token in the node's folder. */
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { NodeFolder } from '../node/folder.ts';
import { FAILURES, type Failure, type NodeEvent } from './schemas.ts';

/** The node does not run. */
export class NotRunningError extends Error {}
/** The node has refused; `message` is its sentence. */
export class RefusedError extends Error {
  /** Not the asker's mistake: the node cannot do it now. */
  readonly unavailable: boolean;

  constructor(message: string, unavailable: boolean) {
    super(message);
    this.unavailable = unavailable;
  }
}

export class ApiClient {
  readonly #port: number;
  readonly #token: string;
  readonly #name: string;

  constructor(folder: NodeFolder) {
    this.#name = folder.name;
    try {
      const { port } = JSON.parse(readFileSync(folder.file('api.json'), 'utf8')) as {
        port: number;
      };
      this.#port = port;
    } catch {
      throw notRunning(folder.name);
    }
    this.#token = folder.readSecret('api.token').trim();
  }

  get<T>(path: string): Promise<T> {
    return this.#ask('GET', path, undefined);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#ask('POST', path, body);
  }

  /** Calls `listener` with each event until the node goes or `signal` is raised. */
  async follow(listener: (event: NodeEvent) => void, signal?: AbortSignal): Promise<void> {
    const response = await this.#open('GET', '/events', undefined, signal);
    response.setEncoding('utf8');
    let rest = '';
    try {
      for await (const chunk of response as AsyncIterable<string>) {
        rest += chunk;
        const lines = rest.split('\n');
        rest = lines.pop()!;
        for (const line of lines) if (line !== '') listener(JSON.parse(line) as NodeEvent);
      }
    } catch (error) {
      if (signal?.aborted !== true && (error as { code?: string }).code !== 'ECONNRESET')
        throw error;
    }
  }

  async #ask<T>(method: string, path: string, body: unknown): Promise<T> {
    const response = await this.#open(method, path, body);
    response.setEncoding('utf8');
    let text = '';
    for await (const chunk of response as AsyncIterable<string>) text += chunk;
    const answer = JSON.parse(text) as T & Partial<Failure>;
    if (response.statusCode !== 200)
      throw new RefusedError(
        answer.error ?? `status ${response.statusCode}`,
        response.statusCode === FAILURES.unavailable,
      );
    return answer;
  }

  #open(
    method: string,
    path: string,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: this.#port,
          method,
          path,
          headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
          ...(signal === undefined ? {} : { signal }),
        },
        resolve,
      );
      request.on('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET'
            ? notRunning(this.#name)
            : error,
        );
      });
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function notRunning(name: string): NotRunningError {
  return new NotRunningError(
    `The node "${name}" does not run. Start it: mainframe node run ${name}`,
  );
}
