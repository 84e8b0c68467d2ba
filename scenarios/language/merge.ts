/**
 * Layers of a scenario: presets and used files below, the file above, single values set on top.
 *
 * One rule: maps merge key by key, everything else is replaced. The exceptions are maps that are one value (a latency
 * table, a loss model, a behaviour): half of one and half of another would mean nothing, so they are replaced whole.
 */
import type { Raw, RawEntry, RawMap } from './raw.ts';

/** Paths (with `*` for any name) whose map is one value. */
const WHOLE = ['world.latency', 'world.loss', 'world.reorder', 'world.queue', 'roles.*.behaves'];

/** Keys of a used file that say what that file is, not what the world is. */
const OWN_KEYS = ['scenario', 'about', 'notes', 'uses', 'small'];

function isWhole(path: readonly string[]): boolean {
  return WHOLE.some((pattern) => {
    const steps = pattern.split('.');
    return steps.length === path.length && steps.every((s, i) => s === '*' || s === path[i]);
  });
}

/** `upper` over `lower`. */
export function overlay(lower: Raw, upper: Raw, path: readonly string[] = []): Raw {
  if (lower.kind !== 'map' || upper.kind !== 'map' || isWhole(path)) return upper;
  const entries = new Map<string, RawEntry>(lower.entries.map((entry) => [entry.key, entry]));
  for (const entry of upper.entries) {
    const below = entries.get(entry.key);
    entries.set(
      entry.key,
      below === undefined
        ? entry
        : { ...entry, value: overlay(below.value, entry.value, [...path, entry.key]) },
    );
  }
  return { ...upper, entries: [...entries.values()] };
}

/** A used file without the keys that are about the file itself. */
export function asBase(raw: RawMap): RawMap {
  return { ...raw, entries: raw.entries.filter((entry) => !OWN_KEYS.includes(entry.key)) };
}

/** `roles.spies.share`, `traffic[0].size` or `traffic.0.size` as steps. */
export function splitPath(path: string): string[] {
  return path
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((step) => step !== '');
}

/** Puts a value at a path, making the maps on the way; undefined when a list or a value is in the way. */
export function withValue(raw: Raw, steps: readonly string[], value: Raw): Raw | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (raw.kind === 'list') {
    const index = Number(step);
    const item = raw.items[index];
    if (!Number.isInteger(index) || item === undefined) return undefined;
    const changed = withValue(item, rest, value);
    if (changed === undefined) return undefined;
    return { ...raw, items: raw.items.map((old, i) => (i === index ? changed : old)) };
  }
  if (raw.kind === 'scalar' || raw.kind === 'broken') {
    // A short form such as `loss: 1%` gives way to the long form.
    return withValue({ kind: 'map', span: value.span, entries: [] }, steps, value);
  }
  const map: RawMap = raw.kind === 'map' ? raw : { kind: 'map', span: raw.span, entries: [] };
  const at = map.entries.findIndex((entry) => entry.key === step);
  const old = map.entries[at];
  const below: Raw = old?.value ?? { kind: 'map', span: value.span, entries: [] };
  const changed = withValue(below, rest, value);
  if (changed === undefined) return undefined;
  const entry: RawEntry = { key: step, keySpan: old?.keySpan ?? value.span, value: changed };
  return {
    ...map,
    entries: old === undefined ? [...map.entries, entry] : map.entries.with(at, entry),
  };
}
