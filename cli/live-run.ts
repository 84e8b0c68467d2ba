/** Running a scenario on real sockets: what can be, and the world for it. */
import { BindError } from '../live/host/udp.ts';
import { LIVE_NODES_MAX, LiveWorld, openTransports } from '../live/world/live-world.ts';
import type { ResolvedScenario } from '../scenarios/model.ts';
import type { WorldMaker } from '../scenarios/run/world-port.ts';
import { EXIT, UserError } from './exit.ts';

/** @throws UserError (exit 3) for a scenario that live nodes cannot play. */
export function assertLive(scenario: ResolvedScenario): void {
  const refuse = (why: string): never => {
    throw new UserError(EXIT.scenario, 'MF-0160', `${why} Leave out --transport udp.`);
  };
  if (scenario.world.nodes > LIVE_NODES_MAX)
    refuse(
      `${scenario.world.nodes} nodes are too many for one machine's sockets; live runs have at most ${LIVE_NODES_MAX}.`,
    );
  if (scenario.money !== undefined && scenario.world.detail === 'packets')
    refuse(
      'Its packets are paid for on a simulated ledger, which live nodes of a run have no part in.',
    );
  const churning = scenario.roles.find(
    (role) => role.online !== undefined || role.sessionsFile !== undefined,
  );
  if (churning !== undefined)
    refuse(`Role "${churning.name}" comes and goes; live nodes of a run are started once.`);
  const fault = scenario.faults.find(({ kind }) => kind === 'crash' || kind === 'leave');
  if (fault !== undefined)
    refuse(`The scenario has a fault of kind ${fault.kind}; live nodes of a run are started once.`);
}

/** Sockets for all nodes, and a world on them. */
export async function openLive(
  scenario: ResolvedScenario,
): Promise<{ makeWorld: WorldMaker; close: () => Promise<void> }> {
  try {
    const transports = await openTransports(scenario.world.nodes);
    let world: LiveWorld | undefined;
    return {
      makeWorld: (options) => (world = new LiveWorld(options, transports)),
      close: async () => {
        if (world === undefined)
          await Promise.all(transports.map((transport) => transport.close()));
        else await world.close();
      },
    };
  } catch (error) {
    if (!(error instanceof BindError)) throw error;
    throw new UserError(
      EXIT.environment,
      'MF-0803',
      `A socket at ${error.address} cannot be had (${error.code}). Live runs use addresses in 127.0.0.0/8, one for each node.`,
    );
  }
}
