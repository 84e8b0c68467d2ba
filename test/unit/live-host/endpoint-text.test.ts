/** Endpoints in text: against what node:net accepts and what the URL parser (WHATWG, an independent reader and writer) makes of it. */
import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressText,
  endpointText,
  isIpv4,
  isUnicast,
  parseEndpoint,
  portOf,
  writeEndpointOf,
} from '../../../live/host/endpoint-text.ts';
import { ENDPOINT_BYTES } from '../../../protocols/identity/peer-book.ts';
import { endpoint } from './support.ts';

function read(address: string, port = 1): Uint8Array | undefined {
  const out = new Uint8Array(ENDPOINT_BYTES + 6).fill(0xaa);
  const ok = writeEndpointOf(address, port, out, 3);
  expect([...out.subarray(0, 3), ...out.subarray(-3)]).toEqual(Array(6).fill(0xaa));
  return ok ? out.slice(3, 3 + ENDPOINT_BYTES) : undefined;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const group = fc.integer({ min: 0, max: 0xffff });
/** Text near the grammar of IPv6: groups, gaps, dots, digits, wrong ones among them. */
const nearlyIpv6 = fc
  .array(
    fc.oneof(
      group.map((g) => g.toString(16)),
      fc.constantFrom('0', '0000', '12345', 'g', '', ':', '::', '1.2.3.4', '1.2.3', '%1', ' '),
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(':'));
const nearlyIpv4 = fc
  .array(fc.constantFrom('0', '1', '01', '255', '256', '', 'a', '1e1', '-1', '٣'), {
    minLength: 3,
    maxLength: 5,
  })
  .map((parts) => parts.join('.'));
const addressBytes = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  // Mostly zeros, so that runs of them occur.
  fc
    .array(fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, group), {
      minLength: 8,
      maxLength: 8,
    })
    .map((groups) => Uint8Array.from(groups.flatMap((g) => [g >>> 8, g & 0xff]))),
);

describe('reading', () => {
  it('accepts what node:net takes for an address, but no zone', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyIpv6, nearlyIpv4, fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
        const expected = isIPv4(text) || (isIPv6(text) && !text.includes('%'));
        expect(read(text) !== undefined).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
    for (const twice of ['1::2::3', '::1::', '::1::2', '1:::2', ':::'])
      expect(read(twice), twice).toBeUndefined();
    for (const zone of ['fe80::1%eth0', 'fe80::1%1', '::1%', '%', '::%0'])
      expect(read(zone)).toBeUndefined();
  });

  it('reads the bytes that the URL parser reads', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyIpv6, fc.ipV6()), (text) => {
        fc.pre(isIPv6(text) && !text.includes('%'));
        const groups = expand(new URL(`http://[${text}]/`).hostname.slice(1, -1));
        expect(hex(read(text)!.subarray(0, 16))).toBe(groups);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps IPv4 as the IPv4-mapped address, however it is written', () => {
    const expected = '00000000000000000000ffff01020304';
    for (const text of ['1.2.3.4', '::ffff:1.2.3.4', '::FFFF:102:304', '0:0::ffff:1.2.3.4'])
      expect(hex(read(text, 0x1092)!)).toBe(`${expected}1092`);
  });

  it('refuses ports that are none', () => {
    for (const port of [-1, 65_536, 1.5, NaN, Infinity])
      expect(read('1.2.3.4', port)).toBeUndefined();
    expect(portOf(read('1.2.3.4', 65_535)!, 0)).toBe(65_535);
  });

  it('takes no time over long text', () => {
    expect(read(':'.repeat(1 << 20))).toBeUndefined();
    expect(read('0'.repeat(1 << 20))).toBeUndefined();
  });
});

describe('writing', () => {
  it('gives the form of RFC 5952, as the URL parser does', () => {
    fc.assert(
      fc.property(addressBytes, (bytes) => {
        const whole = Uint8Array.from([...bytes, 0, 1]);
        fc.pre(!isIpv4(whole, 0));
        const plain = (hex(bytes).match(/.{4}/g) ?? []).join(':');
        expect(addressText(whole, 0)).toBe(new URL(`http://[${plain}]/`).hostname.slice(1, -1));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is undone by reading', () => {
    fc.assert(
      fc.property(addressBytes, fc.integer({ min: 0, max: 65_535 }), (bytes, port) => {
        const whole = Uint8Array.from([...bytes, port >>> 8, port & 0xff]);
        expect(read(addressText(whole, 0), port)).toEqual(whole);
        expect(parseEndpoint(endpointText(whole, 0))).toEqual(whole);
      }),
    );
  });

  it('writes IPv4 as people do', () => {
    expect(endpointText(endpoint('192.0.2.1:4242'), 0)).toBe('192.0.2.1:4242');
    expect(endpointText(endpoint('[::1]:80'), 0)).toBe('[::1]:80');
  });
});

describe('address and port in one text', () => {
  it('wants brackets around IPv6 and only there', () => {
    for (const wrong of [
      '::1:80',
      '[::1]',
      '[::1]:',
      '::1]:80',
      '[::1:80',
      '[1.2.3.4]:80',
      '1.2.3.4',
      '1.2.3.4:',
      ':80',
      '1.2.3.4:080',
      '1.2.3.4:65536',
      '1.2.3.4:-1',
      '1.2.3.4: 80',
      '[]:80',
      'localhost:80',
      '[fe80::1%eth0]:80',
      '',
    ])
      expect(parseEndpoint(wrong), wrong).toBeUndefined();
    expect(parseEndpoint('1.2.3.4:0')).toBeDefined();
  });

  it('is total', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseEndpoint(text);
        return parsed === undefined || parsed.length === ENDPOINT_BYTES;
      }),
    );
  });
});

it('tells one host from a group or from nobody', () => {
  const cases: [string, boolean][] = [
    ['192.0.2.1:1', true],
    ['127.0.0.1:1', true],
    ['192.0.2.1:0', false],
    ['0.0.0.0:1', false],
    ['0.1.2.3:1', false],
    ['223.255.255.255:1', true],
    ['224.0.0.1:1', false],
    ['255.255.255.255:1', false],
    ['[::]:1', false],
    ['[::1]:1', true],
    ['[::ffff:0.0.0.0]:1', false],
    ['[2001:db8::1]:1', true],
    ['[2001:db8::1]:0', false],
    ['[ff02::1]:1', false],
    ['[fe80::1]:1', false],
    ['[febf::1]:1', false],
    ['[fec0::1]:1', true],
  ];
  for (const [text, expected] of cases) expect(isUnicast(endpoint(text), 0), text).toBe(expected);
});

/** 32 hexadecimal digits of an address in RFC 5952 form. */
function expand(text: string): string {
  const [head, tail] = text.split('::');
  const groups = (part: string | undefined): string[] =>
    part === undefined || part === '' ? [] : part.split(':');
  const before = groups(head);
  const after = groups(tail);
  const middle = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...middle, ...after].map((g) => g.padStart(4, '0')).join('');
}
