/**
 * Keys that must be there. Asked of the tree as written, not of the values read, so that a key whose value is wrong is
 * reported once (as wrong) and not a second time (as missing).
 */
import { z } from 'zod';

import { below, unwrap } from './check.ts';
import { problemAt, type Problem, type Span } from './problems.ts';
import { pathText, type Raw } from './raw.ts';
import { scenarioSchema } from './schema.ts';

/** Where a map is shown: its first key, or where it would start. */
export function headSpan(raw: Raw): Span {
  if (raw.kind === 'map')
    return raw.entries[0]?.keySpan ?? { ...raw.span, end: raw.span.start + 1 };
  return raw.span;
}

export function missingKeys(raw: Raw): Problem[] {
  const problems: Problem[] = [];
  const visit = (
    node: Raw,
    types: readonly z.core.$ZodType[],
    path: readonly PropertyKey[],
    shownAt: Span,
  ): void => {
    if (node.kind === 'list') {
      node.items.forEach((item, i) =>
        visit(
          item,
          types.flatMap((type) => below(type, String(i))),
          [...path, i],
          headSpan(item),
        ),
      );
      return;
    }
    if (node.kind !== 'map') return;
    const objects = types.flatMap(mapForms);
    for (const form of objects) {
      if (!(form instanceof z.ZodObject)) continue;
      for (const [name, type] of Object.entries(form.shape as { [k: string]: z.ZodType })) {
        if (type.meta()?.['x-required'] !== true) continue;
        if (node.entries.some((entry) => entry.key === name)) continue;
        const where = path.length === 0 ? '' : ` in ${pathText(path)}`;
        const example = (type.meta()?.examples as string[] | undefined)?.[0] ?? '';
        problems.push(
          problemAt(
            {
              code: 'MF-0104',
              message: `"${name}" is missing${where}`,
              hint: `add for example ${name}: ${example}`,
            },
            shownAt,
            { explain: path.length === 0 ? name : String(path[0]) },
          ),
        );
      }
    }
    for (const entry of node.entries)
      visit(
        entry.value,
        types.flatMap((type) => below(type, entry.key)),
        [...path, entry.key],
        entry.keySpan,
      );
  };
  visit(raw, [scenarioSchema], [], headSpan(raw));
  return problems;
}

function mapForms(type: z.core.$ZodType): z.core.$ZodType[] {
  const bare = unwrap(type);
  if (bare instanceof z.ZodUnion) return bare.options.flatMap(mapForms);
  return [bare];
}
