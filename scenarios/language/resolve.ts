/** One scenario at one set of values: parameters replaced, sections read, everything in base units. */
import type { ExpressionContext } from '../expect/parse.ts';
import { GUESSES, type Guess, type ParameterValue, type ResolvedScenario } from '../model.ts';
import { checkShape, schemasAt } from './check.ts';
import { DEFAULTS } from './defaults.ts';
import { splitPath } from './merge.ts';
import {
  declaredParameters,
  PARAMETER,
  parameterValue,
  substitute,
  valueFault,
  type DeclaredParameter,
} from './parameters.ts';
import { problemAt, type Problem } from './problems.ts';
import { formatQuantity } from './quantity.ts';
import { entryOf, nodeAt, spanOf, type Raw } from './raw.ts';
import { missingKeys } from './required.ts';
import { checkSupply } from './resolve-chain.ts';
import { resolveGroups } from './resolve-groups.ts';
import { resolveMoney } from './resolve-money.ts';
import { resolveFaults, resolveRoles, resolveWatch } from './resolve-people.ts';
import { resolveTraffic } from './resolve-traffic.ts';
import { resolveCharts, resolveExpect, resolveRecord } from './resolve-results.ts';
import { resolveServices, resolveWorld } from './resolve-world.ts';
import type { ScenarioData } from './schema.ts';
import { dottedSwept } from './sweep.ts';
import { isWritten, report, reportKey, type Surroundings, type Work } from './work.ts';

/** Sections whose values may be parameters. */
const WITH_PARAMETERS = [
  'world',
  'roles',
  'money',
  'services',
  'traffic',
  'faults',
  'watch',
  'record',
];

export interface Resolved {
  /** Meaningful only when `problems` has no error. */
  scenario: ResolvedScenario;
  data: ScenarioData;
  values: ReadonlyMap<string, ParameterValue>;
  problems: Problem[];
}

/** Resolves a merged tree. `given` holds values for parameters other than their defaults. */
export function resolveAt(
  root: Raw,
  given: ReadonlyMap<string, Raw>,
  surroundings: Surroundings,
): Resolved {
  const declared = declaredParameters(entryOf(root, 'params')?.value);
  const problems = [...declared.problems];
  const texts = new Map<string, string>();
  for (const parameter of declared.parameters)
    texts.set(parameter.name, valueOf(parameter, given, problems));

  const params = entryOf(root, 'params')?.value;
  const unreadable = new Set(
    params?.kind === 'map'
      ? params.entries.map((entry) => entry.key).filter((name) => !texts.has(name))
      : [],
  );
  const used = new Set<string>();
  const raw: Raw =
    root.kind !== 'map'
      ? root
      : {
          ...root,
          entries: root.entries.map((entry) => {
            if (!WITH_PARAMETERS.includes(entry.key)) return entry;
            const replaced = substitute(entry.value, texts, unreadable);
            problems.push(...replaced.problems);
            for (const name of replaced.used) used.add(name);
            return { ...entry, value: replaced.raw };
          }),
        };
  const shape = checkShape(raw);
  problems.push(...shape.problems, ...missingKeys(raw));

  const values = new Map([...texts].map(([name, text]) => [name, parameterValue(text)]));
  for (const path of [...dottedSwept(root), ...namedKeys(root)])
    values.set(path, parameterValue(dottedText(raw, path)));
  const work: Work = { raw, data: shape.data, problems, values, surroundings };

  const world = resolveWorld(work);
  const flows = world.detail === 'flows';
  const money = resolveMoney(work, flows);
  const roles = resolveRoles(work, world.nodes, flows, money !== undefined, world.durationUs);
  if (money !== undefined) checkSupply(work, money, roles);
  const roleNames = roles.map((role) => role.name);
  const groups = resolveGroups(work, world.nodes, flows);
  const watch = resolveWatch(work, roleNames);
  const context: ExpressionContext = { values, roles: roleNames, guesses: guessesOf(work, watch) };
  checkScenarioName(work);
  const scenario: ResolvedScenario = {
    schema: 'scenario/v1',
    scenario: work.data.scenario ?? '',
    about: work.data.about ?? '',
    ...(work.data.notes === undefined ? {} : { notes: work.data.notes }),
    params: Object.fromEntries([...texts].map(([name, text]) => [name, parameterValue(text)])),
    world,
    roles,
    services: {
      ...resolveServices(work, flows, money !== undefined),
      ...(groups === undefined ? {} : { groups }),
    },
    ...(money === undefined ? {} : { money }),
    traffic: resolveTraffic(work, roleNames, world.durationUs - world.warmupUs, flows),
    faults: resolveFaults(work, roleNames, world.durationUs),
    watch,
    expect: resolveExpect(work, context),
    charts: resolveCharts(work, context),
    record: resolveRecord(work),
  };
  reportShortMeasurement(work, scenario);
  reportUnused(work, declared.parameters, used);
  return { scenario, data: work.data, values, problems };
}

function valueOf(
  parameter: DeclaredParameter,
  given: ReadonlyMap<string, Raw>,
  problems: Problem[],
): string {
  const node = given.get(parameter.name);
  if (node === undefined) return parameter.default;
  if (node.kind !== 'scalar') {
    const message = `the parameter "${parameter.name}" takes a single value`;
    problems.push(problemAt({ code: 'MF-0105', message }, node.span));
    return parameter.default;
  }
  const wrong = parameter.fixed
    ? {
        code: 'MF-0125',
        message: `"${parameter.name}" is fixed: a resolved file records it and nothing reads it`,
        hint: 'set the key itself, or use the original file',
      }
    : valueFault(parameter, node.text);
  if (wrong !== undefined) {
    problems.push(problemAt(wrong, spanOf(node)));
    return parameter.default;
  }
  return node.text;
}

/** Text of a key that a sweep varies: as written, or its default. */
function dottedText(raw: Raw, path: string): string {
  const steps = splitPath(path);
  const node = nodeAt(raw, steps);
  if (node?.kind === 'scalar') return node.text;
  return DEFAULTS[path]?.text ?? '';
}

/** Keys that expectations and charts name as if they were parameters (`$world.nodes`, `colour: world.nodes`). */
function namedKeys(root: Raw): string[] {
  const names = textsBelow([nodeAt(root, ['expect']), nodeAt(root, ['charts'])]).flatMap((text) =>
    [...text.matchAll(/[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)+/g)].map((match) => match[0]),
  );
  return names.filter((name) => {
    const steps = splitPath(name);
    return WITH_PARAMETERS.includes(steps[0] ?? '') && schemasAt(steps).length > 0;
  });
}

/** Every text in some parts of a tree. */
function textsBelow(nodes: readonly (Raw | undefined)[]): string[] {
  return nodes.flatMap((node): string[] => {
    if (node?.kind === 'scalar') return [node.text];
    if (node?.kind === 'list') return textsBelow(node.items);
    if (node?.kind === 'map') return textsBelow(node.entries.map((entry) => entry.value));
    return [];
  });
}

function guessesOf(work: Work, watch: ResolvedScenario['watch']): Set<Guess> {
  const guesses = new Set(watch.flatMap((observer) => observer.guesses));
  // An observer that could not be read may have been the one; its own problem is enough.
  const written = nodeAt(work.raw, ['watch']);
  const entries = written?.kind === 'map' ? written.entries.length : 0;
  if (entries > watch.length) for (const guess of GUESSES) guesses.add(guess);
  return guesses;
}

/** A message is judged when it has expired, so in a short world none is judged at all. */
function reportShortMeasurement(work: Work, scenario: ResolvedScenario): void {
  const measuredUs = scenario.world.durationUs - scenario.world.warmupUs;
  const { lifetimeUs } = scenario.services.routing;
  if (scenario.world.detail === 'flows') return;
  const speaks = scenario.traffic.length > 0 || scenario.services.groups !== undefined;
  if (!speaks || measuredUs <= 0 || measuredUs > lifetimeUs) return;
  const path = ['world', 'duration'];
  const what = {
    code: 'MF-0193',
    message: `the measured ${formatQuantity(measuredUs, 'time')} are no longer than the lifetime of a packet, ${formatQuantity(lifetimeUs, 'time')}, so no message is judged before the end`,
    hint: 'lengthen duration or shorten services.routing.lifetime',
  };
  if (isWritten(work, path)) report(work, path, what, 'warning');
  else reportKey(work, ['traffic'], what, 'warning');
}

function checkScenarioName(work: Work): void {
  const name = work.data.scenario;
  if (name === undefined || /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) return;
  const suggestion = name
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^[-_]+|-+$/g, '')
    .slice(0, 64);
  const node = nodeAt(work.raw, ['scenario']);
  if (node === undefined) return;
  work.problems.push(
    problemAt(
      {
        code: 'MF-0116',
        message: `"${name}" cannot name a scenario: it names a folder, so use letters, digits, "_" and "-"`,
        ...(suggestion === '' ? {} : { suggestion }),
      },
      node.span,
      { explain: 'scenario' },
    ),
  );
}

/** A parameter that changes nothing is a trap: whoever sets it believes that it does. */
function reportUnused(
  work: Work,
  parameters: readonly DeclaredParameter[],
  used: Set<string>,
): void {
  const expressions = textsBelow([nodeAt(work.raw, ['expect'])]);
  const named = new Set(
    expressions.flatMap((text) => [...text.matchAll(PARAMETER)].map((match) => match[1] ?? '')),
  );
  for (const parameter of parameters) {
    if (parameter.fixed || used.has(parameter.name) || named.has(parameter.name)) continue;
    reportKey(work, ['params', parameter.name], {
      code: 'MF-0124',
      message: `the parameter "${parameter.name}" is used nowhere`,
      hint: `write $${parameter.name} where it belongs, or remove it`,
    });
  }
}
