/**
 * "Did you mean": the known word with the fewest typing slips between it and what was written.
 *
 * The distance is Damerau-Levenshtein in its restricted form (insert, delete, replace, swap two neighbours; Damerau
 * 1964), since swapped letters are the commonest slip. A word is proposed only when at most two fifths of it differ (two slips in five letters);
 * a wild guess is worse than none.
 */

/** Slips between two words, counting case as half of nothing: letters are compared without case. */
export function typingDistance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  const width = b.length + 1;
  const cost = new Uint16Array((a.length + 1) * width);
  for (let i = 0; i <= a.length; i++) cost[i * width] = i;
  for (let j = 0; j <= b.length; j++) cost[j] = j;
  const at = (i: number, j: number): number => cost[i * width + j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replace = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, at(i - 2, j - 2) + 1);
      cost[i * width + j] = best;
    }
  }
  return at(a.length, b.length);
}

/** The nearest of `known`, or undefined when none is near. Ties go to the one listed first. */
export function closest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const distance = typingDistance(word, candidate);
    const allowed = Math.max(1, Math.floor(0.4 * Math.max(word.length, candidate.length)));
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * As `closest`, for dotted names: a name that shares its first part (`delivery.ratio`) or its last part with a known
 * one is compared by the other part, more generously.
 */
export function closestDotted(word: string, known: readonly string[]): string | undefined {
  const direct = closest(word, known);
  const [head, tail] = splitOnce(word);
  if (tail === undefined) {
    return direct ?? known.find((name) => splitOnce(name)[1] === word);
  }
  let best = direct;
  let bestDistance = direct === undefined ? Infinity : typingDistance(word, direct);
  for (const name of known) {
    const [knownHead, knownTail] = splitOnce(name);
    if (knownTail === undefined || (knownHead !== head && knownTail !== tail)) continue;
    const distance = typingDistance(word, name);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

function splitOnce(name: string): [string, string | undefined] {
  const dot = name.indexOf('.');
  return dot < 0 ? [name, undefined] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  if (words.length <= 1) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words[words.length - 1] ?? ''}`;
}
