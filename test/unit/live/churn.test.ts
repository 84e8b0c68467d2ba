/** Nodes of a live run stop, crash and come back on real sockets, as their simulated twins do. */
import { expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { LiveWorld } from '../../../live/world/live-world.ts';
import { openSocket, openSockets } from '../../../live/world/sockets.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import { CONTROL_CRASH, CONTROL_START, CONTROL_STOP } from '../../../sim/world.ts';
import { scenarioOf } from '../../support/scenario.ts';

const STRUCK = `
scenario: struck
world: { nodes: 6, duration: 9 s, warmup: 500 ms, suite: native, latency: 20 ms }
roles: { steady: { count: 4 }, phones: { count: 2, online: exponential(3 s), offline: exponential(1 s) } }
services: { overlay: { refresh: never, start: converged }, routing: { lifetime: 2 s }, link: { encrypt: true, keepalive: never } }
traffic: [{ from: steady, to: steady, messages: 6, size: 100 B, luminosity: 0 bits, conversation: true }]
faults: [{ every: 2 s, crash: 60%, of: steady, for: 700 ms }]
`;

it('strikes the same nodes and loses no text', { timeout: 30_000 }, async () => {
  const scenario = scenarioOf(STRUCK);
  const worlds: LiveWorld[] = [];
  const sockets = await openSockets([...Array(scenario.world.nodes).keys()]);
  const live = await runScenario(scenario, {
    seed: 3,
    makeWorld: (options) => {
      worlds.push(new LiveWorld(options, { sockets }));
      return worlds[0]!;
    },
  });
  await worlds[0]!.close();
  const simulated = await runScenario(scenario, { seed: 3 });
  expect(live.faults).toEqual(simulated.faults);
  expect(live.faults[0]!.fired).toBeGreaterThan(3);
  const { count, min } = live.metrics['session.delivery']!;
  expect(count).toBe(simulated.metrics['session.delivery']!.count);
  expect(min).toBe(1);
  expect(live.metrics['session.duplicates']!.max).toBe(0);
});

/** A live world of two nodes that only remember what happens to them. */
async function pair(): Promise<{ world: LiveWorld; told: string[]; draws: number[] }> {
  const told: string[] = [];
  const draws: number[] = [];
  const world = new LiveWorld(
    {
      seed: 1,
      crypto: createSuite('modelled'),
      network: {
        latency: { kind: 'constant', delayUs: 1_000 },
        duplicateRatio: 0,
        reorderRatio: 0,
        queue: { kind: 'drop-tail', limitBytes: 1e6 },
        mtuBytes: 1_500,
      },
    },
    { sockets: await openSockets([0, 1]) },
  );
  for (const node of [0, 1])
    world.addNode(new Uint8Array(32).fill(node + 1), new Uint8Array(18), (host) => ({
      start() {
        told.push(`${node} start`);
        draws.push(host.random('keys').uint32());
        host.setTimer(100_000, 1, 0);
      },
      stop: () => {
        told.push(`${node} stop`);
        host.send(1 - node, Uint8Array.of(7), 0, 1);
      },
      onDatagram: (from, bytes, offset) => {
        told.push(`${node} hears ${bytes[offset]} of ${from}`);
        return 0;
      },
      onTimer: (kind) => {
        told.push(`${node} timer ${kind}`);
        return 0;
      },
    }));
  return { world, told, draws };
}

it('is silent while it is down, and draws nothing twice', { timeout: 20_000 }, async () => {
  const { world, told, draws } = await pair();
  world.start(0);
  world.start(1);
  world.controlAt(10_000, 0, CONTROL_CRASH);
  world.atNode(60_000, 0, 5, 0);
  world.controlAt(200_000, 0, CONTROL_START);
  world.atNode(260_000, 0, 6, 0);
  world.controlAt(400_000, 0, CONTROL_STOP);
  world.controlAt(401_000, 0, CONTROL_START);
  world.controlAt(402_000, 0, CONTROL_START);
  await world.run(700_000);
  const ofFirst = told.filter((line) => line.startsWith('0'));
  expect(ofFirst).toEqual([
    '0 start',
    '0 start',
    '0 timer 6',
    '0 timer 1',
    '0 stop',
    '0 start',
    '0 timer 1',
  ]);
  // What left before the end of a life arrives.
  expect(told).toContain('1 hears 7 of 0');
  expect(new Set(draws).size).toBe(4);
  const up = world.upTimeUs(0);
  expect(up).toBeGreaterThan(400_000);
  expect(up).toBeLessThan(600_000);
  await world.close();
});

it('ends the run when the place of a node has been taken', { timeout: 20_000 }, async () => {
  const { world } = await pair();
  world.start(0);
  world.controlAt(10_000, 0, CONTROL_CRASH);
  let port = 0;
  const endpoint = new Uint8Array(18);
  world.peers.writeEndpoint(0, endpoint, 0);
  port = (endpoint[16]! << 8) | endpoint[17]!;
  await world.run(100_000);
  const thief = await openSocket(0, port);
  world.controlAt(150_000, 0, CONTROL_START);
  await expect(world.run(500_000)).rejects.toThrow('the port is taken by another program');
  await world.close();
  await thief.close();
});
