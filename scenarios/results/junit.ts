/** Expectations as JUnit XML, which every CI system can show. */
import type { ExpectationResult } from '../summary.ts';

function escape(text: string): string {
  return text.replace(/[<>&"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** One test suite with a test case for each expectation: broken ones fail, unclear and skipped ones are skipped. */
export function junitXml(
  scenario: string,
  expectations: readonly ExpectationResult[],
  seconds: number,
): string {
  const count = (verdicts: string[]): number =>
    expectations.filter((e) => verdicts.includes(e.verdict)).length;
  const cases = expectations.map((e) => {
    const inner =
      e.verdict === 'broken'
        ? `<failure message="${escape(`measured ${e.value ?? 'nothing'} ${e.unit ?? ''}`.trim())}"/>`
        : e.verdict === 'holds'
          ? ''
          : `<skipped message="${escape(e.reason ?? e.verdict)}"/>`;
    return `  <testcase classname="${escape(scenario)}" name="${escape(e.check)}">${inner}</testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="${escape(scenario)}" tests="${expectations.length}" failures="${count(['broken'])}" skipped="${count(['unclear', 'skipped'])}" time="${seconds.toFixed(3)}">`,
    ...cases,
    '</testsuite>',
    '',
  ].join('\n');
}
