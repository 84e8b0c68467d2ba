/** Running a scenario on real sockets: what can be, and the world for it. */
import { BindError } from '../live/host/udp.ts';
import { LiveWorld } from '../live/world/live-world.ts';
import { LIVE_NODES_MAX, openSockets } from '../live/world/sockets.ts';
import type { ResolvedScenario } from '../scenarios/model.ts';
import type { WorldMaker } from '../scenarios/run/world-port.ts';
import { EXIT, UserError } from './exit.ts';

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
  if (network.duplicateRatio > 0) refuse('Live runs cannot duplicate datagrams (world.duplicate).');
}

export interface LiveGround {
  makeWorld: WorldMaker;
  close: () => Promise<void>;
}

/** Sockets for all nodes, and a world on them. */
export async function openLive(scenario: ResolvedScenario): Promise<LiveGround> {
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
  return error;
}
