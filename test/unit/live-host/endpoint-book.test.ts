/** The book against a plain model of what it promises, and under a flood. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EndpointBook, ENDPOINTS_MAX } from '../../../live/host/endpoint-book.ts';
import { ENDPOINT_BYTES } from '../../../protocols/identity/peer-book.ts';
import { endpoint, spoofed } from './support.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The same rules over a list, least recently seen first. */
class Model {
  readonly holds = new Map<number, number>();
  readonly names = new Map<number, string>();
  order: number[] = [];
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  intern(name: string): number {
    for (const [handle, known] of this.names) {
      if (known !== name) continue;
      this.#see(handle);
      return handle;
    }
    let handle = this.names.size;
    if (handle === this.#capacity) {
      const free = this.order.find((h) => this.holds.get(h) === 0);
      if (free === undefined) return -1;
      handle = free;
    }
    this.names.set(handle, name);
    this.holds.set(handle, 0);
    this.#see(handle);
    return handle;
  }

  hold(handle: number): void {
    this.holds.set(handle, this.holds.get(handle)! + 1);
  }

  release(handle: number): void {
    this.holds.set(handle, this.holds.get(handle)! - 1);
    if (this.holds.get(handle) === 0) this.#see(handle);
  }

  #see(handle: number): void {
    this.order = [...this.order.filter((h) => h !== handle), handle];
  }
}

describe('an endpoint book', () => {
  it('gives, keeps and recycles numbers as the model does', () => {
    const step = fc.record({
      what: fc.constantFrom('intern', 'intern', 'intern', 'hold', 'release', 'find'),
      which: fc.nat(40),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer(),
        fc.array(step, { maxLength: 200 }),
        (capacity, secret, steps) => {
          const book = new EndpointBook(secret, capacity);
          const model = new Model(capacity);
          for (const { what, which } of steps) {
            const bytes = spoofed(which);
            const handle = which % capacity;
            if (what === 'intern') expect(book.intern(bytes, 0)).toBe(model.intern(hex(bytes)));
            else if (what === 'find') {
              const known = [...model.names].find(([, name]) => name === hex(bytes));
              expect(book.find(bytes, 0)).toBe(known?.[0] ?? -1);
            } else if (what === 'hold' && model.names.has(handle)) {
              book.hold(handle);
              model.hold(handle);
            } else if (what === 'release' && (model.holds.get(handle) ?? 0) > 0) {
              book.release(handle);
              model.release(handle);
            }
          }
          expect(book.size).toBe(model.names.size);
          const out = new Uint8Array(ENDPOINT_BYTES);
          for (const [handle, name] of model.names) {
            book.write(handle, out, 0);
            expect(hex(out)).toBe(name);
            expect(book.find(out, 0)).toBe(handle);
            expect(book.isHeld(handle)).toBe(model.holds.get(handle)! > 0);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('bounds memory under 200,000 invented sources and keeps what is held', () => {
    const book = new EndpointBook(0x12345678);
    const held = new Map<number, string>();
    for (let i = 0; i < 1_000; i++) {
      const bytes = spoofed(i);
      const handle = book.intern(bytes, 0);
      book.hold(handle);
      held.set(handle, hex(bytes));
    }
    const before = process.memoryUsage().arrayBuffers;
    const scratch = new Uint8Array(ENDPOINT_BYTES);
    let lowest = Infinity;
    for (let i = 0; i < 200_000; i++)
      lowest = Math.min(lowest, book.intern(spoofed(1_000 + i, scratch), 0));
    expect(lowest).toBe(1_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
    expect(book.size).toBe(ENDPOINTS_MAX);
    expect(book.recycled).toBe(201_000 - ENDPOINTS_MAX);
    for (const [handle, name] of held) {
      book.write(handle, scratch, 0);
      expect(hex(scratch)).toBe(name);
      expect(book.find(scratch, 0)).toBe(handle);
    }
  });

  it('gives no number when all are held', () => {
    const book = new EndpointBook(1, 2);
    book.hold(book.intern(spoofed(1), 0));
    book.hold(book.intern(spoofed(2), 0));
    expect(book.intern(spoofed(3), 0)).toBe(-1);
    book.release(0);
    expect(book.intern(spoofed(3), 0)).toBe(0);
  });

  it('shows a number as the endpoint that it stands for now', () => {
    const book = new EndpointBook(1, 1);
    for (const [text, ipv4] of [
      ['2001:db8::1', false],
      ['192.0.2.1', true],
      ['2001:db8::2', false],
    ] as const) {
      expect(book.intern(endpoint(ipv4 ? `${text}:9` : `[${text}]:9`), 0)).toBe(0);
      expect(book.addressText(0)).toBe(text);
      expect(book.addressText(0)).toBe(text);
      expect(book.isIpv4(0)).toBe(ipv4);
      expect(book.port(0)).toBe(9);
    }
  });

  it('says when it is used wrongly', () => {
    const book = new EndpointBook(1, 2);
    const handle = book.intern(endpoint('[2001:db8::1]:9'), 0);
    expect(() => book.release(handle)).toThrow('more often');
    expect(() => book.hold(1)).toThrow('endpoint 1');
    expect(() => book.hold(-1)).toThrow('endpoint -1');
    expect(() => book.write(NaN, new Uint8Array(18), 0)).toThrow('endpoint NaN');
    expect(() => new EndpointBook(1, 0)).toThrow('capacity');
  });
});
