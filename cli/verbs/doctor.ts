/** `mainframe doctor`: what is wrong with this machine and its nodes, each with the command that mends it. */
import { existsSync, statfsSync, statSync } from 'node:fs';
import { ApiClient } from '../../live/api/client.ts';
import type { MoneyReport } from '../../live/api/money-schemas.ts';
import type { NodeStatus } from '../../live/api/schemas.ts';
import type { NodeSettings } from '../../live/config/schema.ts';
import { chainIdOf, contractsOf, swapOptionsOf } from '../../live/money/options.ts';
import { KEY_FILE, NodeFolder, nodeNames, nodesHome } from '../../live/node/folder.ts';
import { reachabilityText } from '../../live/node/reachability.ts';
import { EXIT } from '../exit.ts';
import type { Output } from '../output.ts';
import { layersFor } from '../settings.ts';

interface Finding {
  ok: boolean;
  what: string;
  /** What to do. */
  fix?: string;
}

const NODE_VERSION = [20, 19];
const DISK_FREE_MIN_BYTES = 500 * 2 ** 20;

export async function doctorVerb(output: Output): Promise<number> {
  const findings: Finding[] = [nodeVersion(), diskSpace()];
  for (const name of nodeNames()) findings.push(...(await nodeFindings(name)));
  for (const { ok, what, fix } of findings)
    output.print(
      `${output.paint(ok ? '✓' : '✗', ok ? 'green' : 'red')} ${what}${fix === undefined ? '' : `\n    ${fix}`}`,
    );
  const bad = findings.filter(({ ok }) => !ok).length;
  output.verdict(bad === 0 ? 'All well.' : `${bad} to mend.`);
  output.object({ schema: 'doctor/v1', findings });
  return bad === 0 ? EXIT.ok : EXIT.environment;
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > NODE_VERSION[0]! || (major === NODE_VERSION[0] && minor >= NODE_VERSION[1]!);
  return {
    ok,
    what: `Node.js ${process.versions.node}`,
    ...(ok ? {} : { fix: `install ${NODE_VERSION.join('.')} or newer` }),
  };
}

function diskSpace(): Finding {
  let folder = nodesHome();
  while (!existsSync(folder)) folder = folder.slice(0, folder.lastIndexOf('/')) || '/';
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  return {
    ok: free >= DISK_FREE_MIN_BYTES,
    what: `${(free / 2 ** 30).toFixed(1)} GiB free in ${folder}`,
    ...(free >= DISK_FREE_MIN_BYTES
      ? {}
      : { fix: 'free some space: a node stops keeping messages when the disk is full' }),
  };
}

async function nodeFindings(name: string): Promise<Finding[]> {
  const folder = new NodeFolder(name);
  const findings: Finding[] = [];
  try {
    folder.facts();
  } catch (error) {
    return [{ ok: false, what: `node "${name}"`, fix: (error as Error).message }];
  }
  const { problems, settings } = layersFor(folder, {});
  findings.push({
    ok: problems.length === 0,
    what: `${name}: ${problems.length === 0 ? 'its settings are in order' : `${problems.length} mistakes in its settings`}`,
    ...(problems.length === 0 ? {} : { fix: `mainframe config check --node ${name}` }),
  });
  if (problems.length === 0 && settings.money.rpc !== '')
    findings.push(await moneyFinding(folder, settings.money));
  const key = folder.file(KEY_FILE);
  if (!existsSync(key))
    findings.push({
      ok: false,
      what: `${name}: its key is missing`,
      fix: `mainframe keys restore FILE --name ${name}`,
    });
  else {
    const open = (statSync(key).mode & 0o077) !== 0;
    findings.push({
      ok: !open,
      what: `${name}: its key is ${open ? 'readable by others' : 'readable only by you'}`,
      ...(open ? { fix: `chmod 600 ${key}` } : {}),
    });
  }
  const backedUp = existsSync(folder.file('backed-up'));
  findings.push({
    ok: backedUp,
    what: `${name}: its key was ${backedUp ? '' : 'never '}backed up`,
    ...(backedUp ? {} : { fix: `mainframe keys backup ${name} --to FILE` }),
  });
  if (!existsSync(folder.file('api.json'))) return findings;
  try {
    const status = await new ApiClient(folder).get<NodeStatus>('/status');
    findings.push({
      ok: status.state !== 'degraded',
      what: `${name}: ${status.state}, ${status.peers} peers, ${status.waiting} messages wait`,
      ...(status.reasons.length === 0
        ? {}
        : { fix: status.reasons.map(({ why, next }) => `${why} ${next}`).join('\n    ') }),
    });
    // Not an error: neighbours introduce whoever cannot be called.
    findings.push({
      ok: true,
      what: `${name}: reachable from outside: ${reachabilityText(status.reachability)}`,
    });
  } catch {
    findings.push({
      ok: false,
      what: `${name}: it was not stopped but does not answer (killed?)`,
      fix: `mainframe node run ${name}`,
    });
  }
  return findings;
}

/** Whether a node's money settings can be gone by, and, while it runs, whether its chain can. */
async function moneyFinding(folder: NodeFolder, settings: NodeSettings['money']): Promise<Finding> {
  const { name } = folder;
  try {
    chainIdOf(settings);
    contractsOf(settings);
    swapOptionsOf(settings);
  } catch (error) {
    return { ok: false, what: `${name}: its money settings`, fix: (error as Error).message };
  }
  const place = new URL(settings.rpc).host;
  const unasked = { ok: true, what: `${name}: its chain at ${place} is asked when it runs` };
  if (!existsSync(folder.file('api.json'))) return unasked;
  try {
    const { trouble, head, chainId } = await new ApiClient(folder).get<MoneyReport>('/money');
    if (trouble !== null) return { ok: false, what: `${name}: ${trouble.why}`, fix: trouble.next };
    return { ok: true, what: `${name}: chain ${chainId} at ${place} is heard, block ${head ?? 0}` };
  } catch {
    return unasked;
  }
}
