/** What neighbours' voices are worth. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scopeOf } from '../../../protocols/rendezvous/endpoints.ts';
import { judge, type Voice } from '../../../protocols/rendezvous/verdict.ts';
import { endpoint } from '../live-host/support.ts';

const voice = (network: number, text: string): Voice => ({ network, endpoint: endpoint(text) });
const TRUE = '198.51.100.7:4242';

describe('the verdict', () => {
  it('is nothing without voices, or with one', () => {
    expect(judge([], [], 2)).toEqual({ mapping: 'unknown', endpoint: undefined, voices: 0 });
    expect(judge([voice(1, TRUE)], [], 2)).toMatchObject({
      mapping: 'unknown',
      endpoint: undefined,
    });
  });

  it('is the endpoint that networks agree on', () => {
    const agreed = judge([voice(1, TRUE), voice(2, TRUE)], [], 2);
    expect(agreed).toEqual({
      mapping: 'endpoint-independent',
      endpoint: endpoint(TRUE),
      voices: 2,
    });
    const own = judge(
      [voice(1, TRUE), voice(2, TRUE)],
      [endpoint('10.0.0.1:1'), endpoint(TRUE)],
      2,
    );
    expect(own.mapping).toBe('none');
  });

  it('gives one network one voice, the latest', () => {
    const many = Array.from({ length: 50 }, () => voice(1, '203.0.113.1:1'));
    expect(judge(many, [], 2).endpoint).toBeUndefined();
    expect(judge([...many, voice(2, TRUE), voice(3, TRUE)], [], 2).endpoint).toEqual(
      endpoint(TRUE),
    );
    expect(
      judge([voice(1, '203.0.113.1:1'), voice(1, TRUE), voice(2, TRUE)], [], 2).endpoint,
    ).toEqual(endpoint(TRUE));
  });

  it('tells a translator with a port for each destination by its ports', () => {
    const scattered = [voice(1, '198.51.100.7:1'), voice(2, '198.51.100.7:2')];
    expect(judge(scattered, [], 2)).toMatchObject({
      mapping: 'address-dependent',
      endpoint: undefined,
    });
    // Two that see the same port outweigh one that sees another.
    const mixed = [...scattered, voice(3, '198.51.100.7:2')];
    expect(judge(mixed, [], 2)).toMatchObject({
      mapping: 'endpoint-independent',
      endpoint: endpoint('198.51.100.7:2'),
    });
    expect(judge([voice(1, '198.51.100.7:1'), voice(2, '198.51.100.8:2')], [], 2).mapping).toBe(
      'unknown',
    );
  });

  it('never becomes what fewer than half of the networks say, whatever they say and when', () => {
    const lies = fc.array(
      fc.record({
        network: fc.integer({ min: 100, max: 102 }),
        port: fc.integer({ min: 1, max: 3 }),
        host: fc.integer({ min: 1, max: 2 }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        lies,
        fc.integer({ min: 4, max: 6 }),
        fc.infiniteStream(fc.nat(20)),
        (said, honest, places) => {
          const voices = said.map(({ network, port, host }) =>
            voice(network, `203.0.113.${host}:${port}`),
          );
          for (let i = 0; i < honest; i++)
            voices.splice(places.next().value % (voices.length + 1), 0, voice(i, TRUE));
          expect(judge(voices, [], 2)).toMatchObject({
            mapping: 'endpoint-independent',
            endpoint: endpoint(TRUE),
          });
        },
      ),
    );
  });
});

describe('the scope of an address', () => {
  it.each([
    ['127.0.0.1:1', 0],
    ['[::1]:1', 0],
    ['10.1.2.3:1', 1],
    ['172.16.0.1:1', 1],
    ['172.31.255.1:1', 1],
    ['192.168.4.4:1', 1],
    ['169.254.1.1:1', 1],
    ['100.64.0.1:1', 1],
    ['[fd00::1]:1', 1],
    ['[fe80::1]:1', 1],
    ['172.32.0.1:1', 2],
    ['100.128.0.1:1', 2],
    ['8.8.8.8:1', 2],
    ['[2001:db8::1]:1', 2],
  ])('of %s is %i', (text, scope) => {
    expect(scopeOf(endpoint(text))).toBe(scope);
  });
});
