/** The language explained from its own schema: one key for a person, all of it for an editor. */
import { z } from 'zod';

import { below, unwrap } from './check.ts';
import { DEFAULTS } from './defaults.ts';
import { splitPath } from './merge.ts';
import { scenarioSchema } from './schema.ts';

interface Facts {
  about?: string;
  example?: string;
  defaultPath?: string;
  required: boolean;
}

function factsOf(type: z.core.$ZodType): Facts {
  const meta = (type as z.ZodType).meta() ?? {};
  const examples = meta['examples'];
  const defaultPath = meta['x-default'];
  return {
    ...(typeof meta.description === 'string' ? { about: meta.description } : {}),
    ...(Array.isArray(examples) ? { example: String(examples[0]) } : {}),
    ...(typeof defaultPath === 'string' ? { defaultPath } : {}),
    required: meta['x-required'] === true,
  };
}

/** What a value is: `time (us ms s min h d)`, `list of ...`, `map`. */
function kindOf(type: z.core.$ZodType): string {
  if (type instanceof z.ZodOptional) return kindOf(type.unwrap());
  const kind = (type as z.ZodType).meta()?.['x-kind'];
  if (typeof kind === 'string') return kind;
  if (type instanceof z.ZodPipe) return kindOf(type.in);
  if (type instanceof z.ZodArray) return `list of ${kindOf(type.element)}`;
  if (type instanceof z.ZodRecord) return 'map from names of your choice';
  if (type instanceof z.ZodUnion) return type.options.map(kindOf).join(', or ');
  return 'map';
}

function childrenOf(type: z.core.$ZodType): [string, z.core.$ZodType][] {
  const bare = unwrap(type);
  if (bare instanceof z.ZodObject) return Object.entries(bare.shape as z.core.$ZodShape);
  if (bare instanceof z.ZodRecord) return childrenOf(bare.valueType);
  if (bare instanceof z.ZodArray) return childrenOf(bare.element);
  if (bare instanceof z.ZodUnion) return bare.options.flatMap(childrenOf);
  return [];
}

/** Follows a path as a person types it: `traffic.size` means the size of any element, `roles.behaves` of any role. */
function find(steps: readonly string[]): { type: z.core.$ZodType; path: string[] } | undefined {
  let type: z.core.$ZodType = scenarioSchema;
  const path: string[] = [];
  for (const step of steps) {
    const direct = below(type, step)[0];
    const child = childrenOf(type).find(([name]) => name === step)?.[1];
    const bare = unwrap(type);
    const named = bare instanceof z.ZodRecord && child === undefined;
    const next = named ? direct : (child ?? direct);
    if (next === undefined) return undefined;
    type = next;
    path.push(step);
  }
  return { type, path };
}

/**
 * What a key means, in a few lines: type, default with its source, example, keys below it.
 * Undefined when the language has no such key.
 */
export function explain(path: string): string | undefined {
  const found = find(splitPath(path));
  if (found === undefined) return undefined;
  const { type } = found;
  const facts = factsOf(type);
  const lines: string[] = [];
  const title = path === '' ? 'scenario file' : path;
  lines.push(
    `${title}   ${path === '' ? 'map' : kindOf(type)}${facts.required ? '   required' : ''}`,
  );
  if (facts.about !== undefined) lines.push(`  ${facts.about}`);
  const standard = facts.defaultPath === undefined ? undefined : DEFAULTS[facts.defaultPath];
  if (standard !== undefined) lines.push(`  default   ${standard.text}   (${standard.source})`);
  if (facts.example !== undefined)
    lines.push(`  example   ${path.split('.').at(-1) ?? ''}: ${facts.example}`);
  const children = childrenOf(type);
  if (children.length > 0) {
    lines.push('', '  keys');
    const width = Math.max(...children.map(([name]) => name.length));
    for (const [name, child] of children)
      lines.push(`    ${name.padEnd(width)}  ${factsOf(child).about ?? ''}`.trimEnd());
  }
  return lines.join('\n');
}

/** Every path of the language, with `*` for a free name and `[]` for an element. */
export function allPaths(): string[] {
  const paths: string[] = [];
  const visit = (type: z.core.$ZodType, path: string): void => {
    const bare = unwrap(type);
    if (bare instanceof z.ZodObject)
      for (const [name, child] of Object.entries(bare.shape as z.core.$ZodShape)) {
        const next = path === '' ? name : `${path}.${name}`;
        paths.push(next);
        visit(child, next);
      }
    else if (bare instanceof z.ZodRecord) visit(bare.valueType, `${path}.*`);
    else if (bare instanceof z.ZodArray) visit(bare.element, `${path}[]`);
    else if (bare instanceof z.ZodUnion) bare.options.forEach((option) => visit(option, path));
  };
  visit(scenarioSchema, '');
  return [...new Set(paths)];
}

/**
 * JSON Schema (draft 2020-12) of the file as a person writes it, for editors. It knows keys, words and shapes; units
 * and expressions are texts to it, since any value may also be a `$parameter`.
 */
export function jsonSchema(): object {
  const schema = z.toJSONSchema(scenarioSchema, {
    io: 'input',
    override({ jsonSchema: node }) {
      const facts = node as { [key: string]: unknown };
      const plain = facts['x-plain'];
      if (plain === 'number') facts['type'] = ['string', 'number'];
      if (plain === 'boolean') facts['type'] = ['string', 'boolean'];
      const standard = facts['x-default'];
      if (typeof standard === 'string') facts['default'] = DEFAULTS[standard]?.text;
      const properties = facts['properties'];
      if (typeof properties === 'object' && properties !== null) {
        const required = Object.entries(properties as { [key: string]: { [key: string]: unknown } })
          .filter(([, property]) => property['x-required'] === true)
          .map(([name]) => name);
        if (required.length > 0) facts['required'] = required;
      }
      for (const own of ['x-plain', 'x-default']) delete facts[own];
    },
  });
  return {
    ...schema,
    $id: 'scenario/v1',
    title: 'Mainframe scenario',
  };
}
