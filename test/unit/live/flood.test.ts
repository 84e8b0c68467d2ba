/** A live node in a flood, in memory and to the microsecond: who is served, and what the flood leaves behind. The real thing is `test/soak/flood.ts`. */
import { describe, expect, it } from 'vitest';
import { TYPE_INITIATE } from '../../../protocols/link/wire.ts';
import { DEFAULT_LINK_OPTIONS } from '../../../protocols/link/options.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { MemoryNet } from './memory-net.ts';

const S = 1_000_000;
const STEP = 5_000;

/** Two peers talk to a node for a while, in a flood of so many datagrams a second or in none. */
function service(perSecond: number): {
  net: MemoryNet;
  took: number[];
  heard: number;
  said: number;
} {
  const net = new MemoryNet(3);
  const [victim, ...friends] = net.members;
  const corpus: Uint8Array[] = [];
  net.tap = (_from, to, bytes) => {
    if (to === victim!.place) corpus.push(bytes.slice());
  };
  net.run(10 * S);
  const random = new StreamFactory('flood').stream('damage');
  let owed = 0;
  let sent = 0;
  const flood = (): void => {
    for (owed += (perSecond * STEP) / S; owed >= 1; owed--) {
      let bytes = corpus[random.below(corpus.length)]!.slice();
      const at = random.below(bytes.length);
      switch (random.below(5)) {
        case 0:
          bytes[at]! ^= 1 << random.below(8);
          break;
        case 1:
          bytes = bytes.subarray(0, at);
          break;
        case 2:
          random.fill(bytes, 5, bytes.length - 5);
          break;
        case 3: {
          // Calls that look right.
          const call = corpus.find(([type]) => type === TYPE_INITIATE)!.slice();
          random.fill(call, 4, 4);
          random.fill(call, 24, 32);
          bytes = call;
          break;
        }
        default:
          break;
      }
      const host = `10.${9 + (sent % 200)}.${random.below(256)}.${1 + random.below(250)}`;
      victim!.transport.receive(`${host}:${1_024 + random.below(60_000)}`, bytes);
      sent++;
    }
  };
  const said = 40;
  for (let i = 0; i < said; i++) {
    net.say(friends[i % 2]!, victim!, `text ${i}`);
    net.run(S / 4, flood);
  }
  net.run(5 * S);
  return {
    net,
    took: friends.flatMap((friend) => friend.took),
    heard: new Set(victim!.heard).size,
    said,
  };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!;

describe('a live node in a flood', { timeout: 60_000 }, () => {
  it('serves its good peers as it does in quiet, and keeps nothing', () => {
    const quiet = service(0);
    const flooded = service(4_000);
    for (const { took, heard, said } of [quiet, flooded]) {
      expect(heard).toBe(said);
      expect(took.length).toBe(said);
    }
    expect(median(flooded.took)).toBeLessThanOrEqual(1.2 * median(quiet.took));
    const [victim] = flooded.net.members;
    const { exceptions, datagramsIn } = victim!.host.counters();
    expect(exceptions).toBe(0);
    expect(datagramsIn).toBeGreaterThan(35_000);
    // Nobody became a neighbour, and what was begun has been given up or is bounded.
    expect(victim!.link.size).toBe(2);
    expect(victim!.host.peers.known).toBe(quiet.net.members[0]!.host.peers.known);
    const { timers, endpoints } = victim!.host.usage();
    expect(timers).toBeLessThan(200);
    expect(endpoints).toBeLessThanOrEqual(65_536);
    // Calls of strangers are answered within bounds, the seconds in which there is nothing else to do among them.
    const { handshakesPerSecond } = DEFAULT_LINK_OPTIONS;
    const answered = victim!.host.counters().datagramsOut;
    expect(answered).toBeLessThan(16 * 10 * handshakesPerSecond + 2_000);
  });
});
