/**
 * A small Internet of network namespaces: a router, public hosts, and hosts behind translators made of nftables. Every public address is a network
 * (/24) of its own. Needs root, iproute2 and nftables.
 *
 *     [host] 192.168.n.2 -- 192.168.n.1 [translator] 11.0.n.2 -- 11.0.n.1 [router] 11.0.m.1 -- 11.0.m.2 [public host]
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { NatKind } from '../../sim/network/nat.ts';

export const PORT = 4_242;
const PREFIX = 'mfnat';

/** Why namespaces cannot be made here, or undefined where they can. */
export function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'namespaces need root';
  for (const [program, ...words] of [
    ['ip', '-V'],
    ['nft', '-v'],
  ] as const)
    if (spawnSync(program, words).status !== 0)
      return `${program} is not installed (apt packages iproute2, nftables)`;
  const probe = `mfprobe${process.pid}`;
  try {
    run('ip', 'netns', 'add', probe);
    run('ip', 'netns', 'exec', probe, 'nft', 'add table ip probe');
    run(
      ...(['ip', 'netns', 'exec', probe, 'nft'] as const),
      'add chain ip probe post { type nat hook postrouting priority srcnat; }',
    );
    return undefined;
  } catch (error) {
    return `this kernel refuses namespaces or nftables: ${(error as Error).message}`;
  } finally {
    spawnSync('ip', ['netns', 'del', probe]);
  }
}

function run(program: string, ...words: string[]): void {
  const { status, stderr, error } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${program} ${words.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

/** The rules of a translator between its interfaces `out` and `in`, for the host at `inside`. */
function rules(kind: NatKind, inside: string): string {
  const masquerade = kind === 'symmetric' ? 'masquerade fully-random' : 'masquerade';
  const own = kind === 'full-cone' ? '' : 'ip saddr @sent ';
  const inward =
    kind === 'full-cone' || kind === 'address-restricted'
      ? `iifname "out" ${own}udp dport ${PORT} dnat to ${inside}:${PORT};`
      : '';
  // What nobody inside asked for is dropped, as on every home router, before the kernel remembers it as a connection of the router's own, whose
  // ports a punch would then not get.
  return `
    table ip translator {
      set sent { type ipv4_addr; flags dynamic,timeout; timeout 60s; }
      chain note { type filter hook forward priority filter; oifname "out" update @sent { ip daddr }; }
      chain inward { type nat hook prerouting priority dstnat; ${inward} }
      chain outward { type nat hook postrouting priority srcnat; oifname "out" ${masquerade}; }
      chain own { type filter hook input priority filter; iifname "out" drop; }
    }`;
}

/** Removes namespaces of test runs that were killed and could not do it themselves. */
function removeOrphans(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const [, name, pid] of stdout.matchAll(/^(mfnat(\d+)-\w+)/gm))
    if (!existsSync(`/proc/${pid}`)) removeNamespace(name!);
}

function removeNamespace(name: string): void {
  const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' });
  for (const pid of stdout.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  spawnSync('ip', ['netns', 'del', name]);
}

export class Internet {
  readonly #prefix: string;
  readonly #namespaces: string[] = [];
  #networks = 0;

  constructor() {
    removeOrphans();
    this.#prefix = `${PREFIX}${process.pid}`;
    process.once('exit', () => {
      this.remove();
    });
    this.#add('router');
    this.#forward('router');
  }

  /** A host with an address of its own. @returns its namespace and address. */
  publicHost(name: string): { namespace: string; address: string } {
    const network = ++this.#networks;
    const namespace = this.#add(name);
    this.#uplink(name, network);
    return { namespace, address: `11.0.${network}.2` };
  }

  /** A host behind a translator. @returns its namespace and the translator's address. */
  hostBehind(kind: NatKind, name: string): { namespace: string; address: string } {
    const network = ++this.#networks;
    const gate = `${name}nat`;
    const namespace = this.#add(name);
    this.#add(gate);
    this.#forward(gate);
    this.#uplink(gate, network);
    this.#wire(gate, 'in', `192.168.${network}.1/24`, name, 'eth0', `192.168.${network}.2/24`);
    this.#in(name, 'ip', 'route', 'add', 'default', 'via', `192.168.${network}.1`);
    this.#in(gate, 'nft', rules(kind, `192.168.${network}.2`));
    return { namespace, address: `11.0.${network}.2` };
  }

  /** Removes all of it, and ends what still runs in it. */
  remove(): void {
    for (const namespace of this.#namespaces.splice(0)) removeNamespace(namespace);
  }

  #add(name: string): string {
    const namespace = this.#name(name);
    run('ip', 'netns', 'add', namespace);
    this.#namespaces.push(namespace);
    this.#in(name, 'ip', 'link', 'set', 'lo', 'up');
    return namespace;
  }

  #uplink(name: string, network: number): void {
    this.#wire(
      'router',
      `to${network}`,
      `11.0.${network}.1/24`,
      name,
      'out',
      `11.0.${network}.2/24`,
    );
    this.#in(name, 'ip', 'route', 'add', 'default', 'via', `11.0.${network}.1`);
  }

  /** A cable between two namespaces. */
  #wire(
    left: string,
    leftPort: string,
    leftAddress: string,
    right: string,
    rightPort: string,
    rightAddress: string,
  ): void {
    const peer = ['peer', 'name', rightPort, 'netns', this.#name(right)];
    this.#in(left, 'ip', 'link', 'add', leftPort, 'type', 'veth', ...peer);
    for (const [name, port, address] of [
      [left, leftPort, leftAddress],
      [right, rightPort, rightAddress],
    ] as const) {
      this.#in(name, 'ip', 'address', 'add', address, 'dev', port);
      this.#in(name, 'ip', 'link', 'set', port, 'up');
    }
  }

  #forward(name: string): void {
    this.#in(name, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  }

  #name(name: string): string {
    return `${this.#prefix}-${name}`;
  }

  #in(name: string, program: string, ...words: string[]): void {
    run('ip', 'netns', 'exec', this.#name(name), program, ...words);
  }
}
