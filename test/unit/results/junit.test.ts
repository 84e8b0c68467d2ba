/** Expectations as JUnit XML. */
import { describe, expect, it } from 'vitest';
import { junitXml } from '../../../scenarios/results/junit.ts';

describe('junit.xml', () => {
  it('fails what is broken, skips what is unclear, and escapes what XML would take for its own', () => {
    const xml = junitXml(
      'a & b',
      [
        { check: 'x < 3 s', verdict: 'broken', value: 4_000_000, unit: 'us' },
        { check: 'y >= 1%', verdict: 'holds' },
        { check: 'z', verdict: 'unclear', reason: 'more "seeds"' },
        { check: 'w', verdict: 'skipped', reason: 'needs a sweep' },
      ],
      1.5,
    );
    expect(xml.split('\n')).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuite name="a &#38; b" tests="4" failures="1" skipped="2" time="1.500">',
      '  <testcase classname="a &#38; b" name="x &#60; 3 s"><failure message="measured 4000000 us"/></testcase>',
      '  <testcase classname="a &#38; b" name="y &#62;= 1%"></testcase>',
      '  <testcase classname="a &#38; b" name="z"><skipped message="more &#34;seeds&#34;"/></testcase>',
      '  <testcase classname="a &#38; b" name="w"><skipped message="needs a sweep"/></testcase>',
      '</testsuite>',
      '',
    ]);
  });
});
