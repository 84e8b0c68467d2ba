/** Pages of docs/reference say what the program's tables say; after a change `npx vitest run test/unit/reference -u` writes them anew. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  apiPage,
  formatted,
  logEventsPage,
  metricsPage,
  openApiText,
  SETTING_CODES,
  settingsPage,
} from '../../support/reference-documents.ts';

it.each([
  ['openapi.json', openApiText],
  ['api.md', apiPage],
  ['settings.md', settingsPage],
  ['log-events.md', logEventsPage],
  ['live-metrics.md', metricsPage],
])('docs/reference/%s is as the tables are', async (name, text) => {
  const file = `docs/reference/${name}`;
  await expect(await formatted(file, text())).toMatchFileSnapshot(`../../../${file}`);
});

it('has every code of settings, and no other', () => {
  const sources = execFileSync('git', ['ls-files', 'live'], { encoding: 'utf8' })
    .split('\n')
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const used = new Set([...sources.matchAll(/'(MF-04\d\d)'/g)].map((match) => match[1]!));
  expect([...used].toSorted()).toEqual(Object.keys(SETTING_CODES).toSorted());
});
