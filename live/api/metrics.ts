/** The node's counters in Prometheus' text format (version 0.0.4). No labels per peer: who speaks with whom is nobody's business. */
import type { NodeStatus } from './schemas.ts';

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4';

interface Line {
  name: string;
  kind: 'gauge' | 'counter';
  about: string;
  value: number;
}

export function metricsText(status: NodeStatus, droppedConsumers: number): string {
  const lines: Line[] = [
    {
      name: 'overlay_contacts',
      kind: 'gauge',
      about: 'Contacts in the routing table',
      value: status.peers,
    },
    { name: 'link_open', kind: 'gauge', about: 'Neighbours with keys', value: status.links },
    { name: 'overlay_depth', kind: 'gauge', about: 'Neighbourhood depth', value: status.depth },
    {
      name: 'messages_waiting',
      kind: 'gauge',
      about: 'Texts not acknowledged yet',
      value: status.waiting,
    },
    {
      name: 'up_seconds',
      kind: 'gauge',
      about: 'Since the node was started',
      value: status.upSeconds,
    },
    {
      name: 'ready',
      kind: 'gauge',
      about: '1 when the node is ready',
      value: status.state === 'ready' ? 1 : 0,
    },
    {
      name: 'api_consumers_dropped_total',
      kind: 'counter',
      about: 'Listeners to events that were cut off because they did not read',
      value: droppedConsumers,
    },
    ...Object.entries(flat(status.counters)).map(([name, value]): Line => ({
      name: `host_${name}_total`,
      kind: 'counter',
      about: `Host counter ${name}`,
      value,
    })),
  ];
  return lines
    .map(
      ({ name, kind, about, value }) =>
        `# HELP mainframe_${name} ${about}\n# TYPE mainframe_${name} ${kind}\nmainframe_${name} ${value}\n`,
    )
    .join('');
}

/** Numbers of an object and of objects in it, with names in snake case. */
function flat(value: object, prefix = ''): { [name: string]: number } {
  const result: { [name: string]: number } = {};
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    const name =
      prefix + key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/\W/g, '_');
    if (typeof inner === 'number') result[name] = inner;
    else if (typeof inner === 'object' && inner !== null)
      Object.assign(result, flat(inner, `${name}_`));
  }
  return result;
}
