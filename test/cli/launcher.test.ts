/** The command of the package: there before anything is built, and building then. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFolder } from './support.ts';

const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  bin: { mainframe: string };
};
const PROGRAM = "process.stdout.write(process.argv.slice(2).join(' '));";

describe('the launcher', () => {
  it('is kept in the repository and may be executed', () => {
    const [line] = execFileSync('git', ['ls-files', '--stage', bin.mainframe], {
      encoding: 'utf8',
    }).split('\n');
    expect(line).toMatch(/^100755 /);
  });

  it('builds where there is no build, and only there', () =>
    inFolder((folder) => {
      mkdirSync(join(folder, 'cli'));
      const launcher = join(folder, bin.mainframe);
      copyFileSync(bin.mainframe, launcher);
      writeFileSync(
        join(folder, 'cli', 'setup.mjs'),
        `import { mkdirSync, writeFileSync } from 'node:fs';
console.error('building');
mkdirSync('dist/cli', { recursive: true });
writeFileSync('dist/cli/main.js', ${JSON.stringify(PROGRAM)});
`,
      );
      const run = (): string =>
        execFileSync('sh', ['-c', '"$0" "$@" 2>&1', process.execPath, launcher, 'run', 'it'], {
          cwd: folder,
          encoding: 'utf8',
        });
      expect(run()).toBe('building\nrun it');
      expect(run()).toBe('run it');
    }));
});
