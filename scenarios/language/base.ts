/** A file with everything it uses laid under it: presets by name, other files by relative path, cycles refused. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { preset, PRESETS } from '../presets/index.ts';
import { asBase, overlay } from './merge.ts';
import { problemAt, type Problem, type Source } from './problems.ts';
import { entryOf, parseRaw, type Raw, type RawMap, type RawScalar } from './raw.ts';
import { LATER_PRESETS } from './schema.ts';
import { alternatives, closest } from './suggest.ts';
import type { Surroundings } from './work.ts';

export interface Base {
  raw: RawMap;
  surroundings: Surroundings;
}

export function readBase(source: Source): { base?: Base; problems: Problem[] } {
  const folder = dirname(resolve(source.file));
  const problems: Problem[] = [];
  const raw = layered(source, [resolve(source.file)], [source.file], problems);
  return raw === undefined
    ? { problems }
    : { base: { raw, surroundings: { folder, latencyFiles: new Map() } }, problems };
}

/** One file over what it uses. `chain` holds the absolute names of the files above, `shown` their names as written. */
function layered(
  source: Source,
  chain: readonly string[],
  shown: readonly string[],
  problems: Problem[],
): RawMap | undefined {
  const parsed = parseRaw(source);
  problems.push(...parsed.problems);
  const raw = parsed.raw;
  if (raw?.kind !== 'map') {
    if (parsed.problems.length === 0)
      problems.push(
        problemAt(
          {
            code: 'MF-0145',
            message: raw === undefined ? 'the file is empty' : 'a scenario is a map of keys',
            hint: 'start with scenario: my-question',
          },
          { source, start: raw?.span.start ?? 0, end: (raw?.span.start ?? 0) + 1 },
        ),
      );
    return undefined;
  }
  let below: Raw = { kind: 'map', span: raw.span, entries: [] };
  for (const name of usedNames(raw)) {
    const layer = usedLayer(name, source, chain, shown, problems);
    if (layer !== undefined) below = overlay(below, asBase(layer));
  }
  const merged = overlay(below, raw);
  return merged.kind === 'map' ? merged : raw;
}

function usedNames(raw: RawMap): RawScalar[] {
  const uses = entryOf(raw, 'uses')?.value;
  if (uses?.kind === 'scalar') return [uses];
  if (uses?.kind !== 'list') return [];
  return uses.items.filter((item) => item.kind === 'scalar');
}

function usedLayer(
  name: RawScalar,
  source: Source,
  chain: readonly string[],
  shown: readonly string[],
  problems: Problem[],
): RawMap | undefined {
  const report = (code: string, message: string, more: object = {}): undefined => {
    problems.push(problemAt({ code, message, ...more }, name.span, { explain: 'uses' }));
    return undefined;
  };
  const isFile = /^\.{0,2}\//.test(name.text) || /\.ya?ml$/.test(name.text);
  if (!isFile) {
    const found = preset(name.text);
    if (found !== undefined) {
      const presetSource: Source = {
        file: `preset ${found.name}`,
        text: found.yaml,
        virtual: true,
      };
      return layered(presetSource, chain, shown, problems);
    }
    if (LATER_PRESETS.some((later) => later === name.text))
      return report(
        'MF-0111',
        `the preset "${name.text}" is about money, which is not part of this version`,
      );
    const known = PRESETS.map((candidate) => candidate.name);
    const suggestion = closest(name.text, known);
    return report(
      'MF-0122',
      `no preset is called "${name.text}"`,
      suggestion === undefined
        ? { hint: `known: ${alternatives(known)}; a file needs its path, as in ./base.yaml` }
        : { suggestion },
    );
  }
  const file = resolve(dirname(chain[chain.length - 1] ?? source.file), name.text);
  if (chain.includes(file)) {
    const from = chain.indexOf(file);
    const cycle = [...shown.slice(from), name.text].join(' -> ');
    return report('MF-0141', `the files use each other in a circle: ${cycle}`);
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return report(
      'MF-0140',
      missing ? `there is no file "${name.text}"` : `"${name.text}" cannot be read`,
    );
  }
  const shownName =
    resolve(dirname(source.file), name.text) === file
      ? joinShown(source.file, name.text)
      : name.text;
  return layered({ file: shownName, text }, [...chain, file], [...shown, name.text], problems);
}

/** The used file's name for messages, as seen from where the main file was named. */
function joinShown(from: string, name: string): string {
  const folder = dirname(from);
  return folder === '.' ? name.replace(/^\.\//, '') : `${folder}/${name.replace(/^\.\//, '')}`;
}
