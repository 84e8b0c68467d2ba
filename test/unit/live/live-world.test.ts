/** A live run ends with the first fault of a node or an observer, as a simulated one does. */
import { expect, it } from 'vitest';
import { LiveWorld } from '../../../live/world/live-world.ts';
import { openSockets } from '../../../live/world/sockets.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';

it.each(['timer', 'recorder'] as const)('does not go on after a fault in a %s', async (where) => {
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
    { sockets: await openSockets([0]) },
  );
  const fault = (): never => {
    throw new Error('a mistake');
  };
  world.recorder = { event: where === 'recorder' ? fault : () => undefined };
  world.addNode(new Uint8Array(32).fill(1), new Uint8Array(18), (host) => ({
    start: () => host.setTimer(1_000, 1, 0),
    stop: () => undefined,
    onDatagram: () => 0,
    onTimer: () => {
      if (where === 'timer') fault();
      host.emit(1, 0, 0, 0, 0);
      return 0;
    },
  }));
  world.start(0);
  await expect(world.run(2_000_000)).rejects.toThrow('a mistake');
  await world.close();
});
