/** A chain endpoint between a node and anvil that tells the truth until a test makes it lie, stall or talk nonsense. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Question {
  id: number;
  method: string;
  params: unknown[];
}
interface Answer {
  id: number;
  result?: unknown;
}

export class Liar {
  /** What to say instead of `result`. */
  lie: ((method: string, result: unknown, params: unknown[]) => unknown) | undefined;
  /** Whole answers instead of JSON. */
  nonsense: { status: number; body: string } | undefined;
  /** Never answers. */
  stalls = false;
  /** Whom it asks. */
  target: string;
  /** Questions that were heard, by method. */
  readonly heard: string[] = [];
  readonly #server: Server;

  private constructor(target: string) {
    this.target = target;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async before(target: string): Promise<Liar> {
    const liar = new Liar(target);
    await new Promise<void>((resolve) => liar.#server.listen(0, '127.0.0.1', resolve));
    return liar;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  honest(): void {
    this.lie = undefined;
    this.nonsense = undefined;
    this.stalls = false;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const asked = JSON.parse(body) as Question | Question[];
    for (const { method } of [asked].flat()) this.heard.push(method);
    if (this.stalls) return;
    if (this.nonsense !== undefined) {
      response.writeHead(this.nonsense.status, { 'content-type': 'application/json' });
      response.end(this.nonsense.body);
      return;
    }
    const truth = await fetch(this.target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const answers = (await truth.json()) as Answer | Answer[];
    const told = [answers].flat().map((answer): Answer => {
      const question = [asked].flat().find(({ id }) => id === answer.id)!;
      if (this.lie === undefined || !('result' in answer)) return answer;
      return { ...answer, result: this.lie(question.method, answer.result, question.params) };
    });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(Array.isArray(answers) ? told : told[0]));
  }
}
