/**
 * The line to one worker process: what it says waits here until somebody takes it, and its end, whatever the reason, is thrown to whoever waits for it
 * or takes from it.
 */
import type { ChildProcess } from 'node:child_process';
import { startChild } from '../../scenarios/sweep/pool.ts';
import type { ResolvedScenario } from '../../scenarios/model.ts';
import { BindError } from '../host/udp.ts';
import type { ToRun, ToWorker } from './messages.ts';

/** A worker says something 40 times a second; one that is silent for so long hangs. Counted in ticks, so that a stall of this process does not count. */
const SILENT_TICKS_MAX = 30;
const TICK_MS = 1_000;
/** How long a worker may take to end, milliseconds. */
const END_MS = 5_000;

/** A worker process has ended, or hangs. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost';
}

type Saying = ToRun['say'];

export class WorkerLine {
  readonly nodes: readonly number[];
  endpoints: ReadonlyMap<number, Uint8Array> = new Map();
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #said: ToRun[] = [];
  #lost: Error | undefined;
  #ending = false;
  #silentTicks = 0;
  #ticks: NodeJS.Timeout | undefined;
  #move: () => void = () => undefined;
  #moved: Promise<void>;

  /** Starts the process. @param nodes which live there */
  constructor(number: number, of: number, nodes: readonly number[]) {
    this.nodes = nodes;
    this.#name = `Process ${number} of ${of}, in which ${nodes.length} nodes live,`;
    this.#moved = this.#nextMove();
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#child = startChild(new URL(`./worker.${extension}`, import.meta.url), 'advanced');
    this.#child.on('message', (message: ToRun) => {
      this.#silentTicks = 0;
      if (message.say === 'failed') this.#end(failureOf(message));
      else this.#said.push(message);
      this.#move();
    });
    this.#child.once('exit', (code, signal) => {
      this.#end(new WorkerLost(`${this.#name} ended (${signal ?? `exit code ${code}`}).`));
    });
    this.#child.once('error', (error) => {
      this.#end(new WorkerLost(`${this.#name} could not be started: ${error.message}.`));
    });
  }

  /** Has it open its sockets. */
  async open(scenario: ResolvedScenario, seed: number): Promise<void> {
    this.tell({ say: 'open', scenario, seed, nodes: this.nodes });
    this.endpoints = (await this.next('opened')).endpoints;
  }

  tell(message: ToWorker): void {
    if (message.say === 'begin') this.#watch();
    // A channel that is gone is reported by the exit of the process.
    this.#child.send(message, () => undefined);
  }

  /** All that it has said of this kind and nobody has taken. @throws what ended it. */
  take<S extends Saying>(say: S): Extract<ToRun, { say: S }>[] {
    if (this.#lost !== undefined) throw this.#lost;
    const taken = this.#said.filter((message) => message.say === say);
    const left = this.#said.filter((message) => message.say !== say);
    this.#said.splice(0, this.#said.length, ...left);
    return taken as Extract<ToRun, { say: S }>[];
  }

  /** Waits for the next message of a kind. @throws what ended it. */
  async next<S extends Saying>(say: S): Promise<Extract<ToRun, { say: S }>> {
    for (;;) {
      const [message] = this.take(say);
      if (message !== undefined) return message;
      await this.moved();
    }
  }

  /** Resolves when it has said something, or ended. */
  moved(): Promise<void> {
    return this.#moved;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    clearInterval(this.#ticks);
    this.#ending = true;
    const child = this.#child;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    this.tell({ say: 'end' });
    const late = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await ended;
    clearTimeout(late);
  }

  #watch(): void {
    this.#ticks = setInterval(() => {
      if (++this.#silentTicks < SILENT_TICKS_MAX) return;
      this.#end(new WorkerLost(`${this.#name} has said nothing for ${SILENT_TICKS_MAX} s.`));
      this.#child.kill('SIGKILL');
    }, TICK_MS);
  }

  #end(why: Error): void {
    if (!this.#ending) this.#lost ??= why;
    this.#move();
  }

  #nextMove(): Promise<void> {
    return new Promise((resolve) => {
      this.#move = () => {
        this.#moved = this.#nextMove();
        resolve();
      };
    });
  }
}

function failureOf({ message, stack, bind }: Extract<ToRun, { say: 'failed' }>): Error {
  if (bind !== undefined) return new BindError(bind.code, bind);
  const error = new Error(message);
  error.stack = stack;
  return error;
}

/** Starts the workers of a world of `nodes` nodes and has them make it; node n lives in process n mod `processes`. */
export async function openWorkers(
  scenario: ResolvedScenario,
  seed: number,
  processes: number,
): Promise<WorkerLine[]> {
  const nodes = [...Array(scenario.world.nodes).keys()];
  const lines = Array.from(
    { length: processes },
    (_, i) =>
      new WorkerLine(
        i + 1,
        processes,
        nodes.filter((node) => node % processes === i),
      ),
  );
  try {
    await Promise.all(lines.map((line) => line.open(scenario, seed)));
    await Promise.all(
      lines.map(async (line) => {
        const others = lines.filter((other) => other !== line);
        line.tell({
          say: 'settle',
          others: new Map(others.flatMap(({ endpoints }) => [...endpoints])),
        });
        await line.next('settled');
      }),
    );
    return lines;
  } catch (error) {
    await Promise.all(lines.map((line) => line.close()));
    throw error;
  }
}
