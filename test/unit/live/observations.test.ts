/** What is written down in one process is read out in another, whole, in its order, and merged by time. */
import { describe, expect, it } from 'vitest';
import { ObservationReader, ObservationWriter } from '../../../live/world/observations.ts';
import type { Recorder } from '../../../sim/recorder.ts';

type Heard = (string | number | boolean | number[] | undefined | object)[];

/** Writes down what it is told, as text would. */
function hearer(): {
  heard: Heard[];
  recorder: Recorder;
  ledger: ObservationWriter['ledger'];
  keyLog: ObservationWriter['keyLog'];
  groups: ObservationWriter['groups'];
} {
  const heard: Heard[] = [];
  const all = (them: readonly Uint8Array[]): number[][] => them.map((one) => [...one]);
  const part = (bytes: Uint8Array, at: number, n: number): number[] => [
    ...bytes.subarray(at, at + n),
  ];
  return {
    heard,
    recorder: {
      event: (...facts) => void heard.push(['event', ...facts]),
      sent: (t, from, to, bytes, at, n) =>
        void heard.push(['sent', t, from, to, part(bytes, at, n)]),
      dropped: (t, from, to, bytes, at, n, reason) =>
        void heard.push(['dropped', t, from, to, bytes && part(bytes, at, n), n, reason]),
      delivered: (t, from, to, bytes, at, n, outcome) =>
        void heard.push(['delivered', t, from, to, part(bytes, at, n), outcome]),
    },
    ledger: {
      sending: (...facts) => void heard.push(['sending', ...facts]),
      lookingUp: (node, id, target) => void heard.push(['looking up', node, id, [...target]]),
      saying: (...facts) => void heard.push(['saying', ...facts]),
      read: (text) => void heard.push(['read', text]),
      acknowledged: (text) => void heard.push(['acknowledged', text]),
    },
    keyLog: {
      opened: (local, remote, send, receive) =>
        void heard.push(['keys', local, remote, [...send], [...receive]]),
    },
    groups: {
      ledger: {
        saying: (...facts) => void heard.push(['saying to a group', ...facts]),
        said: (node, number, packet, { accounts, commits }) =>
          void heard.push(['said', node, number, [...packet], all(accounts), all(commits())]),
        heard: (...facts) => void heard.push(['heard', ...facts]),
        moved: (node, accounts) => void heard.push(['moved', node, all(accounts)]),
        leaving: (node, state) => void heard.push(['leaving', node, [...state]]),
        entering: (node) => void heard.push(['entering', node]),
      },
      begun: (...facts) => void heard.push(['begun', ...facts]),
      arrived: (node, from, bytes, at, n) =>
        void heard.push(['arrived', node, from, part(bytes, at, n)]),
    },
  };
}

/** Tells everything there is to tell. */
function tellAll(to: Omit<ReturnType<typeof hearer>, 'heard'>): void {
  const bytes = Uint8Array.of(9, 1, 2, 3, 9);
  to.recorder.event(5, 1, 0x1234, -1, 4_294_967_295, 2 ** 52, 0.5);
  to.recorder.sent!(6, 1, 2, bytes, 1, 3);
  to.recorder.dropped!(7, 1, 2, bytes, 2, 1, 3);
  to.recorder.dropped!(7, 1, 2, undefined, 0, 1_200, 1);
  to.recorder.delivered!(8, 2, 1, bytes, 0, 5, 4);
  to.ledger.sending(3, 4, 1_000);
  to.ledger.lookingUp(3, 77, Uint32Array.of(0xffffffff, 1, 2, 3, 4, 5, 6, 7));
  to.ledger.saying({ sender: 1, recipient: 2, number: 3 }, true, undefined);
  to.ledger.saying({ sender: 1, recipient: 2, number: 4 }, false, {
    sender: 2,
    recipient: 1,
    number: 0,
  });
  to.ledger.read({ sender: 1, recipient: 2, number: 3 });
  to.ledger.acknowledged({ sender: 1, recipient: 2, number: 4 });
  to.keyLog.opened(10, 20, Uint8Array.of(1, 2), Uint8Array.of(3, 4));
  const [one, other] = [new Uint8Array(20).fill(1), new Uint8Array(20).fill(2)];
  const { ledger, begun, arrived } = to.groups;
  begun!(3, '00ff');
  ledger.entering(5);
  ledger.moved(5, [one, other]);
  ledger.moved(6, []);
  ledger.saying(5, 4_294_967_295, 300);
  ledger.said(5, 4_294_967_295, bytes, { accounts: [one], commits: () => [bytes, other] });
  ledger.said(5, 6, bytes, { accounts: [], commits: () => [] });
  ledger.heard(6, 4_294_967_295);
  ledger.leaving(5, bytes);
  arrived(7, 2, bytes, 1, 3);
}

/** Over the channel between processes everything is copied. */
const travel = (writer: ObservationWriter): ReturnType<ObservationWriter['take']> =>
  structuredClone(writer.take());

describe('observations', () => {
  it('are read out as they were told', () => {
    const writer = new ObservationWriter(() => 9);
    const { ledger, keyLog, groups } = writer;
    tellAll({ recorder: writer.recorder(true), ledger, keyLog, groups });
    const told = hearer();
    tellAll(told);
    const reader = new ObservationReader();
    reader.add(travel(writer));
    const heard = hearer();
    while (reader.nextUs < Infinity) reader.read(heard);
    expect(told.heard.length).toBe(22);
    expect(heard.heard).toEqual(told.heard);
  });

  it('keep their bytes apart where nobody hears some of them', () => {
    const writer = new ObservationWriter(() => 9);
    const { ledger, keyLog, groups } = writer;
    tellAll({ recorder: writer.recorder(true), ledger, keyLog, groups });
    groups.arrived(8, 2, Uint8Array.of(1, 2, 3), 1, 2);
    const reader = new ObservationReader();
    reader.add(travel(writer));
    const { heard, groups: ears } = hearer();
    const nobody = { recorder: undefined, ledger: undefined, keyLog: undefined };
    while (reader.nextUs < Infinity)
      reader.read({ ...nobody, groups: { arrived: ears.arrived.bind(ears) } });
    expect(heard).toEqual([
      ['arrived', 7, 2, [1, 2, 3]],
      ['arrived', 8, 2, [2, 3]],
    ]);
  });

  it('are each handed over once, in any number of pieces', () => {
    const writer = new ObservationWriter(() => 0);
    const reader = new ObservationReader();
    const heard = hearer();
    reader.add(travel(writer));
    expect(reader.nextUs).toBe(Infinity);
    for (let piece = 0; piece < 3; piece++) {
      writer.ledger.lookingUp(piece, 1, new Uint32Array(8).fill(piece));
      writer.ledger.sending(piece, 0, 0);
      reader.add(travel(writer));
    }
    while (reader.nextUs < Infinity) reader.read(heard);
    expect(heard.heard.map(([kind, node]) => [kind, node])).toEqual(
      [0, 1, 2].flatMap((piece) => [
        ['looking up', piece],
        ['sending', piece],
      ]),
    );
  });

  it('keep the order in which they were written where their times say another', () => {
    let now = 100;
    const writer = new ObservationWriter(() => now);
    const reader = new ObservationReader();
    writer.ledger.sending(1, 2, 3);
    now = 110;
    // An event of the input that began at 90.
    writer.recorder(false).event(90, 1, 7, 0, 0, 0, 0);
    reader.add(travel(writer));
    const heard = hearer();
    expect(reader.nextUs).toBe(100);
    reader.read(heard);
    expect(reader.nextUs).toBe(100);
    reader.read(heard);
    // Its own time stays what it is.
    expect(heard.heard[1]).toEqual(['event', 90, 1, 7, 0, 0, 0, 0]);
  });

  it('are not of datagrams when nobody wants those', () => {
    const recorder = new ObservationWriter(() => 0).recorder(false);
    expect([recorder.sent, recorder.dropped, recorder.delivered]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
