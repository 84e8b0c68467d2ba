/**
 * Asks a JSON-RPC endpoint, by viem's HTTP transport: requests of one moment go in one batch, an answer has a time limit and a size limit, and what comes is
 * checked before anybody sees it. Nothing is tried again here: whoever asks knows whether it still wants to know.
 */
import { BaseError, http, HttpRequestError, RpcRequestError, TimeoutError } from 'viem';
import type { z } from 'zod';
import { ChainTrouble, RpcRefusal } from './trouble.ts';

/** Most that one answer may hold. */
const ANSWER_BYTES_MAX = 8 * 2 ** 20;
const BATCH_MAX = 50;

type Request = (asked: { method: string; params: unknown }) => Promise<unknown>;

export class Rpc {
  /** The endpoint without what may be secret in its address. */
  readonly place: string;
  readonly #request: Request;
  readonly #abort = new AbortController();
  readonly #timeoutMs: number;

  constructor(url: string, timeoutMs: number) {
    const { protocol, host } = new URL(url);
    this.place = `${protocol}//${host}`;
    this.#timeoutMs = timeoutMs;
    const transport = http(url, {
      batch: { batchSize: BATCH_MAX },
      timeout: timeoutMs,
      retryCount: 0,
      maxResponseBodySize: ANSWER_BYTES_MAX,
      fetchOptions: { signal: this.#abort.signal },
    });
    this.#request = transport({}).request as Request;
  }

  /**
   * The answer to one question, as `schema` has it.
   * @throws ChainTrouble where there is no answer or a wrong one, RpcRefusal where the endpoint says no.
   */
  async ask<S extends z.ZodType>(
    method: string,
    params: readonly unknown[],
    schema: S,
  ): Promise<z.output<S>> {
    let answer: unknown;
    try {
      answer = await this.#request({ method, params });
    } catch (error) {
      throw this.#explained(error, method);
    }
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const where = issue!.path.length === 0 ? '' : `${issue!.path.join('.')}: `;
    throw new ChainTrouble(
      'chain-lies',
      `${this.place} answers ${method} with something else than it should (${where}${issue!.message})`,
    );
  }

  /** Gives up all that is being asked. */
  close(): void {
    this.#abort.abort();
  }

  #explained(error: unknown, method: string): Error {
    const walk = <E extends Error>(kind: new (...words: never[]) => E): E | undefined =>
      error instanceof BaseError
        ? ((error.walk((one) => one instanceof kind) as E | null) ?? undefined)
        : undefined;
    const refused = walk(RpcRequestError);
    if (refused !== undefined)
      return new RpcRefusal(refused.details || refused.shortMessage, dataOf(refused.data));
    if (walk(TimeoutError) !== undefined)
      return new ChainTrouble(
        'chain-silent',
        `${this.place} has not answered ${method} within ${this.#timeoutMs / 1_000} s`,
      );
    const failed = walk(HttpRequestError);
    if (failed !== undefined && failed.status === undefined)
      return new ChainTrouble('chain-silent', `${this.place} cannot be reached`);
    if (failed !== undefined)
      return new ChainTrouble('chain-silent', `${this.place} answers with status ${failed.status}`);
    return new ChainTrouble('chain-lies', `${this.place} answers ${method} with what is no answer`);
  }
}

/** What a refusal brings along; some endpoints wrap it once more. */
function dataOf(data: unknown): string | undefined {
  if (typeof data === 'string') return data;
  if (typeof data === 'object' && data !== null && 'data' in data) return dataOf(data.data);
  return undefined;
}
