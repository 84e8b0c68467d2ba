/**
 * Faults and churn: what goes wrong in a world, when, to whom, and how often it really did.
 *
 * Every fault draws from streams of its own and counts its firings: a fault that was declared and never fired makes the
 * answer of a run worthless, so the runner fails such a run (an expectation of its own). Sessions (churn) are schedules of a
 * role; faults strike on top of them.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { parseSessionTrace, sessionsByLaw, sessionsByTrace } from '../../sim/churn/sessions.ts';
import { CONTROL_CRASH, CONTROL_START, CONTROL_STOP } from '../../sim/world.ts';
import type { ScenarioWorld } from './world-port.ts';
import type { Fault, Role } from '../model.ts';
import { unfiredFault } from '../expect/faults.ts';
import type { ExpectationResult, FaultResult } from '../summary.ts';

/** Kinds of world events that faults use (argument: index of the fault). */
export const WORLD_FAULT_BEGIN = 1;
export const WORLD_FAULT_END = 2;

export interface FaultSetting {
  world: ScenarioWorld;
  faults: readonly Fault[];
  roles: readonly Role[];
  roleOf: Uint8Array;
  durationUs: number;
}

export class FaultEngine {
  readonly #setting: FaultSetting;
  readonly #fired: number[];
  /** How often each fault has begun. */
  readonly #begun: number[];
  /** Losses and partitions in force, so that overlapping ones end one by one. */
  readonly #losses = new Map<number, number>();

  constructor(setting: FaultSetting) {
    this.#setting = setting;
    this.#fired = setting.faults.map(() => 0);
    this.#begun = setting.faults.map(() => 0);
  }

  /** Puts every firing on the world's calendar. */
  schedule(): void {
    const { world, faults, durationUs } = this.#setting;
    faults.forEach((_, index) => {
      for (let turn = 0; ; turn++) {
        const atUs = this.#planned(index, turn);
        if (!(atUs < durationUs)) break;
        world.atWorld(Math.max(1, atUs), WORLD_FAULT_BEGIN, index);
      }
    });
  }

  /** Handles a world event; true if it was a fault's. */
  onWorldEvent(kind: number, argument: number): boolean {
    if (kind === WORLD_FAULT_BEGIN) this.#begin(argument);
    else if (kind === WORLD_FAULT_END) this.#end(argument);
    else return false;
    return true;
  }

  /** One broken expectation for each fault that was to strike and did not: whatever the run says is then about another world. */
  unfired(): ExpectationResult[] {
    return this.#setting.faults.flatMap((fault, index) =>
      fault.ratio > 0 && this.#fired[index] === 0 ? [unfiredFault(index, fault.kind)] : [],
    );
  }

  results(): FaultResult[] {
    return this.#setting.faults.map((fault, index) => ({
      kind: fault.kind,
      fired: this.#fired[index]!,
    }));
  }

  /** When a fault begins for the `turn`-th time (from 0); Infinity for never. */
  #planned(index: number, turn: number): number {
    const fault = this.#setting.faults[index]!;
    const periodUs = 'everyUs' in fault ? fault.everyUs : undefined;
    const firstUs = fault.atUs ?? periodUs;
    if (firstUs === undefined)
      throw new Error(`fault ${index} (${fault.kind}) has neither a time nor a period`);
    return turn === 0 ? firstUs : firstUs + turn * (periodUs ?? Infinity);
  }

  #begin(index: number): void {
    const { world, faults } = this.#setting;
    const fault = faults[index]!;
    // The planned time and not the world's: a world in real time is a little late, and the same nodes are to be struck.
    const nowUs = Math.max(1, this.#planned(index, this.#begun[index]!++));
    if (fault.kind === 'crash' || fault.kind === 'leave') {
      const control = fault.kind === 'crash' ? CONTROL_CRASH : CONTROL_STOP;
      for (const node of this.#strike(index, nowUs, fault.ratio, fault.of)) {
        world.controlAt(nowUs + 1, node, control);
        if (fault.forUs !== undefined)
          world.controlAt(nowUs + 1 + fault.forUs, node, CONTROL_START);
        this.#fired[index]!++;
      }
      return;
    }
    this.#fired[index]!++;
    if (fault.kind === 'partition') {
      const side = new Uint8Array(world.size);
      for (const node of this.#strike(index, nowUs, fault.ratio, 'anyone')) side[node] = 1;
      world.network.setPartition(side);
    } else {
      this.#losses.set(index, fault.ratio);
      this.#applyLoss();
    }
    world.atWorld(nowUs + fault.forUs, WORLD_FAULT_END, index);
  }

  #end(index: number): void {
    const fault = this.#setting.faults[index]!;
    if (fault.kind === 'partition') this.#setting.world.network.setPartition(undefined);
    else if (this.#losses.delete(index)) this.#applyLoss();
  }

  #applyLoss(): void {
    let delivered = 1;
    for (const ratio of this.#losses.values()) delivered *= 1 - ratio;
    this.#setting.world.network.setExtraLoss(1 - delivered);
  }

  /** Online nodes of a role, each struck with probability `ratio` by the fault's own stream. */
  #strike(index: number, nowUs: number, ratio: number, of: string): number[] {
    const { world, roles, roleOf } = this.#setting;
    const role = roles.findIndex((r) => r.name === of);
    const random = world.streams.stream(`fault/${index}/${nowUs}`);
    const struck: number[] = [];
    for (let node = 0; node < world.size; node++) {
      const drawn = random.uint32() / 4294967296;
      if (world.online[node] === 0) continue;
      if (of !== 'anyone' && roleOf[node] !== role) continue;
      if (drawn < ratio) struck.push(node);
    }
    return struck;
  }
}

/** Schedules the sessions of every node whose role comes and goes; returns how many such nodes there are. */
export function scheduleSessions(
  setting: FaultSetting,
  streamOf: (node: number) => RandomStream,
  traceOf: (role: Role) => string | undefined,
): number {
  const { world, roles, roleOf, durationUs } = setting;
  let churning = 0;
  const ordinal = roles.map(() => 0);
  const traces = roles.map((role) => {
    const text = traceOf(role);
    return text === undefined ? undefined : parseSessionTrace(text);
  });
  for (let node = 0; node < world.size; node++) {
    const roleIndex = roleOf[node]!;
    const role = roles[roleIndex]!;
    const trace = traces[roleIndex];
    if (role.online === undefined && role.offline === undefined && trace === undefined) continue;
    churning++;
    const changes =
      trace === undefined
        ? sessionsByLaw(role, streamOf(node), durationUs)
        : sessionsByTrace(trace, ordinal[roleIndex]!++, durationUs);
    for (const change of changes) {
      world.controlAt(Math.max(1, change.atUs), node, change.online ? CONTROL_START : CONTROL_STOP);
    }
  }
  return churning;
}
