/** The thread in which the EVM runs: answers each request, then wakes whoever waits for it. */
/* eslint-disable no-restricted-syntax -- the EVM is asynchronous, and this thread is where it may be. */
import { workerData } from 'node:worker_threads';
import { EvmMachine } from './evm-machine.ts';
import type { EvmReplies, EvmReply, EvmRequest, EvmRun, EvmThreadData } from './evm-protocol.ts';

const { chainId, flag, port } = workerData as EvmThreadData;
const machine = EvmMachine.create(chainId);

async function answer(request: EvmRequest): Promise<EvmReplies[EvmRequest['kind']]> {
  const evm = await machine;
  switch (request.kind) {
    case 'run': {
      const runs: EvmRun[] = [];
      for (const call of request.calls) runs.push(await evm.run(call));
      return runs;
    }
    case 'place':
      return evm.place(request.state, request.at, request.code);
    case 'release':
      return void evm.release(request.state);
  }
}

function reply(message: EvmReply<EvmRequest['kind']>): void {
  port.postMessage(message);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
}

port.on('message', (request: EvmRequest) => {
  answer(request).then(
    (value) => reply({ ok: true, value }),
    (error: unknown) => reply({ ok: false, why: String((error as Error).stack ?? error) }),
  );
});
