/** The conversations of a scenario on real sockets: the same nodes, users and metrics as in the simulator. */
import { expect, it } from 'vitest';
import { LiveWorld } from '../../../live/world/live-world.ts';
import { openSockets } from '../../../live/world/sockets.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import { scenarioOf } from '../../support/scenario.ts';

it('are held by live nodes as they are by simulated ones', { timeout: 30_000 }, async () => {
  const scenario = scenarioOf(`
scenario: live-talk
world: { nodes: 8, duration: 7 s, warmup: 1 s, suite: native, latency: 20 ms }
services: { overlay: { refresh: never }, routing: { lifetime: 2 s }, link: { encrypt: true, keepalive: never } }
traffic: [{ messages: 4, size: 100 B, luminosity: 1 bits, conversation: true, reply: 300 ms }]
`);
  let world: LiveWorld | undefined;
  const sockets = await openSockets([...Array(scenario.world.nodes).keys()]);
  const live = await runScenario(scenario, {
    seed: 1,
    makeWorld: (options) => (world = new LiveWorld(options, { sockets })),
  });
  await world!.close();
  const simulated = await runScenario(scenario, { seed: 1 });
  // The last answers may fall on either side of what is counted.
  for (const metric of ['session.delivery', 'session.packets'])
    expect(Math.abs(live.metrics[metric]!.count - simulated.metrics[metric]!.count)).toBeLessThan(
      2,
    );
  expect(live.metrics['session.delivery']!.mean).toBe(1);
  expect(live.metrics['session.duplicates']!.max).toBe(0);
  expect(live.metrics['session.packets']!.mean).toBe(2);
  const { count, min } = live.metrics['session.reply']!;
  expect(count).toBe(simulated.metrics['session.reply']!.count);
  // There and back, and the wait.
  expect(min).toBeGreaterThanOrEqual(340_000);
});
