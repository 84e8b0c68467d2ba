/**
 * An EVM that answers at once. The EVM library is asynchronous and the engine is not, so the EVM runs on a thread of its own and this one
 * waits for each answer. Waiting costs some tens of microseconds a call, a fifth of what the call itself costs.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import {
  MessageChannel,
  receiveMessageOnPort,
  Worker,
  type MessagePort,
} from 'node:worker_threads';
import type { EvmReplies, EvmReply, EvmRequest, EvmThreadData } from './evm-protocol.ts';

/** Longest that one answer may take, ms: a thread that could not start never answers. */
const ANSWER_MS_MAX = 60_000;

export class EvmThread {
  readonly #worker: Worker;
  readonly #flag: Int32Array;
  readonly #port: MessagePort;

  constructor(chainId: bigint) {
    this.#flag = new Int32Array(new SharedArrayBuffer(4));
    const { port1, port2 } = new MessageChannel();
    const data: EvmThreadData = { chainId, flag: this.#flag, port: port2 };
    this.#worker = startWorker(data);
    this.#port = port1;
    this.#worker.unref();
    port1.unref();
  }

  /** Asks and waits. @throws what went wrong over there, or that nothing came. */
  ask<Kind extends EvmRequest['kind']>(
    request: Extract<EvmRequest, { kind: Kind }>,
  ): EvmReplies[Kind] {
    Atomics.store(this.#flag, 0, 0);
    this.#port.postMessage(request);
    // The wake-up of the previous answer may come only now; what counts is the flag.
    while (Atomics.load(this.#flag, 0) === 0)
      if (Atomics.wait(this.#flag, 0, 0, ANSWER_MS_MAX) === 'timed-out')
        throw new Error('the EVM did not answer; its thread may not have started');
    const received = receiveMessageOnPort(this.#port);
    const reply = received?.message as EvmReply<Kind> | undefined;
    if (reply === undefined) throw new Error('the EVM woke us without an answer');
    if (!reply.ok) throw new Error(`in the EVM: ${reply.why}`);
    return reply.value;
  }

  /** Ends the thread. */
  close(): void {
    void this.#worker.terminate();
  }
}

/** In a build the worker is JavaScript; from the sources it has to bring a loader for TypeScript along. */
function startWorker(data: EvmThreadData): Worker {
  const options = { workerData: data, transferList: [data.port] };
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./evm-worker.js', import.meta.url), options);
  // What `require` would get is the loader for CommonJS; its twin for modules lies beside it.
  const required = createRequire(import.meta.url).resolve('tsx/esm/api');
  const loader = pathToFileURL(required.replace(/cjs$/, 'mjs')).href;
  const file = new URL('./evm-worker.ts', import.meta.url).href;
  const code = `import('${loader}').then(({ register }) => { register(); return import('${file}'); })`;
  return new Worker(code, { ...options, eval: true });
}
