/** Running a scenario on real sockets: what can be, and the world for it. */
import { BindError } from '../live/host/udp.ts';
import { LiveWorld } from '../live/world/live-world.ts';
import { SpreadWorld } from '../live/world/spread-world.ts';
import { openWorkers, WorkerLost } from '../live/world/worker-line.ts';
import { LIVE_NODES_MAX, openSockets } from '../live/world/sockets.ts';
import type { ResolvedScenario } from '../scenarios/model.ts';
import type { WorldMaker } from '../scenarios/run/world-port.ts';
import { EXIT, UserError } from './exit.ts';
import { wholeNumber } from './options.ts';

/** Most processes of one run: a core each, and one for the run. */
const PROCESSES_MAX = 64;

/** The number of processes asked for. @throws UserError (exit 2). */
export function processesOf(
  asked: number | undefined,
  transport: 'simulated' | 'udp',
  nodes: number,
): number | undefined {
  if (asked === undefined) return undefined;
  const processes = wholeNumber('processes', asked, 1);
  const refuse = (why: string): never => {
    throw new UserError(EXIT.usage, 'MF-0205', why);
  };
  if (transport !== 'udp')
    refuse('--processes spreads live nodes over processes: give --transport udp with it.');
  if (processes > PROCESSES_MAX)
    refuse(`--processes ${processes} is too many; the most is ${PROCESSES_MAX}.`);
  if (processes > nodes) refuse(`--processes ${processes}: the world has only ${nodes} nodes.`);
  return processes;
}

/** @throws UserError (exit 3) for a scenario that live nodes cannot play. */
export function assertLive(scenario: ResolvedScenario): void {
  const refuse = (why: string): never => {
    throw new UserError(EXIT.scenario, 'MF-0160', `${why} Leave out --transport udp.`);
  };
  const { nodes, detail, network } = scenario.world;
  if (detail === 'flows')
    refuse('A world of flows has no packets that could go through sockets (world.detail).');
  if (nodes > LIVE_NODES_MAX)
    refuse(
      `${nodes} nodes are too many for one machine's sockets; live runs have at most ${LIVE_NODES_MAX}.`,
    );
  if (scenario.money !== undefined)
    refuse(
      'Its packets are paid for on a simulated ledger, which live nodes of a run have no part in.',
    );
  if (network.duplicateRatio > 0) refuse('Live runs cannot duplicate datagrams (world.duplicate).');
}

export interface LiveGround {
  makeWorld: WorldMaker;
  close: () => Promise<void>;
}

/** Sockets for all nodes, and a world on them: in this process, or spread over `processes` others. */
export async function openLive(
  scenario: ResolvedScenario,
  seed: number,
  processes: number | undefined,
): Promise<LiveGround> {
  if (processes !== undefined) {
    const lines = await openWorkers(scenario, seed, processes);
    return {
      makeWorld: (options) => new SpreadWorld(options, lines),
      close: async () => {
        await Promise.all(lines.map((line) => line.close()));
      },
    };
  }
  const sockets = await openSockets([...Array(scenario.world.nodes).keys()]);
  let world: LiveWorld | undefined;
  return {
    makeWorld: (options) => (world = new LiveWorld(options, { sockets })),
    close: async () => {
      if (world !== undefined) await world.close();
      else await Promise.all([...sockets.values()].map((socket) => socket.close()));
    },
  };
}

/** What ended a live run, as the user shall hear it. */
export function liveFailure(error: unknown): unknown {
  if (error instanceof BindError)
    return new UserError(
      EXIT.environment,
      'MF-0803',
      `A socket at ${error.address} cannot be had (${error.code}). Live runs use addresses in 127.0.0.0/8, one for each node.`,
    );
  if (error instanceof WorkerLost)
    return new UserError(
      EXIT.environment,
      'MF-0826',
      `${error.message} Nothing was kept. Use fewer --processes if the machine has run out of memory, or run it again.`,
    );
  return error;
}
