/**
 * A scenario as written: maps, lists and texts, each with its place in its file.
 *
 * Everything that stands between YAML and meaning happens here, so that no later step has to know YAML. Scalars are
 * kept as their source text (`0x3f`, `007` and `12e4` are names somebody wrote, not numbers YAML may rewrite), repeated
 * keys are found with both places, and the commas and colons that YAML gives a meaning of its own are reported in the
 * words of the scenario language instead of YAML's. What cannot be read becomes `broken`: it is present (so nobody
 * reports it as missing), but has no value, and the rest of the file is still checked.
 */
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, Pair } from 'yaml';

import {
  problemAt,
  position,
  type Fault,
  type Problem,
  type Source,
  type Span,
} from './problems.ts';

export interface RawScalar {
  kind: 'scalar';
  text: string;
  span: Span;
  /** Offset in the source of the first letter of `text`, where offsets within the text hold in the source too. */
  textStart?: number;
  /** Names of the parameters that this text was made from. */
  via?: string[];
}

export interface RawEntry {
  key: string;
  keySpan: Span;
  value: Raw;
}

export interface RawMap {
  kind: 'map';
  span: Span;
  entries: RawEntry[];
}

export interface RawList {
  kind: 'list';
  span: Span;
  items: Raw[];
}

/** A key with nothing after it. */
export interface RawEmpty {
  kind: 'empty';
  span: Span;
}

/** Present, already reported, without a value. */
export interface RawBroken {
  kind: 'broken';
  span: Span;
}

export type Raw = RawScalar | RawMap | RawList | RawEmpty | RawBroken;

/** Where a fault in a scalar's text stands: exactly, if the text is a slice of the source, else the whole scalar. */
export function spanOf(raw: Raw, what: { offset?: number; length?: number } = {}): Span {
  if (raw.kind !== 'scalar' || raw.textStart === undefined || what.offset === undefined)
    return raw.span;
  const start = raw.textStart + what.offset;
  return { source: raw.span.source, start, end: start + (what.length ?? 1) };
}

export function entryOf(raw: Raw | undefined, key: string): RawEntry | undefined {
  return raw?.kind === 'map' ? raw.entries.find((entry) => entry.key === key) : undefined;
}

/** The node at a path of keys and indices, if it is there. */
export function nodeAt(raw: Raw, path: readonly PropertyKey[]): Raw | undefined {
  let at: Raw | undefined = raw;
  for (const step of path) {
    if (at === undefined) return undefined;
    at = at.kind === 'list' ? at.items[Number(step)] : entryOf(at, String(step))?.value;
  }
  return at;
}

/** `traffic[0].size` */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' || /^\d+$/.test(String(step))
        ? `${text}[${String(step)}]`
        : text === ''
          ? String(step)
          : `${text}.${String(step)}`,
    '',
  );
}

/** Reads YAML text. A file that cannot be read at all gives no tree, only problems. */
export function parseRaw(source: Source): { raw?: Raw; problems: Problem[] } {
  let document: Document.Parsed;
  try {
    document = parseDocument(source.text, {
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
    });
  } catch (error) {
    const what: Fault = {
      code: 'MF-0102',
      message: `not readable as YAML: ${error instanceof RangeError ? 'it is nested too deeply' : String(error)}`,
    };
    return { problems: [problemAt(what, { source, start: 0, end: 1 })] };
  }
  const reader = new Reader(source);
  const fatal = reader.syntax(document);
  if (fatal) return { problems: reader.problems };
  const root = document.contents;
  if (root === null) return { problems: reader.problems };
  const raw = reader.node(root, false);
  return { raw, problems: reader.problems };
}

const SYNTAX: { readonly [yamlCode: string]: string } = {
  TAB_AS_INDENT: 'a tab indents this line; use spaces',
  BAD_INDENT: 'a bracket before this line is not closed',
  MISSING_CHAR: 'a key needs ": " and a value, and a quote or bracket its partner',
  MULTILINE_IMPLICIT_KEY:
    'a key and its ": " must stand on one line; is a blank missing after the colon?',
  BAD_DQ_ESCAPE: 'unknown escape in a double-quoted text; use single quotes for backslashes',
  MULTIPLE_DOCS: 'a scenario file holds one document; "---" starts another',
  UNEXPECTED_TOKEN: 'this does not fit here; check the indentation',
  DUPLICATE_KEY: 'a key stands twice',
};

class Reader {
  readonly problems: Problem[] = [];
  private readonly broken = new Set<number>();
  private readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }

  private span(start: number, end: number): Span {
    return { source: this.source, start, end };
  }

  private report(what: Fault, start: number, end: number): void {
    this.problems.push(problemAt(what, this.span(start, end)));
  }

  /** Reports YAML's own errors; true when the tree behind them cannot be trusted. */
  syntax(document: Document.Parsed): boolean {
    let fatal = false;
    let lastLine = 0;
    for (const error of [...document.errors, ...document.warnings]) {
      const [start, end] = error.pos;
      const { line } = position(this.span(start, start));
      const repeated = line === lastLine || (fatal && error.code === 'UNEXPECTED_TOKEN');
      const text = this.lineFrom(start);
      if (error.code === 'BLOCK_AS_IMPLICIT_KEY' && /: |:$/.test(text)) {
        const colon = start + text.search(/:( |$)/);
        this.report(
          {
            code: 'MF-0113',
            message: 'put quotes around the text, it has a colon',
            suggestion: `'${text.trim().replaceAll("'", "''")}'`,
            hint: 'YAML reads what stands before ": " as a key',
          },
          colon,
          colon + 1,
        );
        this.broken.add(start);
      } else if (error.code === 'BAD_SCALAR_START') {
        this.report(
          {
            code: 'MF-0102',
            message: `a text must not start with "${text[0] ?? ''}"; put quotes around it`,
            suggestion: `'${text.trim()}'`,
            hint: `write '${text.trim()}'`,
          },
          start,
          end,
        );
        this.broken.add(start);
      } else {
        fatal = true;
        if (!repeated)
          this.report(
            { code: 'MF-0102', message: SYNTAX[error.code] ?? error.message },
            start,
            end,
          );
      }
      lastLine = line;
    }
    return fatal;
  }

  private lineFrom(start: number): string {
    const end = this.source.text.indexOf('\n', start);
    return this.source.text.slice(start, end < 0 ? undefined : end).replace(/\s+#.*$/, '');
  }

  node(node: Node, inFlow: boolean): Raw {
    const [start, end] = node.range ?? [0, 0, 0];
    const span = this.span(start, end);
    if (this.broken.has(start)) return { kind: 'broken', span };
    if ('anchor' in node && node.anchor !== undefined) {
      this.report(
        {
          code: 'MF-0102',
          message: 'anchors and aliases are not read; use params or uses instead',
        },
        start,
        end,
      );
      return { kind: 'broken', span };
    }
    if (isScalar(node)) return this.scalar(node, span, inFlow);
    if (isMap<Node, Node | null>(node)) return this.map(node.items, span, node.flow === true);
    if (isSeq<Node>(node)) return this.list(node.items, span, node.flow === true);
    this.report(
      { code: 'MF-0102', message: 'anchors and aliases are not read; use params or uses instead' },
      start,
      end,
    );
    return { kind: 'broken', span };
  }

  private scalar(node: { value: unknown; type?: string }, span: Span, _inFlow: boolean): Raw {
    const slice = this.source.text.slice(span.start, span.end);
    const text = typeof node.value === 'string' ? node.value : '';
    if (node.type === 'PLAIN' || node.type === undefined) {
      if (slice === '' || slice === '~' || slice === 'null') return { kind: 'empty', span };
      return slice === text
        ? { kind: 'scalar', text, span, textStart: span.start }
        : { kind: 'scalar', text, span };
    }
    return slice.slice(1, -1) === text
      ? { kind: 'scalar', text, span, textStart: span.start + 1 }
      : { kind: 'scalar', text, span };
  }

  private list(items: readonly Node[], span: Span, flow: boolean): RawList {
    const list: RawList = { kind: 'list', span, items: [] };
    let open: RawScalar | undefined;
    for (const item of items) {
      const raw = this.node(item, flow);
      if (open !== undefined) {
        // The rest of a value that a comma cut off.
        if (raw.kind === 'scalar' && balance(open.text + raw.text) <= 0) open = undefined;
        continue;
      }
      if (flow && raw.kind === 'scalar' && balance(raw.text) > 0) {
        open = raw;
        this.comma(raw, this.restAfterComma(raw));
        list.items.push({ kind: 'broken', span: raw.span });
      } else list.items.push(raw);
    }
    return list;
  }

  private map(pairs: readonly Pair<Node, Node | null>[], span: Span, flow: boolean): RawMap {
    const map: RawMap = { kind: 'map', span, entries: [] };
    let open: RawScalar | undefined;
    for (const { key, value } of pairs) {
      const [start, end] = key.range ?? [span.start, span.start, span.start];
      if (!isScalar(key)) {
        this.report({ code: 'MF-0102', message: 'a key must be a plain word' }, start, end);
        continue;
      }
      const name = String(key.value);
      if (name === '__proto__') {
        this.report({ code: 'MF-0101', message: `unknown key "${name}"` }, start, end);
        continue;
      }
      if (open !== undefined) {
        if (balance(open.text + name) <= 0) open = undefined;
        continue;
      }
      const keySpan = this.span(start, end);
      const first = map.entries.find((entry) => entry.key === name);
      if (first !== undefined) {
        const { line } = position(first.keySpan);
        this.report(
          {
            code: 'MF-0103',
            message: `"${name}" stands twice, here and in line ${line}`,
            hint: `the first is in line ${line}`,
          },
          start,
          end,
        );
        continue;
      }
      let raw: Raw = value === null ? { kind: 'empty', span: keySpan } : this.node(value, flow);
      if (flow && raw.kind === 'scalar' && balance(raw.text) > 0) {
        open = raw;
        this.comma(raw, this.restAfterComma(raw));
        raw = { kind: 'broken', span: raw.span };
      }
      map.entries.push({ key: name, keySpan, value: raw });
    }
    return map;
  }

  /** What follows the comma that cut `raw` off, up to the closing parenthesis. */
  private restAfterComma(raw: RawScalar): { comma: number; rest: string } {
    const comma = this.source.text.indexOf(',', raw.span.end);
    const close = comma < 0 ? -1 : this.source.text.indexOf(')', comma);
    const rest = close < 0 ? '' : this.source.text.slice(comma + 1, close + 1);
    return { comma: rest.includes('\n') || close < 0 ? -1 : comma, rest };
  }

  private comma(raw: RawScalar, { comma, rest }: { comma: number; rest: string }): void {
    if (comma < 0) {
      this.report(
        { code: 'MF-0107', message: `"${raw.text}" has a "(" without its ")"` },
        raw.span.start,
        raw.span.end,
      );
      return;
    }
    this.report(commaFault(`${raw.text},${rest}`), comma, comma + 1);
  }
}

/** Opening parentheses minus closing ones. */
export function balance(text: string): number {
  let open = 0;
  for (const letter of text) open += letter === '(' ? 1 : letter === ')' ? -1 : 0;
  return open;
}

/** The comma trap: YAML ends a value at a comma inside `{ }` and `[ ]`, so the language has no commas at all. */
export function commaFault(text: string): Fault {
  const without = text.replace(/\s*,\s*/g, text.trimStart().startsWith('uniform') ? ' to ' : ' ');
  return {
    code: 'MF-0107',
    message: `a comma cannot stand inside a value: "${text}"`,
    suggestion: without,
    hint: `write ${without}`,
  };
}
