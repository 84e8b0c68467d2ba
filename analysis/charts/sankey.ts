/**
 * Where something goes, as ribbons between nodes in columns: a node is as high as what passes it, a ribbon as wide as what it carries, both on one scale. Vega-Lite has no such mark, so
 * places are computed here. Ribbons leave a node in the order of where they go and arrive in that of where they come from, which is what keeps them from crossing
 * more than they must; nodes of a column stand in the order of the scenario's roles.
 */
import type { TokenFlow, TokenNode } from '../../scenarios/summary.ts';
import type { Row } from './row.ts';

/** Stages from left to right; those of one column stand below one another. */
const COLUMNS: readonly (readonly TokenNode['stage'][])[] = [
  ['deposited', 'at first'],
  ['cashed', 'bounced'],
  ['wallets'],
  ['kept', 'spent'],
];
export const HEADINGS = ['chequebooks', 'cheques', 'wallets', 'at the end'];

/** What stands at a node that is nobody's own. */
const NAMES: { readonly [stage in TokenNode['stage']]?: string } = {
  cashed: 'paid in full',
  bounced: 'bounced',
  kept: 'in wallets',
  spent: 'fees',
};

/**
 * What has moved. Most of a currency lies still, in chequebooks that are never emptied and in wallets, and would hide the rest: chequebooks begin with what they paid out, and
 * wallets with what they were paid, beside what they had at first if they have spent more than that. Both sides of a node are made smaller alike.
 */
export function moving(flows: readonly TokenFlow[]): TokenFlow[] {
  const cheques = flows.filter(({ from, to }) =>
    COLUMNS[1]!.some((s) => s === from.stage || s === to.stage),
  );
  const spent = flows.filter(({ to }) => to.stage === 'spent');
  const roles = new Set(flows.flatMap(({ from, to }) => [from.role, to.role]));
  const wallets = [...roles].flatMap((role): TokenFlow[] => {
    const sum = (list: readonly TokenFlow[]): number =>
      list.reduce((total, { units }) => total + units, 0);
    const received = sum(cheques.filter(({ to }) => to.stage === 'wallets' && to.role === role));
    const paid = sum(spent.filter(({ from }) => from.role === role));
    const wallet: TokenNode = { stage: 'wallets', role };
    const flow = (from: TokenNode, to: TokenNode, units: number): TokenFlow[] =>
      units > 0 ? [{ from, to, of: role, units }] : [];
    return [
      ...flow({ stage: 'at first', role }, wallet, paid - received),
      ...flow(wallet, { stage: 'kept', role: '' }, received - paid),
    ];
  });
  return [...cheques, ...spent, ...wallets];
}

/** Mean flows of several runs, of what has moved in all of them. Means of flows that add up add up. */
export function flowRows(
  runs: readonly (readonly TokenFlow[])[],
  roles: readonly string[],
  at: { panel: string; facet: string },
): Row[] {
  const sums = new Map<string, TokenFlow>();
  for (const flow of runs.flat()) {
    const key = JSON.stringify([flow.from, flow.to, flow.of]);
    const sum = sums.get(key) ?? { ...flow, units: 0 };
    sum.units += flow.units;
    sums.set(key, sum);
  }
  return moving([...sums.values()])
    .map(({ from, to, of, units }): Row => ({
      ...at,
      xText: textOf(from),
      label: textOf(to),
      y: units / runs.length,
      colour: of,
      n: runs.length,
    }))
    .sort((a, b) => roles.indexOf(a.colour) - roles.indexOf(b.colour));
}

/** A node's name in rows: stage and role. */
function textOf({ stage, role }: TokenNode): string {
  return role === '' ? stage : `${stage}: ${role}`;
}

export interface Box {
  name: string;
  label: string;
  column: number;
  /** Ends from the top, in parts of the height. */
  top: number;
  bottom: number;
  amount: number;
}

export interface Ribbon {
  colour: string;
  from: { column: number; top: number };
  to: { column: number; top: number };
  width: number;
}

export interface Layout {
  boxes: Box[];
  ribbons: Ribbon[];
}

/** Most that comes into a node and does not go out again, or the other way round; beginnings and ends aside. */
export function imbalance(rows: readonly Row[]): number {
  const ins = sumsBy(rows, (row) => row.label);
  const outs = sumsBy(rows, (row) => row.xText);
  return Math.max(
    0,
    ...[...ins].flatMap(([name, sum]) => (outs.has(name) ? [Math.abs(sum - outs.get(name)!)] : [])),
  );
}

/**
 * Places of nodes and ribbons.
 * @param roles in the order in which they stand
 * @param gap between two nodes, in parts of the height
 */
export function layOutSankey(rows: readonly Row[], roles: readonly string[], gap: number): Layout {
  const ins = sumsBy(rows, (row) => row.label);
  const outs = sumsBy(rows, (row) => row.xText);
  const amount = (name: string): number => Math.max(ins.get(name) ?? 0, outs.get(name) ?? 0);
  const columns = COLUMNS.map((stages) =>
    stages
      .flatMap((stage) => [stage, ...roles.map((role) => `${stage}: ${role}`)])
      .filter((name) => amount(name) > 0),
  );
  const scale = Math.min(
    ...columns.map((names) => {
      const sum = names.reduce((total, name) => total + amount(name), 0);
      return sum === 0 ? Infinity : (1 - gap * (names.length - 1)) / sum;
    }),
  );
  const boxes = columns.flatMap((names, column) => {
    let top = 0;
    return names.map((name): Box => {
      const box = {
        ...labelOf(name),
        column,
        top,
        bottom: top + amount(name) * scale,
        amount: amount(name),
      };
      top = box.bottom + gap;
      return box;
    });
  });
  const place = new Map(boxes.map((box, i) => [box.name, i]));
  const inOrder = rows.toSorted((a, b) => {
    const by = (name: (row: Row) => string): number => place.get(name(a))! - place.get(name(b))!;
    return (
      by((row) => row.xText) ||
      by((row) => row.label) ||
      roles.indexOf(a.colour) - roles.indexOf(b.colour)
    );
  });
  const left = new Map(boxes.map(({ name, top }) => [name, top]));
  const right = new Map(left);
  const take = (tops: Map<string, number>, name: string, width: number): number => {
    const top = tops.get(name)!;
    tops.set(name, top + width);
    return top;
  };
  const ribbons = inOrder.map(({ xText, label, colour, y }): Ribbon => {
    const width = y * scale;
    return {
      colour,
      width,
      from: { column: boxes[place.get(xText)!]!.column, top: take(right, xText, width) },
      to: { column: boxes[place.get(label)!]!.column, top: take(left, label, width) },
    };
  });
  return { boxes, ribbons };
}

function labelOf(name: string): { name: string; label: string } {
  const [stage, role] = name.split(': ') as [TokenNode['stage'], string?];
  const whose = stage === 'at first' ? `${role ?? ''}, own wallet` : role;
  return { name, label: whose ?? NAMES[stage] ?? stage };
}

function sumsBy(rows: readonly Row[], name: (row: Row) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(name(row), (sums.get(name(row)) ?? 0) + row.y);
  return sums;
}

/** Whether what comes in goes out, for the caption. */
export function balanceSentence({ rows }: { rows: readonly Row[] }): string {
  const most = Math.max(...rows.map((row) => row.y));
  // Means of integers: what is left is rounding.
  return imbalance(rows) < most * 1e-9
    ? 'A cheque that bounces pays what is left; fees are those of calls and of protests. At every node as much comes in as goes out.'
    : 'Nodes do not add up: tokens were lost or made.';
}
