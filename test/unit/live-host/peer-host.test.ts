/** The host without a link: who a datagram counts as coming from. */
import { expect, it } from 'vitest';
import { PeerHost } from '../../../live/host/peer-host.ts';
import { OUTCOME_IGNORED } from '../../../protocols/outcomes.ts';
import { endpoint, memoryHost } from './support.ts';

it('names peers by their endpoints, the ones learnt later too', () => {
  const { host, transport } = memoryHost({ endpointsMax: 4 });
  const peerHost = new PeerHost(host);
  const from: number[] = [];
  peerHost.attach({
    start: () => undefined,
    stop: () => undefined,
    onDatagram: (peer) => from.push(peer),
    onTimer: () => 0,
  });
  host.run(peerHost);
  transport.receive('10.0.0.2:4242', new Uint8Array(5));
  transport.receive('10.0.0.3:4242', new Uint8Array(5));
  const bytes = new Uint8Array(32);
  const third = host.peers.intern(bytes.fill(70), 0, endpoint('10.0.0.3:4242'), 0);
  const twin = host.peers.intern(bytes.fill(71), 0, endpoint('10.0.0.3:4242'), 0);
  const nowhere = host.peers.intern(bytes.fill(72), 0, endpoint('10.0.0.4:0'), 0);
  // However many strangers come, a peer keeps its endpoint.
  for (let i = 0; i < 50; i++) transport.receive(`10.1.0.${i}:1`, new Uint8Array(5));
  transport.receive('10.0.0.3:4242', new Uint8Array(5));
  expect(from).toEqual([1, third]);
  expect(peerHost.onDatagram(3, new Uint8Array(5), 0, 5)).toBe(OUTCOME_IGNORED);

  peerHost.sendToMany(Int32Array.of(1, twin, nowhere, 0), 4, Uint8Array.of(1, 2), 0, 2);
  expect(transport.sent.map((s) => s.to)).toEqual(['10.0.0.2:4242', '10.0.0.3:4242']);
  expect(() => {
    peerHost.send(1, new Uint8Array(2_000), 0, 1_233);
  }).toThrow('1232');
});
