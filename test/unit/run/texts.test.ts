/** Texts followed one by one: what becomes a sample, and to which text a packet is put down. */
import { describe, expect, it } from 'vitest';
import { TextTracker, type TextName } from '../../../scenarios/run/texts.ts';

const LIFETIME_US = 30;

function tracker(): { texts: TextTracker; samples: [string, number, number][] } {
  const samples: [string, number, number][] = [];
  const texts = new TextTracker(
    10,
    (metric, value, node) => samples.push([metric, value, node]),
    100,
    1_000,
  );
  return { texts, samples };
}

const name = (sender: number, recipient: number, number: number): TextName => ({
  sender,
  recipient,
  number,
});

describe('texts', () => {
  it('that come twice are not delivered as they should be, and counted', () => {
    const { texts, samples } = tracker();
    texts.said(200, name(1, 2, 0), false, undefined);
    texts.read(250, name(1, 2, 0));
    texts.read(260, name(1, 2, 0));
    texts.settle(2_000, LIFETIME_US);
    expect(samples).toEqual([
      ['session.read', 50, 1],
      ['session.delivery', 0, 1],
      ['session.duplicates', 1, 1],
      ['session.packets', 0, 1],
      ['session.bytes', 0, 1],
    ]);
  });

  it('are measured from the moment they were said, once for each thing that happens', () => {
    const { texts, samples } = tracker();
    texts.said(200, name(1, 2, 0), true, undefined);
    texts.read(250, name(1, 2, 0));
    texts.acknowledged(270, name(1, 2, 0));
    texts.acknowledged(280, name(1, 2, 0));
    texts.said(300, name(2, 1, 0), false, name(1, 2, 0));
    texts.read(340, name(2, 1, 0));
    expect(samples).toEqual([
      ['session.read', 50, 1],
      ['session.first_contact', 50, 1],
      ['session.acknowledged', 70, 1],
      ['session.read', 40, 2],
      ['session.reply', 140, 1],
    ]);
  });

  it('said before the warm-up is over, or too late, are left out, and so are answers to them', () => {
    const { texts, samples } = tracker();
    texts.said(99, name(1, 2, 0), true, undefined);
    texts.read(120, name(1, 2, 0));
    texts.acknowledged(130, name(1, 2, 0));
    texts.said(1_001, name(2, 1, 0), true, name(1, 2, 0));
    texts.read(1_020, name(2, 1, 0));
    texts.settle(1_030, LIFETIME_US);
    expect(samples).toEqual([]);
    // A run that ends early has another last text.
    texts.said(500, name(3, 4, 0), false, undefined);
    texts.settle(529, LIFETIME_US);
    expect(samples).toEqual([]);
    texts.settle(530, LIFETIME_US);
    expect(samples).toEqual([['session.delivery', 0, 3]]);
  });

  it('pay for the acknowledgements that they caused, the one that came last if several did', () => {
    const { texts } = tracker();
    texts.said(200, name(1, 2, 0), false, undefined);
    texts.said(200, name(1, 2, 1), false, undefined);
    texts.said(200, name(3, 2, 0), false, undefined);
    expect(texts.textOf(2, 1, -1)).toBeUndefined();
    const second = texts.textOf(1, 2, 1)!;
    const others = texts.textOf(3, 2, 0)!;
    texts.came(2, texts.textOf(1, 2, 0)!);
    texts.came(2, second);
    texts.came(2, others);
    expect(texts.textOf(2, 1, -1)).toBe(second);
    expect(texts.textOf(2, 3, -1)).toBe(others);
  });

  it('have numbers of their own, with gaps where nodes tell each other of groups, and nobody reads what was never said', () => {
    const { texts } = tracker();
    texts.said(1, name(1, 2, 1), false, undefined);
    expect(() => texts.said(2, name(1, 2, 1), false, undefined)).toThrow(/two texts 1/);
    expect(() => texts.read(3, name(1, 2, 0))).toThrow(/never said/);
    expect(() => texts.read(3, name(2, 1, 0))).toThrow(/never said/);
  });
});
