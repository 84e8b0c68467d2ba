/** The same modules on live hosts: real clocks, real sockets on loopback, translators in this process. */
import { afterEach, describe, expect, it } from 'vitest';
import { LiveHost } from '../../../live/host/live-host.ts';
import type { Transport } from '../../../live/host/transport.ts';
import { openUdp } from '../../../live/host/udp.ts';
import { writeEndpointOf } from '../../../live/host/endpoint-text.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { accountFromPublicKey, overlayAddress } from '../../../protocols/identity/address.ts';
import { PeerBook } from '../../../protocols/identity/peer-book.ts';
import { signRecord } from '../../../protocols/identity/record.ts';
import { DEFAULT_LINK_OPTIONS } from '../../../protocols/link/options.ts';
import { LinkScratch } from '../../../protocols/link/session.ts';
import { DEFAULT_RENDEZVOUS_OPTIONS } from '../../../protocols/rendezvous/options.ts';
import { HONEST_RENDEZVOUS_POLICY } from '../../../protocols/rendezvous/policy.ts';
import { ReachableLink } from '../../../protocols/rendezvous/reachable-link.ts';
import { NAT_KINDS, type NatKind } from '../../../sim/network/nat.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { NatTransport } from './nat-transport.ts';

const suite = createSuite('native');
const NONE = new Uint8Array(18);
/** Loopback answers at once: a fifth of the usual waits is still long. */
const LINK = { ...DEFAULT_LINK_OPTIONS, handshakeTimeoutUs: 200_000 };
const RENDEZVOUS = { ...DEFAULT_RENDEZVOUS_OPTIONS, seekAfterUs: 300_000, punchTickUs: 220_000 };

class LiveMember {
  readonly peers = new PeerBook();
  readonly address: Uint8Array;
  readonly texts: string[] = [];
  readonly link: ReachableLink;
  readonly host: LiveHost;
  readonly faults: unknown[] = [];

  constructor(name: string, transport: Transport) {
    const random = new StreamFactory('live').stream(name);
    const [secret, nonce, keySecret] = [0, 0, 0].map(() => {
      const bytes = new Uint8Array(32);
      random.fill(bytes, 0, 32);
      return bytes;
    }) as [Uint8Array, Uint8Array, Uint8Array];
    const key = suite.agreementKey(keySecret);
    const account = accountFromPublicKey(suite, suite.accountPublicKey(secret));
    this.address = overlayAddress(suite, account, 7n, nonce);
    const self = this.peers.intern(this.address, 0, NONE, 0);
    this.host = new LiveHost(transport, {
      peers: this.peers,
      self,
      crypto: suite,
      onException: (error) => this.faults.push(error),
    });
    const parts = { networkId: 7n, nonce, publicKey: key.publicKey, endpoint: NONE, sequence: 1 };
    this.link = new ReachableLink(this.host, {
      identity: { key, record: signRecord(suite, secret, parts), networkId: 7n },
      link: LINK,
      scratch: new LinkScratch(suite),
      rendezvous: RENDEZVOUS,
      policy: HONEST_RENDEZVOUS_POLICY,
      local: [],
    });
    this.link.attach({
      start: () => undefined,
      stop: () => undefined,
      onTimer: () => 0,
      onDatagram: (_from, bytes, offset, length) => {
        this.texts.push(new TextDecoder().decode(bytes.subarray(offset + 1, offset + length)));
        return 1;
      },
    });
    this.host.run(this.link);
  }

  handleOf(other: LiveMember, endpoint = NONE): number {
    return this.peers.intern(other.address, 0, endpoint, 0);
  }

  say(to: LiveMember, text: string): void {
    const bytes = new TextEncoder().encode(`~${text}`);
    this.host.act(() => {
      this.link.host.send(this.handleOf(to), bytes, 0, bytes.length);
    });
  }

  wayTo(other: LiveMember): string {
    return this.link.wayTo(this.handleOf(other));
  }
}

const members: LiveMember[] = [];
afterEach(async () => {
  for (const member of members.splice(0)) await member.host.close();
});

async function until(there: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !there(); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(there()).toBe(true);
}

async function trio(a: NatKind, b: NatKind): Promise<[LiveMember, LiveMember, LiveMember]> {
  const socket = await openUdp({ ipv4: { address: '127.0.71.1', port: 0 } });
  const place = new Uint8Array(18);
  writeEndpointOf(socket.ipv4!.address, socket.ipv4!.port, place, 0);
  const hub = new LiveMember('hub', socket);
  const one = new LiveMember('one', new NatTransport(a, '127.0.72.1'));
  const other = new LiveMember('other', new NatTransport(b, '127.0.73.1'));
  members.push(hub, one, other);
  for (const member of [one, other]) {
    member.handleOf(hub, place);
    member.say(hub, 'hello');
  }
  await until(() => hub.texts.length === 2);
  return [hub, one, other];
}

describe('live hosts behind translators', () => {
  const expected = (a: NatKind, b: NatKind): string =>
    (a === 'symmetric' && (b === 'symmetric' || b === 'port-restricted')) ||
    (b === 'symmetric' && a === 'port-restricted')
      ? 'relay'
      : 'direct';

  it.each(NAT_KINDS.flatMap((a, i) => NAT_KINDS.slice(i).map((b) => [a, b] as const)))(
    '%s and %s talk',
    async (a, b) => {
      const [hub, one, other] = await trio(a, b);
      one.say(other, 'hello');
      await until(() => other.texts.length === 1);
      other.say(one, 'hello yourself');
      await until(() => one.texts.length === 1);
      expect([other.texts, one.texts]).toEqual([['hello'], ['hello yourself']]);
      const way = expected(a, b);
      await until(() => one.wayTo(other) === way && other.wayTo(one) === way);
      expect(hub.link.counters().relayedBytes > 0).toBe(way === 'relay');
      expect(members.flatMap(({ faults }) => faults)).toEqual([]);
    },
  );
});
