/** Two nodes, their encrypted links, and the simulated network between them: what the cases about the link are measured on. */
import { createSuite } from '../../protocols/crypto/suites.ts';
import type { HostedNode, MessageHost } from '../../protocols/host.ts';
import { LinkLayer } from '../../protocols/link/machine.ts';
import { DEFAULT_LINK_OPTIONS, type LinkOptions } from '../../protocols/link/options.ts';
import { LinkScratch } from '../../protocols/link/session.ts';
import { signRecord } from '../../protocols/identity/record.ts';
import { SimLinkHost } from '../../sim/link-host.ts';
import type { NetworkModel } from '../../sim/network/model.ts';
import type { Recorder } from '../../sim/recorder.ts';
import { World } from '../../sim/world.ts';
import { drawIdentity, SIMULATED_NETWORK_ID } from '../run/population.ts';

export interface LinkWorld {
  world: World;
  /** The first node as the link shows it: it may send. */
  sender: MessageHost;
}

/**
 * @param above what each node does with what it gets; timers of kind 0x1000 and more are its own.
 */
export function linkWorld(parts: {
  seed: string;
  network: NetworkModel;
  options?: Partial<LinkOptions>;
  recorder?: Recorder;
  above: (host: MessageHost, node: number) => HostedNode;
}): LinkWorld {
  const suite = createSuite('modelled');
  const scratch = new LinkScratch(suite);
  const world = new World({
    seed: parts.seed,
    network: parts.network,
    crypto: suite,
    ...(parts.recorder === undefined ? {} : { recorder: parts.recorder }),
  });
  let sender: MessageHost | undefined;
  for (let node = 0; node < 2; node++) {
    const identity = drawIdentity(suite, world.streams, node, true);
    const key = suite.agreementKey(identity.secret);
    const index = world.addNode(identity.address, identity.endpoint, (host) => {
      const record = signRecord(suite, identity.accountSecret!, {
        networkId: SIMULATED_NETWORK_ID,
        nonce: identity.nonce,
        publicKey: key.publicKey,
        endpoint: identity.endpoint,
        sequence: 1,
      });
      const link = new LinkLayer(
        new SimLinkHost(host),
        { key, record, networkId: SIMULATED_NETWORK_ID },
        { ...DEFAULT_LINK_OPTIONS, ...parts.options },
        scratch,
      );
      link.attach(parts.above(link.host, index));
      if (index === 0) sender = link.host;
      return link;
    });
  }
  world.start(0);
  world.start(1);
  return { world, sender: sender! };
}

/** A network of one constant delay and nothing else. */
export function plainNetwork(oneWayUs: number): NetworkModel {
  return {
    latency: { kind: 'constant', delayUs: oneWayUs },
    duplicateRatio: 0,
    reorderRatio: 0,
    queue: { kind: 'drop-tail', limitBytes: 1 << 30 },
    mtuBytes: 1_500,
  };
}
