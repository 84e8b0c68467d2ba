/**
 * The link and conversations: handshakes, sealed datagrams and session messages per second and core under each suite, and what it costs to find the
 * session of a message among many.
 */
import { createSuite } from '../protocols/crypto/suites.ts';
import type { CryptoSuite, SuiteName } from '../protocols/crypto/port.ts';
import { LinkScratch, Session as LinkSession } from '../protocols/link/session.ts';
import { CONTENT_BYTES_MAX } from '../protocols/link/wire.ts';
import { Handshake } from '../protocols/noise/handshake.ts';
import { Messenger } from '../protocols/session/messenger.ts';
import { TagTable, topicTag } from '../protocols/session/topic-tags.ts';
import { median, nanosecondsInTurn, type BenchCase, type BenchRow } from './harness.ts';

const SUITES: readonly SuiteName[] = ['noble', 'native', 'modelled'];

/** Calls a second, one value per slice. */
function rates(quick: boolean, act: () => void): number[] {
  return nanosecondsInTurn([act], quick)[0]!.map((ns) => 1e9 / ns);
}

function row(name: string, unit: string, values: readonly number[], scale = 1): BenchRow {
  return {
    bench: 'link',
    case: name,
    unit,
    median: median(values) * scale,
    low: Math.min(...values) * scale,
    high: Math.max(...values) * scale,
  };
}

/** Secrets that differ from call to call; not random. */
function counterFresh(): (out: Uint8Array) => void {
  let counter = 1;
  return (out) => {
    for (let i = 0; i < out.length; i++) out[i] = (counter * 31 + i * 17) & 0xff;
    counter++;
  };
}

function handshakes(suite: CryptoSuite, quick: boolean): BenchRow[] {
  const fresh = counterFresh();
  const key = (): ReturnType<CryptoSuite['agreementKey']> => {
    const secret = new Uint8Array(32);
    fresh(secret);
    return suite.agreementKey(secret);
  };
  const [a, b] = [key(), key()];
  const buffer = new Uint8Array(500);
  const prologue = new Uint8Array(24);
  return (['IK', 'XX'] as const).map((pattern) => {
    const act = (): void => {
      const ends = [
        new Handshake(suite, {
          pattern,
          initiator: true,
          prologue,
          staticKey: a,
          ephemeral: key(),
          ...(pattern === 'IK' ? { remoteStatic: b.publicKey } : {}),
        }),
        new Handshake(suite, {
          pattern,
          initiator: false,
          prologue,
          staticKey: b,
          ephemeral: key(),
        }),
      ];
      for (let step = 0; !ends[0]!.finished; step++) {
        const [from, to] = [ends[step % 2]!, ends[1 - (step % 2)]!];
        const length = from.write(prologue, 0, prologue.length, buffer, 0);
        if (to.read(buffer.slice(0, length), 0, length, buffer, 0) < 0)
          throw new Error('a handshake failed');
      }
      ends[0]!.split();
      ends[1]!.split();
    };
    return row(`Noise ${pattern}, both sides, ${suite.name}`, 'handshakes/s', rates(quick, act));
  });
}

function datagrams(suite: CryptoSuite, quick: boolean): BenchRow[] {
  const scratch = new LinkScratch(suite);
  const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const parts = { localIndex: 1, remoteIndex: 2, initiator: true, createdUs: 0 };
  const sender = new LinkSession(suite, scratch, { ...parts, sendKey: one, receiveKey: two });
  const receiver = new LinkSession(suite, scratch, { ...parts, sendKey: two, receiveKey: one });
  const content = new Uint8Array(CONTENT_BYTES_MAX).fill(7);
  const out = new Uint8Array(1_232);
  const plain = new Uint8Array(1_232);
  const act = (): void => {
    const length = sender.seal(content, 0, content.length, out);
    if (receiver.open(out, 0, length, plain) !== content.length)
      throw new Error('a datagram did not open');
  };
  const values = rates(quick, act);
  return [
    row(`datagrams of 1,232 bytes sealed and opened, ${suite.name}`, 'datagrams/s', values),
    row(`the same, ${suite.name}`, 'MB/s', values, content.length / 1e6),
  ];
}

function conversation(suite: CryptoSuite, quick: boolean): BenchRow {
  const people = [1, 2].map((seed) => {
    const secret = new Uint8Array(32).fill(seed);
    const party = {
      address: new Uint8Array(32).fill(seed),
      publicKey: suite.agreementKey(secret).publicKey,
    };
    return {
      party,
      messenger: new Messenger(
        suite,
        { address: party.address, key: suite.agreementKey(secret), secret },
        counterFresh(),
      ),
    };
  });
  const text = new Uint8Array(200).fill(65);
  let turn = 0;
  const act = (): void => {
    const [from, to] = turn++ % 2 === 0 ? [people[0]!, people[1]!] : [people[1]!, people[0]!];
    const contact = from.messenger.know(to.party, 0);
    from.messenger.say(contact, text, 0);
    for (const { bytes } of from.messenger.takeDue(0)) {
      const received = to.messenger.receive(bytes, 0);
      const answer = received && to.messenger.acknowledge(received.contact);
      if (answer === undefined || from.messenger.receive(answer.bytes, 0) === undefined)
        throw new Error('a text did not arrive');
    }
  };
  return row(
    `texts said, received and acknowledged in turn, ${suite.name}`,
    'texts/s',
    rates(quick, act),
  );
}

/** Finding the session of a message, with tags that exist and ones that do not, among many sessions. */
function lookups(quick: boolean): BenchRow[] {
  const suite = createSuite('native');
  return (quick ? [100, 1_000] : [100, 1_000, 10_000, 100_000]).map((sessions) => {
    const table = new TagTable<number>(suite);
    const keys = Array.from({ length: sessions }, (_, i) => {
      const key = new Uint8Array(32);
      key[0] = i & 0xff;
      key[1] = i >>> 8;
      key[2] = i >>> 16;
      table.watch(i, key, 0);
      return key;
    });
    const tags = keys.slice(0, 64).map((key, i) => topicTag(suite, key, i));
    let at = 0;
    let found = 0;
    const values = rates(quick, () => {
      found += table.find(tags[at++ & 63]!, 0).length;
    });
    if (found === 0) throw new Error('no tag was found');
    return row(
      `find a message's session among ${sessions.toLocaleString('en')}`,
      'ns',
      values.map((rate) => 1e9 / rate),
    );
  });
}

export const linkBench: BenchCase = {
  name: 'link',
  run({ quick }): BenchRow[] {
    return [
      ...SUITES.flatMap((name) => {
        const suite = createSuite(name);
        return [
          ...handshakes(suite, quick),
          ...datagrams(suite, quick),
          conversation(suite, quick),
        ];
      }),
      ...lookups(quick),
    ];
  },
};
