/**
 * Values put over a file: `--set`, `small:` and the points of a sweep. One name without dots is a parameter; a dotted
 * name is a key. Both are checked against what exists, since a mistyped override that silently does nothing is the
 * worst mistake a sweep can make.
 */
import { knownKeys, schemasAt } from './check.ts';
import { splitPath, withValue } from './merge.ts';
import { problemAt, type Fault, type Problem, type Span } from './problems.ts';
import { nodeAt, pathText, type Raw } from './raw.ts';
import { closest, closestDotted } from './suggest.ts';

export interface Override {
  /** Parameter or dotted key. */
  path: string;
  value: Raw;
  /** Where the path itself stands, for problems. */
  pathSpan: Span;
}

/** Sections whose names are free, but must exist to be changed. */
const NAMED = ['roles', 'watch', 'params'];

/** Why an override's path means nothing in this scenario, or undefined when it does. */
export function pathFault(
  raw: Raw,
  path: string,
  parameters: readonly string[],
): Fault | undefined {
  const steps = splitPath(path);
  if (steps.length <= 1) {
    if (parameters.includes(path)) return undefined;
    if (steps.length === 1 && schemasAt(steps).length > 0 && path !== 'params')
      return {
        code: 'MF-0129',
        message: `"${path}" is a whole section; name a key in it, as in world.nodes`,
      };
    const suggestion = closest(path, parameters) ?? closestDotted(path, dottedKeys());
    return {
      code: 'MF-0129',
      message: `there is no parameter "${path}"`,
      ...(suggestion === undefined
        ? {
            hint:
              parameters.length === 0
                ? 'the scenario declares none'
                : `declared: ${parameters.join(', ')}`,
          }
        : { suggestion }),
    };
  }
  const [section, name] = steps;
  if (section !== undefined && name !== undefined && NAMED.includes(section)) {
    const parent = nodeAt(raw, [section]);
    const names = parent?.kind === 'map' ? parent.entries.map((entry) => entry.key) : [];
    if (!names.includes(name)) {
      const suggestion = closest(name, names);
      return {
        code: 'MF-0129',
        message: `there is no "${section}.${name}" in this scenario`,
        ...(suggestion === undefined
          ? {}
          : { suggestion: [section, suggestion, ...steps.slice(2)].join('.') }),
      };
    }
  }
  for (let depth = 1; depth <= steps.length; depth++) {
    if (schemasAt(steps.slice(0, depth)).length > 0) continue;
    const parent = steps.slice(0, depth - 1);
    const suggestion = closest(steps[depth - 1] ?? '', knownKeys(parent));
    return {
      code: 'MF-0129',
      message: `there is no key "${path}"`,
      ...(suggestion === undefined
        ? {}
        : { suggestion: pathText([...parent, suggestion, ...steps.slice(depth)]) }),
    };
  }
  return undefined;
}

function dottedKeys(): string[] {
  return ['world', 'services.overlay', 'services.routing', 'sweep'].flatMap((section) =>
    knownKeys(section.split('.')).map((key) => `${section}.${key}`),
  );
}

/** The tree with all overrides in place, and the values given to parameters. */
export function applyOverrides(
  raw: Raw,
  overrides: readonly Override[],
  parameters: readonly string[],
): { raw: Raw; parameterNodes: Map<string, Raw>; problems: Problem[] } {
  const problems: Problem[] = [];
  const parameterNodes = new Map<string, Raw>();
  let changed = raw;
  for (const { path, value, pathSpan } of overrides) {
    const what = pathFault(changed, path, parameters);
    if (what !== undefined) {
      problems.push(problemAt(what, pathSpan));
      continue;
    }
    const steps = splitPath(path);
    if (steps.length === 1) {
      parameterNodes.set(path, value);
      continue;
    }
    const next = withValue(changed, steps, value);
    if (next === undefined)
      problems.push(
        problemAt({ code: 'MF-0129', message: `there is no "${path}" in this scenario` }, pathSpan),
      );
    else changed = next;
  }
  return { raw: changed, parameterNodes, problems };
}
