/**
 * Wrong scenarios, each with all of its mistakes: code, line, column and suggestion. The columns are worth a test of
 * their own, since a caret under the wrong letter is worse than none.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { loadScenario } from '../../../scenarios/language/load.ts';
import { moduleSource } from '../../../scenarios/language/module.ts';
import type { Problem } from '../../../scenarios/language/problems.ts';
import { scenarioSchema } from '../../../scenarios/language/schema.ts';

const FOLDER = 'test/fixtures/wrong';

interface ExpectedProblem {
  code: string;
  /** Absent for the fixture's own file. */
  file?: string;
  line: number;
  column: number;
  suggestion?: string;
}

function expectedOf(name: string): ExpectedProblem[] {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as ExpectedProblem[];
}

function problemsIn(file: string): Problem[] {
  const result = loadScenario({ file, text: readFileSync(file, 'utf8') });
  return result.ok ? result.loaded.warnings : result.problems;
}

function brief(problem: Problem, file: string): ExpectedProblem {
  return {
    code: problem.code,
    ...(problem.file === file ? {} : { file: problem.file.replace(`${FOLDER}/`, '') }),
    line: problem.line,
    column: problem.column,
    ...(problem.suggestion === undefined ? {} : { suggestion: problem.suggestion }),
  };
}

const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.replace(/\.yaml$/, ''));

describe('wrong scenarios', () => {
  it('are at least forty', () => {
    expect(names.length).toBeGreaterThanOrEqual(40);
  });

  it.each(names)('%s: every mistake is reported at its place', (name) => {
    const file = join(FOLDER, `${name}.yaml`);
    const problems = problemsIn(file);
    expect(problems.map((problem) => brief(problem, file))).toEqual(expectedOf(name));
  });

  it.each(names)('%s: the caret underlines letters of the line it shows', (name) => {
    for (const problem of problemsIn(join(FOLDER, `${name}.yaml`))) {
      const shown = problem.frame.at(-2) ?? '';
      const caret = problem.frame.at(-1) ?? '';
      expect(shown.startsWith(String(problem.line).padStart(5))).toBe(true);
      expect(caret.indexOf('^')).toBe(' '.repeat(5).length + ' | '.length + problem.column - 1);
      expect(caret.lastIndexOf('^')).toBeLessThanOrEqual(
        Math.max(shown.length, caret.indexOf('^')),
      );
    }
  });

  it('in a TypeScript file without a scenario is reported too', async () => {
    const result = await moduleSource(join(FOLDER, 'no-scenario.ts'));
    expect(result.ok ? [] : result.problems.map((p) => brief(p, p.file))).toEqual(
      expectedOf('no-scenario'),
    );
  });
});

function codesInSources(): Set<string> {
  const folders = ['scenarios/language', 'scenarios/expect'];
  const texts = folders.flatMap((folder) =>
    readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  // Quoted codes are the ones that are used; comments name them without quotes.
  return new Set(
    texts.flatMap((text) =>
      [...text.matchAll(/'(MF-\d{4})'(?! and so on)/g)].map((m) => m[1] ?? ''),
    ),
  );
}

const DOCUMENT = readFileSync('docs/reference/errors.md', 'utf8');

describe('error codes', () => {
  it('each have a fixture', () => {
    const covered = new Set([...names, 'no-scenario'].flatMap(expectedOf).map((p) => p.code));
    expect([...codesInSources()].filter((code) => !covered.has(code))).toEqual([]);
  });

  it('each have a section in the reference, and the reference has no other', () => {
    const sections = [...DOCUMENT.matchAll(/^## (MF-\d{4})$/gm)].map((match) => match[1]);
    expect(sections.toSorted()).toEqual([...codesInSources()].toSorted());
  });

  // A circle of files takes two files, which its fixture has and a snippet has not.
  const examples = DOCUMENT.split(/^## /m).flatMap((section) => {
    const code = section.slice(0, 7);
    const [, wrong = '', right = ''] =
      /```yaml\n# wrong\n([^]*?)# right\n([^]*?)```/.exec(section) ?? [];
    const key = /^(\w+):/.exec(wrong)?.[1] ?? '';
    return key in scenarioSchema.shape && code !== 'MF-0141' ? [{ code, wrong, right }] : [];
  });

  it.each(examples)(
    '$code: the example in the reference is wrong and right as it says',
    ({ code, wrong, right }) => {
      const codes = (text: string): string[] => {
        const whole = text.startsWith('scenario:') ? text : `scenario: example\n${text}`;
        const result = loadScenario({ file: join(FOLDER, 'example.yaml'), text: whole });
        return (result.ok ? result.loaded.warnings : result.problems).map((p) => p.code);
      };
      expect(codes(wrong)).toContain(code);
      expect(codes(right)).not.toContain(code);
    },
  );

  it('of the reference are mostly checked by running their examples', () => {
    expect(examples.length).toBeGreaterThan(20);
  });
});
