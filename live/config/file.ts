/**
 * Settings files as they are written: the node's own with every setting and what it means, and changes of a single value that leave
 * everything else, comments first of all, as it was.
 */
import { isMap, isScalar, isSeq, parseDocument, Scalar } from 'yaml';
import { isSetting, TREE, type Section, type Setting } from './schema.ts';

const WIDTH = 100;

/** A settings file with every setting, commented, at its default or at what `given` says by name. */
export function settingsText(
  name: string,
  given: { readonly [name: string]: string | readonly string[] },
): string {
  const head = [
    `Settings of the node "${name}". What counts, from the strongest: flags (--set node.udp.port=4300),`,
    'variables (MAINFRAME_NODE_UDP_PORT=4300), ./mainframe.yaml, config.yaml beside this folder, this file.',
    'mainframe config show --origin says what comes from where, mainframe config check finds mistakes.',
  ];
  return `${head.map((line) => `# ${line}`).join('\n')}\n${sectionLines(TREE, 0, given).join('\n')}\n`;
}

function sectionLines(
  { children }: Section,
  depth: number,
  given: { readonly [name: string]: string | readonly string[] },
): string[] {
  const indent = '  '.repeat(depth);
  return children.flatMap((one) => {
    const key = one.name.slice(one.name.lastIndexOf('.') + 1);
    // A blank line before whatever stands at the left edge.
    const gap = depth === 0 ? [''] : [];
    if (!isSetting(one))
      return [
        ...gap,
        ...comment(one.description, indent),
        `${indent}${key}:`,
        ...sectionLines(one, depth + 1, given),
      ];
    const text = given[one.name] ?? one.default;
    const about = `${one.description}. Default: ${shown(one.default)}`;
    return [...gap, ...comment(about, indent), ...valueLines(key, text, indent)];
  });
}

function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(' ')) {
    if (line.length + word.length >= WIDTH) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function valueLines(key: string, text: string | readonly string[], indent: string): string[] {
  if (typeof text === 'string') return [`${indent}${key}: ${quoted(text)}`];
  if (text.length === 0) return [`${indent}${key}: []`];
  return [`${indent}${key}:`, ...text.map((item) => `${indent}  - ${quoted(item)}`)];
}

/** Text that YAML would read as something else (hex digits as a number), between quotes. */
function quoted(text: string): string {
  return !text.startsWith('0x') &&
    /^[\w./%][\w .:/%=,-]*$/.test(text) &&
    !/: |:$| $|^(null|~)$/.test(text)
    ? text
    : `'${text.replaceAll("'", "''")}'`;
}

/** A value as people read it. */
export function shown(text: string | readonly string[]): string {
  if (typeof text === 'string') return text;
  return text.length === 0 ? '(none)' : text.join(' ');
}

/** The text of a settings file with one setting changed. The file must be readable as YAML. */
export function withSetting(
  file: string,
  setting: Setting,
  text: string | readonly string[],
): string {
  // Failsafe: every scalar is a text, so none is written in another way than it was read.
  const document = parseDocument(file, { schema: 'failsafe' });
  const old = document.getIn(setting.path, true);
  if (typeof text === 'string' && isScalar(old)) {
    old.value = text;
    // Quotes that the old value needed, the new one may not.
    old.type = Scalar.PLAIN;
  } else if (typeof text !== 'string' && isSeq(old)) {
    const { items } = document.createNode(text);
    old.items = items;
    if (items.length > 0) old.flow = false;
  } else {
    // A section that is there but empty (`udp:`) has no map yet.
    for (let i = 1; i < setting.path.length; i++) {
      const path = setting.path.slice(0, i);
      if (!isMap(document.getIn(path, true))) document.setIn(path, document.createNode({}));
    }
    document.setIn(setting.path, document.createNode(text));
  }
  return document.toString({ lineWidth: 0 });
}
