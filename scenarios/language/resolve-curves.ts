/** Charts that draw one thing only: what a ROC curve and vintages are of, and by what they can be split. */
import type { Channel, Mark, MetricReference } from '../model.ts';
import { isWritten, report, type Path, type Work } from './work.ts';

/** The one metric that a mark draws. */
const ONLY: { readonly [mark in Mark]?: string } = {
  roc: 'credit.score',
  vintage: 'credit.defaulted',
};

/** A metric that a mark can be of, for hints. */
export function exampleOf(mark: Mark): string {
  return ONLY[mark] ?? 'delivery.latency';
}

/** Reports what a chart of such a mark cannot be of or split by. */
export function checkCurve(
  work: Work,
  path: Path,
  mark: Mark,
  of: MetricReference | undefined,
  colour: Channel | undefined,
): void {
  const only = ONLY[mark];
  if (only === undefined) return;
  if (of !== undefined && (of.metric !== only || of.where !== undefined))
    report(work, [...path, 'of'], {
      code: 'MF-0150',
      message: `a ${mark} chart is of ${only}, of everybody`,
      hint: `write of: ${only}`,
    });
  if (colour === undefined || (mark === 'roc' && colour.kind === 'parameter')) return;
  const key = isWritten(work, [...path, 'colour']) ? 'colour' : 'by';
  report(work, [...path, key], {
    code: 'MF-0150',
    message:
      mark === 'roc'
        ? 'a score that tells roles apart is asked of all roles together: a roc chart is coloured by a $parameter'
        : 'a vintage chart is coloured by when the credit began',
  });
}
