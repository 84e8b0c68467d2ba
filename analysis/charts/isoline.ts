/**
 * Where a surface that is known on a grid is zero: marching squares (Lorensen and Cline 1987, in the plane). Along an edge between two corners of different sign the zero is
 * interpolated; in a cell with two pairs of crossings the middle of the cell decides which belong together. Values of exactly zero count as positive, so every
 * crossing lies on one edge and the pieces of neighbouring cells join.
 */

export interface Spot {
  x: number;
  y: number;
}

/** Values over a grid, `values[j][i]` at (xs[i], ys[j]); undefined where nothing was measured. Both axes ascend. */
export interface Surface {
  xs: readonly number[];
  ys: readonly number[];
  values: readonly (readonly (number | undefined)[])[];
}

/** Lines along which the surface is zero, each a chain of spots. A grid of one row or column has none: there is no plane. */
export function zeroLines(surface: Surface): Spot[][] {
  const pieces: [Spot, Spot][] = [];
  for (let j = 0; j + 1 < surface.ys.length; j++)
    for (let i = 0; i + 1 < surface.xs.length; i++) pieces.push(...piecesOf(surface, i, j));
  return chained(pieces);
}

/** The pieces of the line in one cell. */
function piecesOf({ xs, ys, values }: Surface, i: number, j: number): [Spot, Spot][] {
  // Counterclockwise from the lower left.
  const corners = [
    [i, j],
    [i + 1, j],
    [i + 1, j + 1],
    [i, j + 1],
  ].map(([a, b]) => ({ x: xs[a!]!, y: ys[b!]!, value: values[b!]![a!] }));
  if (corners.some(({ value }) => value === undefined)) return [];
  const crossings = corners.flatMap((from, k): Spot[] => {
    const to = corners[(k + 1) % 4]!;
    if (from.value! >= 0 === to.value! >= 0) return [];
    // From the lower end in every cell, so that two cells agree to the last bit.
    const [low, high] = from.x < to.x || from.y < to.y ? [from, to] : [to, from];
    const part = low.value! / (low.value! - high.value!);
    return [{ x: low.x + part * (high.x - low.x), y: low.y + part * (high.y - low.y) }];
  });
  const [a, b, c, d] = crossings;
  if (a === undefined || b === undefined) return [];
  if (c === undefined || d === undefined) return [[a, b]];
  const middle = corners.reduce((sum, { value }) => sum + value!, 0);
  // All four edges are crossed: corners of the middle's sign are joined through it, the others cut off.
  return middle >= 0 === corners[0]!.value! >= 0
    ? [
        [a, b],
        [c, d],
      ]
    : [
        [d, a],
        [b, c],
      ];
}

function chained(pieces: readonly (readonly [Spot, Spot])[]): Spot[][] {
  const same = (a: Spot, b: Spot): boolean => a.x === b.x && a.y === b.y;
  const left = [...pieces];
  const lines: Spot[][] = [];
  for (let piece = left.shift(); piece !== undefined; piece = left.shift()) {
    const line: Spot[] = [...piece];
    for (let grown = true; grown;) {
      grown = false;
      for (const [k, [a, b]] of left.entries()) {
        if (same(line.at(-1)!, a)) line.push(b);
        else if (same(line.at(-1)!, b)) line.push(a);
        else if (same(line[0]!, a)) line.unshift(b);
        else if (same(line[0]!, b)) line.unshift(a);
        else continue;
        left.splice(k, 1);
        grown = true;
        break;
      }
    }
    lines.push(line);
  }
  return lines;
}
