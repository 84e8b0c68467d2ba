/**
 * A sweep's worker process: runs what it is sent, one run at a time, and sends the summary back. A process of its own keeps each run's
 * memory and crashes apart.
 */
import type { ResolvedScenario } from '../model.ts';
import { runScenario } from '../run/run.ts';
import type { RunSummary } from '../summary.ts';

export interface WorkerRequest {
  job: number;
  scenario: ResolvedScenario;
  seed: number;
}

export type WorkerReply =
  { job: number; ok: true; summary: RunSummary } | { job: number; ok: false; message: string };

// The parent decides when to end; Ctrl-C reaches the whole process group and must not kill a run that is to be kept.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (request: WorkerRequest) => {
  runScenario(request.scenario, { seed: request.seed }).then(
    (summary) => reply({ job: request.job, ok: true, summary }),
    (error: unknown) =>
      reply({
        job: request.job,
        ok: false,
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  );
});

function reply(message: WorkerReply): void {
  process.send?.(message);
}
