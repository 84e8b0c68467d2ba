/** The pages of docs/reference that are made from tables of the program; a test compares them, `vitest -u` writes them. */
import { format, resolveConfig } from 'prettier';
import { apiDocument } from '../../live/api/openapi.ts';
import type { Route } from '../../live/api/route.ts';
import { ROUTES } from '../../live/api/routes.ts';
import { FAILURES, NODE_EVENT, REASON_CODES } from '../../live/api/schemas.ts';
import { shown } from '../../live/config/file.ts';
import { variableOf } from '../../live/config/layer.ts';
import { ALL_SETTINGS } from '../../live/config/schema.ts';
import { LOG_EVENTS } from '../../live/log/events.ts';
import { LIVE_METRICS, prometheusName } from '../../scenarios/live-metrics.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => `\`${text}\``;
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

/** Formatted as the repository is. */
export async function formatted(file: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}

export function openApiText(): string {
  return JSON.stringify(apiDocument(ROUTES));
}

export function apiPage(): string {
  const events = NODE_EVENT.options.map(({ shape }) => {
    const { event, ...rest } = shape as { event: { value: string } };
    return [code(event.value), Object.keys(rest).map(code).join(', ')];
  });
  return `# The API of a live node

<!-- Made from live/api/routes.ts and live/api/schemas.ts: npx vitest run test/unit/reference -u -->

A running node answers HTTP on 127.0.0.1. Its port stands in the node's folder in \`api.json\`, its token in \`api.token\`, which only you can read:

\`\`\`sh
folder=~/.local/share/mainframe/nodes/home
port=$(sed 's/.*"port":\\([0-9]*\\).*/\\1/' $folder/api.json)
printf 'authorization: Bearer %s' "$(cat $folder/api.token)" | curl -H @- http://127.0.0.1:$port/status
\`\`\`

The whole of it, with every object, is an OpenAPI 3.1 document: [openapi.json](openapi.json), the same that \`mainframe schema api\` prints and that a node
serves at \`/openapi.json\`.

${table(['Request', 'For', 'Token', 'Takes', 'Gives'], ROUTES.map(routeRow))}

## Refusals

A refusal is \`{"error": "a sentence", "kind": "…"}\`:

${table(
  ['Kind', 'Status'],
  Object.entries(FAILURES).map(([kind, status]) => [code(kind), String(status)]),
)}

Requests from web pages (an \`Origin\` other than the node's own) and to any name but 127.0.0.1 and localhost are refused before the token is looked at. A query
that a route does not know is refused too; the token never stands in an address.

## Health

\`/health\` says whether the node works (200 while \`starting\` or \`ready\`, 503 while \`degraded\` or \`stopping\`), \`/ready\` whether it can be used now (200
only while \`ready\`). Reasons have a code: ${REASON_CODES.map(code).join(', ')}. Each says why, and in \`next\` what to do.

## Events

\`GET /events\` gives one object for each thing that happens, as lines of JSON. Asked for an upgrade, it becomes a WebSocket with the same objects, one a
message. Programs that cannot send headers with a WebSocket give two subprotocols, \`mainframe.events.v1\` and \`token.<token>\`.

${table(['Event', 'Fields'], events)}

A listener that leaves more than 256 KiB unread is cut off with \`{"event":"dropped","reason":"slow-consumer"}\` (close code 4008) and finds in \`/inbox\` what it has
missed. A node that stops says so (close code 1001). The stream only talks: a WebSocket that says anything is closed with 1008, with more than 1 KiB at once with 1009.
`;
}

function routeRow(route: Route): string[] {
  const names = (schema: { shape?: object } | undefined): string =>
    Object.keys(schema?.shape ?? {})
      .map(code)
      .join(', ');
  const gives = {
    json: () =>
      names(route.content.kind === 'json' ? (route.content.schema as { shape?: object }) : {}),
    document: () => 'OpenAPI 3.1',
    text: () => 'text, version 0.0.4',
    events: () => '[events](#events)',
  }[route.content.kind]();
  const takes = names(route.query) || names(route.body as { shape?: object } | undefined);
  return [
    code(`${route.method} ${route.path}`),
    route.about,
    route.open ? 'no' : 'yes',
    takes,
    gives,
  ];
}

/** Mistakes that only settings can have; the others are in errors.md. */
export const SETTING_CODES: { readonly [code: string]: string } = {
  'MF-0401':
    'A key, variable or flag that would hold a secret. Passwords come from `--password-file` or a prompt, the API token is made by the node.',
  'MF-0402': 'Not an IP address of that family, or not `address:port`. Names are not looked up.',
  'MF-0403': 'Not a contact card, or a damaged one. `mainframe node id` prints one.',
  'MF-0404': 'Not a level of the log, or not the name of anything that logs.',
  'MF-0405': 'Not an account or contract of a chain: those are `0x` and 40 hex digits.',
  'MF-0406': 'Not the address of a JSON-RPC endpoint: `http://` or `https://` and a host.',
};

export function settingsPage(): string {
  const rows = ALL_SETTINGS.map(({ name, description, default: standard }) => [
    code(name),
    code(shown(standard)),
    description,
    code(variableOf(name)),
  ]);
  return `# Settings of a live node

<!-- Made from live/config/schema.ts: npx vitest run test/unit/reference -u -->

${table(['Setting', 'Default', 'Meaning', 'Variable'], rows)}

What counts, from the strongest:

1. flags: \`--set node.udp.port=4300\`, and \`--log\`, \`--delay\`, \`--loss\` of \`node run\`;
2. variables, as in the table;
3. \`mainframe.yaml\` in the folder where you are;
4. your own file, \`~/.config/mainframe/config.yaml\`;
5. the node's file, \`~/.config/mainframe/nodes/<name>.yaml\`, which \`node init\` writes with every setting and its meaning;
6. the default.

\`XDG_CONFIG_HOME\` moves \`~/.config\`; with \`MAINFRAME_HOME\` the folder is \`$MAINFRAME_HOME/config\`. A node takes its settings when it starts.

\`\`\`text
$ mainframe config show --origin node.udp.port
node.udp.port = 4300   from ./mainframe.yaml:3:5 (over 4242 from ~/.config/mainframe/nodes/home.yaml:17:5)
$ mainframe config set node.luminosity 6 bits
node.luminosity = 6 bits   in ~/.config/mainframe/nodes/home.yaml:29:3 (was 8 bits)
$ mainframe config check
\`\`\`

\`config set\` leaves comments and everything else as it is; \`--user\` and \`--project\` change the other files. \`config check\` finds every mistake in every file that counts,
and exits with 3 if there is one. \`mainframe schema config\` prints a JSON Schema for editors.

Nodes of versions before settings had a file of their own keep working: they get one with their settings when they next run.

## Mistakes

Units, unknown keys and the like have the [codes of scenarios](errors.md). Settings have these besides:

${table(
  ['Code', 'What is wrong'],
  Object.entries(SETTING_CODES).map(([name, what]) => [name, what]),
)}
`;
}

export function logEventsPage(): string {
  const rows = [...LOG_EVENTS].map(([name, { level, about, fields }]) => [
    code(name),
    level,
    about,
    fields.map(code).join(', '),
  ]);
  return `# Events of the log

<!-- Made from live/log/events.ts: npx vitest run test/unit/reference -u -->

A live node logs to stderr: text on a terminal, lines of JSON otherwise. Each line has

- \`level\`: debug, info, warn or error;
- \`t\`: network time, microseconds since 2026-01-01T00:00:00Z, by which packets are dated (on a terminal \`hh:mm:ss.mmm\`);
- \`wall\`: what the machine's clock said, ISO 8601. The two part when that clock is set;
- \`event\`: one of the names below, which stay as they are, and so do their fields.

\`--log info\`, the setting \`log\` or \`MAINFRAME_LOG\` give the level; \`--log info,link=debug\` another one for a module, which is the part of the name before the dot. The default
is \`warn\`. No text, key or token is ever logged, and of a peer only the first eight digits of its address; still, at \`debug\` the log says which packets this node
wrote and opened.

${table(['Event', 'Level', 'When', 'Fields'], rows)}
`;
}

export function metricsPage(): string {
  const rows = LIVE_METRICS.map((metric) => [
    code(prometheusName(metric)),
    metric.kind,
    code(metric.name),
    metric.meaning,
    metric.labels.map(code).join(', '),
  ]);
  return `# Metrics of a live node

<!-- Made from scenarios/live-metrics.ts: npx vitest run test/unit/reference -u -->

\`GET /metrics\` in Prometheus' text format. Names are those of the glossary (\`mainframe metrics list\`) with base units at their end; what a scenario measures too has the same
name there. There is no line for a single peer unless \`metrics.peers\` is \`true\`.

${table(['Name', 'Kind', 'Glossary', 'Meaning', 'Labels'], rows)}
`;
}
