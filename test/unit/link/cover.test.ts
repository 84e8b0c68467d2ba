/** Cover: one datagram of one size in each slot of an open link, whatever is said. */
import { describe, expect, it } from 'vitest';
import { TYPE_DATA } from '../../../protocols/link/wire.ts';
import { WIRE_BYTES_MAX } from '../../../protocols/host.ts';
import { Net, type Datagram } from './net.ts';

const S = 1_000_000;
const SLOT_US = 100_000;

/** Times, sizes and directions of what is sent on an open link in ten seconds, and what arrives. */
function watched(texts: number): { seen: string[]; net: Net; arrived: string[] } {
  const net = new Net('cover');
  const [a, b] = [net.add({ coverEveryUs: SLOT_US }), net.add({ coverEveryUs: SLOT_US })];
  a.say(b, 'hello');
  net.run(2 * S);
  const seen: string[] = [];
  net.fate = (d: Datagram) => {
    seen.push(`${net.nowUs} ${d.from} ${d.bytes[0]} ${d.bytes.length}`);
    return [d];
  };
  for (let i = 0; i < texts; i++) a.say(b, `text ${i}`);
  net.run(10 * S);
  return { seen, net, arrived: b.texts() };
}

describe('a covered link', () => {
  it('looks the same with and without something to say', () => {
    const silent = watched(0);
    const busy = watched(40);
    expect(busy.seen).toEqual(silent.seen);
    expect(busy.arrived).toEqual(['hello', ...Array.from({ length: 40 }, (_, i) => `text ${i}`)]);
    // Two ends, ten slots a second.
    expect(silent.seen).toHaveLength(200);
    for (const line of silent.seen) expect(line).toMatch(` ${TYPE_DATA} ${WIRE_BYTES_MAX}`);
  });

  it('drops the oldest when more waits than its queue holds', () => {
    const { arrived } = watched(80);
    expect(arrived).toHaveLength(65);
    expect(arrived.at(-1)).toBe('text 79');
  });
});
