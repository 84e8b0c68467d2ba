import { describe, expect, it } from 'vitest';
import { barChart } from '../../../analysis/terminal.ts';

describe('terminal bars', () => {
  it('are as long as their values, within the width', () => {
    const text = barChart(
      [
        { label: 'a', value: 100 },
        { label: 'bb', value: 50, text: '50 s' },
        { label: 'c', value: 0.01 },
        { label: 'd', value: 0 },
      ],
      { width: 60, colour: false },
    );
    const lines = text.split('\n');
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(60);
    const cells = lines.map((line) => (line.match(/█/g) ?? []).length);
    expect(cells[0]).toBe(cells[1]! * 2 + (cells[0]! % 2));
    expect(lines[2]).toContain('▏');
    expect(lines[3]).not.toMatch(/[█▏]/);
  });

  it('stand even when everything is zero or nothing is there', () => {
    expect(barChart([], { width: 40, colour: false })).toBe('');
    expect(barChart([{ label: 'x', value: 0 }], { width: 40, colour: true })).toContain('0');
  });
});
