/** Settings files as written: complete, readable again, and changed without losing a word of anybody's. */
import Ajv2020 from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settingsText, withSetting } from '../../../live/config/file.ts';
import { fileLayer } from '../../../live/config/layer.ts';
import { ALL_SETTINGS, settingNamed, settingsJsonSchema } from '../../../live/config/schema.ts';
import { newIdentity, cardText, recordOf } from '../../../live/node/identity.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';

const suite = createSuite('native');
const identity = newIdentity(suite, new Uint8Array(32).fill(7), 1n);
const CARD = cardText(recordOf(suite, identity, { networkId: '1', sequence: 1 }, undefined));

/** Texts that each setting takes. */
const TEXTS: { readonly [name: string]: readonly (string | string[])[] } = {
  log: ['info', 'warn,link=debug', 'silent'],
  'node.udp.ipv4': ['127.0.0.1', 'none'],
  'node.udp.ipv6': ['::', '::1', 'none', 'fe80::1'],
  'node.udp.port': ['any', '0', '1', '65535'],
  'node.udp.announce': ['none', '198.51.100.7:51733', '[2001:db8::1]:4242'],
  'node.api.port': ['4280', 'any'],
  'node.bootstrap': [[], [CARD], [CARD, CARD]],
  'node.luminosity': ['0 bits', '2.5 bits', '256 bits'],
  'node.tags': ['rotating', 'fixed'],
  'node.nat.keepalive': ['10 s', '1 min'],
  'node.nat.relay_rate': ['0 kbit/s', '2.5 Mbit/s'],
  'node.overlay.network_share': ['50%', '100%', 'auto'],
  'node.disk.free_min': ['1 GiB', '0 B'],
  'node.stop.within': ['1 s', '2 min'],
  'node.emulate.delay': ['30 ms', '0 s'],
  'node.emulate.loss': ['1.5%'],
  'money.rpc': ['none', 'http://127.0.0.1:8545', 'https://chain.example/key?x=1'],
  'money.chain_id': ['none', '1', '31337'],
  'money.token': ['none', `0x${'0a'.repeat(20)}`],
  'money.factory': ['none', `0x${'12'.repeat(20)}`],
  'money.protests': ['none', `0x${'ff'.repeat(20)}`],
  'money.chequebook': ['auto', `0x${'00'.repeat(20)}`],
  'money.confirmations': ['1', '256'],
  'money.poll': ['50 ms', '1 min'],
  'money.timeout': ['1 s'],
  'money.gas_max_gwei': ['1', '500'],
  'money.coin_worth': ['0 MFT', '2500.5 MFT'],
  'money.cash': ['worth', 'at once', 'covered', 'by hand'],
  'money.price': ['0 MFT', '0.01 mMFT'],
  'money.price_per': ['packet', 'MiB'],
  'money.pricing': ['proximity', 'flat'],
  'money.threshold': ['1 MFT', '5 mMFT'],
  'money.tolerance': ['0%', '200%'],
  'money.deadline': ['30 min', '1 day'],
  'money.grace': ['0 s', '10 min'],
  'metrics.peers': ['true', 'false'],
};

const valuesOf = (text: string): { [name: string]: unknown } => {
  const { said, problems } = fileLayer({ file: 'f', text });
  expect(problems).toEqual([]);
  return Object.fromEntries([...said].map(([name, { value }]) => [name, value]));
};
const comments = (text: string): string[] => text.match(/#.*$/gm) ?? [];
/** A setting with one of its texts. */
const change = fc
  .constantFrom(...ALL_SETTINGS)
  .chain((setting) => fc.tuple(fc.constant(setting), fc.constantFrom(...TEXTS[setting.name]!)));

describe('the file that node init writes', () => {
  it('has every setting with its meaning, default and value', () => {
    const text = settingsText('home', {});
    expect(Object.keys(valuesOf(text))).toEqual(ALL_SETTINGS.map(({ name }) => name));
    const words = comments(text)
      .join(' ')
      .replace(/\s*#\s*/g, ' ');
    for (const { description } of ALL_SETTINGS) expect(words).toContain(description);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(105);
  });

  it('can be read again whatever stands in it', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        const given = Object.fromEntries(changes.map(([{ name }, text]) => [name, text]));
        const { said, problems } = fileLayer({ file: 'f', text: settingsText('home', given) });
        expect(problems).toEqual([]);
        for (const [name, text] of Object.entries(given))
          expect(said.get(name)!.text).toEqual(text);
      }),
    );
  });

  it('passes the JSON Schema that editors get', () => {
    const valid = new Ajv2020.default({ allowUnionTypes: true }).compile(settingsJsonSchema());
    expect([
      valid(parse(settingsText('home', { 'node.bootstrap': [CARD] }))),
      valid.errors,
    ]).toEqual([true, null]);
    expect(valid({ node: { udp: { prt: 1 } } })).toBe(false);
    expect(valid({ metrics: { peers: 'yes' } })).toBe(false);
    expect(valid({ node: { udp: { port: 70_000 } } })).toBe(false);
  });
});

describe('changing one setting', () => {
  it('changes that one and nothing else, and keeps every comment', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const start = settingsText('home', {});
        let text = start;
        const expected = valuesOf(start);
        for (const [setting, value] of changes) {
          text = withSetting(text, setting, value);
          expected[setting.name] = valuesOf(settingsText('x', { [setting.name]: value }))[
            setting.name
          ];
        }
        expect(valuesOf(text)).toEqual(expected);
        expect(comments(text)).toEqual(comments(start));
      }),
    );
  });

  it('touches one line of a file that somebody has laid out', () => {
    const text = `# Mine.\nlog: info # quiet\n\nnode:\n  # The router forwards this one.\n  udp: { port: 4300, ipv4: 10.0.0.1 } # behind NAT\n\n  luminosity: 8 bits\n`;
    const port = settingNamed('node.udp.port')!;
    expect(withSetting(text, port, '5000')).toBe(text.replace('4300', '5000'));
    expect(withSetting(text, settingNamed('log')!, 'debug')).toBe(text.replace('info', 'debug'));
  });

  it('adds what is not there yet, with the sections around it', () => {
    const port = settingNamed('node.udp.port')!;
    for (const text of ['', '# only a comment\n', 'node:\n', 'log: info\n', 'node:\n  udp:\n'])
      expect(valuesOf(withSetting(text, port, '5000'))).toMatchObject({ 'node.udp.port': 5000 });
    const bootstrap = settingNamed('node.bootstrap')!;
    expect(valuesOf(withSetting('node: {}\n', bootstrap, [CARD]))).toEqual({
      'node.bootstrap': [CARD],
    });
    expect(comments(withSetting('# only a comment\n', port, '5000'))).toEqual(['# only a comment']);
  });
});
