/** Messages whose number a scenario fixes: drawn before the world begins, from a stream of their own, and spread over the measured time. */
import type { StreamFactory } from '../../sim/random/streams.ts';
import type { ResolvedScenario } from '../model.ts';
import { nodesOf, type Probe } from './workload.ts';

/** How long before the end the last probe is sent, in packet lifetimes. */
const PROBE_MARGIN_LIFETIMES = 1;

export function drawProbes(
  scenario: ResolvedScenario,
  roleOf: Uint8Array,
  recipients: readonly Int32Array[],
  streams: StreamFactory,
  lifetimeUs: number,
): Probe[] {
  const probes: Probe[] = [];
  const { warmupUs, durationUs } = scenario.world;
  scenario.traffic.forEach((traffic, index) => {
    if (traffic.messages === undefined) return;
    const senders = nodesOf(traffic.from, scenario.roles, roleOf);
    const to = recipients[index]!;
    const random = streams.stream(`probes/${index}`);
    const span = Math.max(1, durationUs - warmupUs - PROBE_MARGIN_LIFETIMES * lifetimeUs);
    for (let i = 0; i < traffic.messages; i++) {
      const sender = senders[random.below(senders.length)]!;
      let recipient = to[random.below(to.length)]!;
      // A role of one node cannot write to itself; the scenario loader refuses it, so this ends.
      while (recipient === sender) recipient = to[random.below(to.length)]!;
      const atUs = warmupUs + 1 + Math.floor((span * i) / traffic.messages);
      probes.push({ traffic: index, sender, recipient, atUs });
    }
  });
  return probes;
}
