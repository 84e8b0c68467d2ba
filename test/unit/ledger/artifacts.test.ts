/** What is committed as compiled is what the sources compile to, and the model's table of methods is theirs. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ABIS, type ContractKind } from '../../../protocols/ledger/abi.ts';

const folder = new URL('../../../contracts/artifacts/', import.meta.url);

interface AbiItem {
  type: string;
  name?: string;
  stateMutability?: string;
  inputs?: { name: string; type: string; indexed?: boolean }[];
  outputs?: { type: string }[];
}

interface Artifact {
  compiler: string;
  settings: { evmVersion: string };
  abi: AbiItem[];
}

const FILES: { readonly [kind in ContractKind]: string } = {
  token: 'Token',
  chequebook: 'Chequebook',
  factory: 'ChequebookFactory',
  protests: 'Protests',
  stakes: 'Stakes',
  parameters: 'Parameters',
};

describe('compiled contracts', () => {
  it('are byte for byte what the pinned compiler makes of the sources', async () => {
    // @ts-expect-error -- plain JavaScript, run by npm as well
    const build = (await import('../../../contracts/build.mjs')) as {
      compile: () => Map<string, string>;
    };
    const made = build.compile();
    const names = readdirSync(fileURLToPath(folder));
    expect([...made.keys()].sort((a, b) => (a < b ? -1 : 1))).toEqual(
      names.sort((a, b) => (a < b ? -1 : 1)),
    );
    for (const [name, text] of made)
      expect(readFileSync(new URL(name, folder), 'utf8') === text, name).toBe(true);
  });

  it.each(Object.keys(FILES) as ContractKind[])(
    'have the methods and events of the model: %s',
    (kind) => {
      const text = readFileSync(new URL(`${FILES[kind]}.json`, folder), 'utf8');
      const { abi, compiler, settings } = JSON.parse(text) as Artifact;
      expect([compiler.split('+')[0], settings.evmVersion]).toEqual(['0.8.37', 'cancun']);
      const sorted = (entries: [string, unknown][]): [string, unknown][] =>
        entries.sort(([a], [b]) => (a < b ? -1 : 1));
      const methods = abi
        .filter(({ type }) => type === 'function')
        .map(({ name, inputs, outputs, stateMutability }): [string, unknown] => {
          const isView = stateMutability === 'view' || stateMutability === 'pure';
          const types = [inputs!, outputs!].map((fields) => fields.map(({ type }) => type));
          return [name!, [...types, isView]];
        });
      const known = Object.entries(ABIS[kind].methods).map(
        ([name, { inputs, outputs, view }]): [string, unknown] => [
          name,
          [inputs, outputs, view === true],
        ],
      );
      expect(sorted(methods)).toEqual(sorted(known));
      const events = abi
        .filter(({ type }) => type === 'event')
        .map(({ name, inputs }): [string, unknown] => [
          name!,
          inputs!.map((field) => [field.name, field.type, field.indexed === true]),
        ]);
      const told = Object.entries(ABIS[kind].events).map(([name, fields]): [string, unknown] => [
        name,
        fields.map((field) => [field.name, field.type, field.indexed === true]),
      ]);
      expect(sorted(events)).toEqual(sorted(told));
    },
  );
});
