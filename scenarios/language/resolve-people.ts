/** The sections about who lives in the world and what happens to them: roles, faults, watch. */
import { sellingKeys } from './resolve-discovery.ts';
import { payingKeys } from './resolve-money.ts';
import type { Behaviour, Fault as WorldFault, Observer, Role } from '../model.ts';
import { NAME } from './parameters.ts';
import { formatQuantity, parseQuantity, splitQuantity } from './quantity.ts';
import { ANYONE, checkRole } from './role-names.ts';
import type { ScenarioData } from './schema.ts';
import { SIGHTS } from './schema-people.ts';
import { isWritten, nodeOf, report, reportKey, type Path, type Work } from './work.ts';
import { sessionsFile } from './resolve-files.ts';
import type { Fault } from './problems.ts';

/** The only role of a world whose file names none. */
const ONLY_ROLE = 'node';

type WrittenRole = NonNullable<ScenarioData['roles']>[string];

function badName(name: string, what: string): Fault {
  return {
    code: 'MF-0116',
    message:
      name === ANYONE
        ? `"${ANYONE}" means every role and cannot name one`
        : `"${name}" cannot name ${what}: use letters, digits, "_" and "-", a letter first`,
  };
}

export function resolveRoles(
  work: Work,
  nodes: number,
  flows: boolean,
  paid: boolean,
  durationUs: number,
): Role[] {
  const written = work.data.roles ?? {};
  const names = Object.keys(written);
  if (names.length === 0)
    return [
      {
        name: ONLY_ROLE,
        count: nodes,
        behaves: { kind: 'honest' },
        ...payingKeys(work, ['roles'], {}, flows, paid, durationUs),
      },
    ];
  const counts = countRoles(work, names, written, nodes);
  return names.map((name, i) => {
    const role = written[name] ?? {};
    const path: Path = ['roles', name];
    if (!NAME.test(name) || name === ANYONE) reportKey(work, path, badName(name, 'a role'));
    const count = counts[i] ?? 0;
    const asked = role.share !== 0 && role.share !== 'rest' && role.count !== 0;
    if (count === 0 && counts.length > 0 && asked)
      reportKey(
        work,
        path,
        {
          code: 'MF-0190',
          message: `no node has the role "${name}": its share of ${nodes} nodes is less than one`,
        },
        'warning',
      );
    return {
      name,
      count,
      behaves: behaviourOf(work, path, role),
      ...sessionsOf(work, path, role),
      ...sellingKeys(work, path, role),
      ...payingKeys(work, path, role, flows, paid, durationUs),
    };
  });
}

function behaviourOf(work: Work, path: Path, role: WrittenRole): Behaviour {
  const behaves = role.behaves ?? 'honest';
  if (typeof behaves === 'string') return { kind: behaves };
  const at = [...path, 'behaves'];
  const written = ['drop', 'delay'].filter((key) => isWritten(work, [...at, key]));
  if (written.length === 0 && nodeOf(work, at)?.kind === 'map')
    report(work, at, {
      code: 'MF-0104',
      message: `"behaves" says nothing`,
      hint: 'write for example { drop: 50% }',
    });
  if (written.length > 1)
    reportKey(work, [...at, written[1] ?? ''], {
      code: 'MF-0112',
      message: '"drop" and "delay" exclude each other: a role has one behaviour',
    });
  if (behaves.drop !== undefined) return { kind: 'drop', ratio: behaves.drop };
  if (behaves.delay !== undefined) return { kind: 'delay', law: behaves.delay };
  return { kind: 'honest' };
}

function sessionsOf(
  work: Work,
  path: Path,
  role: WrittenRole,
): Pick<Role, 'online' | 'offline' | 'sessionsFile'> {
  const has = (key: string): boolean => isWritten(work, [...path, key]);
  for (const [one, other] of [
    ['online', 'offline'],
    ['offline', 'online'],
  ] as const)
    if (has(one) && !has(other))
      reportKey(work, [...path, one], {
        code: 'MF-0104',
        message: `"${other}" is missing: a role with "${one}" comes and goes`,
        hint: `add for example ${other}: exponential(1 h)`,
      });
  if (has('sessions') && (has('online') || has('offline')))
    reportKey(work, [...path, 'sessions'], {
      code: 'MF-0112',
      message: '"sessions" excludes "online" and "offline": recorded sessions or laws, not both',
    });
  const file =
    role.sessions === undefined
      ? undefined
      : sessionsFile(work, [...path, 'sessions'], role.sessions);
  return {
    ...(role.online === undefined ? {} : { online: role.online }),
    ...(role.offline === undefined ? {} : { offline: role.offline }),
    ...(file === undefined ? {} : { sessionsFile: file }),
  };
}

/**
 * Shares into counts that make exactly `nodes`. Fractions are settled by largest remainder, ties to the role written
 * first. An empty list means that a share or count could not be read, so that nothing can be said about the sum.
 */
function countRoles(
  work: Work,
  names: readonly string[],
  written: { [name: string]: WrittenRole },
  nodes: number,
): number[] {
  let readable = !(isWritten(work, ['world', 'nodes']) && work.data.world?.nodes === undefined);
  const only = names.length === 1;
  for (const name of names) {
    const hasShare = isWritten(work, ['roles', name, 'share']);
    const hasCount = isWritten(work, ['roles', name, 'count']);
    const role = written[name] ?? {};
    if (hasShare && hasCount) {
      reportKey(work, ['roles', name, 'count'], {
        code: 'MF-0112',
        message: '"share" and "count" exclude each other',
      });
      readable = false;
    } else if (!hasShare && !hasCount) {
      if (!only) {
        reportKey(work, ['roles', name], {
          code: 'MF-0104',
          message: `"share" is missing in roles.${name}`,
          hint: 'add for example share: rest',
        });
        readable = false;
      }
    } else if (role.share === undefined && role.count === undefined) readable = false;
  }
  if (!readable) return [];
  if (
    only &&
    written[names[0] ?? '']?.count === undefined &&
    written[names[0] ?? '']?.share === undefined
  )
    return [nodes];

  const counted = names.reduce((sum, name) => sum + (written[name]?.count ?? 0), 0);
  if (counted > nodes) {
    const last = names.filter((name) => written[name]?.count !== undefined).at(-1) ?? '';
    report(work, ['roles', last, 'count'], {
      code: 'MF-0131',
      message: `the roles count ${counted} nodes, but the world has ${nodes}`,
    });
    return [];
  }
  const shares = names.map((name) => written[name]?.share);
  const rests = names.filter((name) => written[name]?.share === 'rest');
  if (rests.length > 1) {
    report(work, ['roles', rests[1] ?? '', 'share'], {
      code: 'MF-0130',
      message: `"rest" stands twice: roles.${rests[0] ?? ''} takes it already`,
    });
    return [];
  }
  const exact = shares.map((share) => (typeof share === 'number' ? share * nodes : 0));
  const shared = exact.reduce((sum, part) => sum + part, 0);
  const total = counted + shared;
  const percent = formatQuantity(Number((total / nodes).toPrecision(6)), 'share');
  if (total > nodes + 0.5 || (total > nodes * (1 + 1e-9) && counted === 0)) {
    reportKey(work, ['roles'], {
      code: 'MF-0130',
      message: `the roles make ${percent} of the world, more than all of it`,
    });
    return [];
  }
  if (rests.length === 0 && (counted === 0 ? total < nodes * (1 - 1e-9) : total < nodes - 0.5)) {
    reportKey(work, ['roles'], {
      code: 'MF-0130',
      message: `the roles make ${percent} of the world, and none takes the rest`,
      hint: 'write share: rest for one of them',
    });
    return [];
  }
  const target =
    rests.length === 0 ? nodes - counted : Math.min(nodes - counted, Math.round(shared));
  const rounded = exact.map(Math.floor);
  let open = target - rounded.reduce((sum, part) => sum + part, 0);
  const order = exact
    .map((part, i) => ({ i, remainder: part - Math.floor(part) }))
    .filter(({ i }) => typeof shares[i] === 'number')
    .toSorted((a, b) => b.remainder - a.remainder || a.i - b.i);
  for (const { i } of order) {
    if (open <= 0) break;
    rounded[i] = (rounded[i] ?? 0) + 1;
    open--;
  }
  return names.map((name, i) => {
    const role = written[name] ?? {};
    if (role.count !== undefined) return role.count;
    return role.share === 'rest' ? nodes - counted - target : (rounded[i] ?? 0);
  });
}

const FAULT_KINDS = ['crash', 'leave', 'partition', 'loss'] as const;

export function resolveFaults(
  work: Work,
  roles: readonly string[],
  durationUs: number,
): WorldFault[] {
  return (work.data.faults ?? []).flatMap((written, i): WorldFault[] => {
    const path: Path = ['faults', i];
    if (nodeOf(work, path)?.kind !== 'map') return [];
    const has = (key: string): boolean => isWritten(work, [...path, key]);
    const kinds = FAULT_KINDS.filter(has);
    const kind = kinds[0];
    if (kind === undefined) {
      reportKey(work, path, {
        code: 'MF-0104',
        message: `faults[${i}] does not say what happens`,
        hint: 'add for example crash: 10%',
      });
      return [];
    }
    if (kinds.length > 1)
      reportKey(work, [...path, kinds[1] ?? ''], {
        code: 'MF-0112',
        message: `"${kind}" and "${kinds[1] ?? ''}" exclude each other: write two faults`,
      });
    const perNode = kind === 'crash' || kind === 'leave';
    if (has('at') && has('every'))
      reportKey(work, [...path, 'every'], {
        code: 'MF-0112',
        message: '"at" and "every" exclude each other',
      });
    if (!has('at') && !(has('every') && perNode))
      reportKey(work, has('every') ? [...path, 'every'] : path, {
        code: 'MF-0104',
        message: `"at" is missing in faults[${i}]`,
        hint: 'add for example at: 5 min',
      });
    if (!perNode && (!has('for') || written.for === 'ever'))
      reportKey(work, has('for') ? [...path, 'for'] : path, {
        code: 'MF-0104',
        message: `a ${kind} must end: "for" needs a time`,
        hint: 'write for example for: 2 min',
      });
    if (!perNode && has('of'))
      reportKey(work, [...path, 'of'], {
        code: 'MF-0112',
        message: `"${kind}" and "of" exclude each other: it happens to the network, not to a role`,
      });
    for (const key of ['at', 'every'] as const) {
      const us = written[key];
      if (us !== undefined && us >= durationUs)
        report(work, [...path, key], {
          code: 'MF-0134',
          message: `the fault never fires: the world ends at ${formatQuantity(durationUs, 'time')}`,
        });
    }
    const of = written.of ?? ANYONE;
    if (perNode) checkRole(work, [...path, 'of'], of, roles, [ANYONE]);
    const ratio = written[kind];
    if (ratio === undefined) return [];
    const forUs = typeof written.for === 'number' ? { forUs: written.for } : {};
    if (perNode)
      return [
        {
          kind,
          ratio,
          of,
          ...(written.at === undefined ? {} : { atUs: written.at }),
          ...(written.every === undefined ? {} : { everyUs: written.every }),
          ...forUs,
        },
      ];
    return [{ kind, atUs: written.at ?? 0, ratio, forUs: forUs.forUs ?? 0 }];
  });
}

export function resolveWatch(work: Work, roles: readonly string[]): Observer[] {
  const written = work.data.watch ?? {};
  return Object.entries(written).flatMap(([name, watcher]): Observer[] => {
    const path: Path = ['watch', name];
    if (!NAME.test(name)) reportKey(work, path, badName(name, 'an observer'));
    const controls = watcher.controls;
    if (controls === undefined) return [];
    const isInGroup = work.data.services?.groups !== undefined;
    if (
      watcher.guesses?.includes('membership') === true &&
      (!isInGroup || controls === 'everything')
    )
      reportKey(
        work,
        [...path, 'guesses'],
        {
          code: 'MF-0194',
          message: `"membership" does nothing ${isInGroup ? 'for an observer of links, which show no prefixes' : 'without groups'}`,
          hint: isInGroup
            ? 'let it control a role or a share of all nodes'
            : 'add groups: { count: 4, members: 20 } to services',
        },
        'warning',
      );
    const common = {
      name,
      sees: watcher.sees ?? [...SIGHTS],
      guesses: watcher.guesses ?? ['receiver' as const],
    };
    if (controls === 'everything') return [{ ...common, kind: 'global' }];
    if (splitQuantity(controls) !== undefined) {
      const share = parseQuantity(controls, 'share');
      if (!share.ok) {
        report(work, [...path, 'controls'], share.fault);
        return [];
      }
      return [{ ...common, kind: 'colluders', shareRatio: share.value }];
    }
    checkRole(work, [...path, 'controls'], controls, roles, ['everything']);
    return [{ ...common, kind: 'colluders', role: controls }];
  });
}
