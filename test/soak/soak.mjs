/**
 * Eight live nodes, five percent loss, kill -9 of a random node every ten seconds: is every text that a node has taken there exactly once at the end?
 * Not part of the tests, since it takes its time: `node test/soak/soak.mjs [minutes] [nodes]`, after a build. Exit 0 if nothing was lost or doubled.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const minutes = Number(process.argv[2] ?? 10);
const nodes = Number(process.argv[3] ?? 8);
const KILL_EVERY_MS = 10_000;
const LOSS_PERCENT = 5;
const DELAY_MS = 20;
/** Longest wait at the end for what is still under way. */
const SETTLE_MS = 180_000;

const program = 'dist/cli/main.js';
const home = mkdtempSync(join(tmpdir(), 'mainframe-soak-'));
const env = { ...process.env, MAINFRAME_HOME: home, NO_COLOR: '1' };
const mainframe = (...words) =>
  spawnSync(process.execPath, [program, ...words], { encoding: 'utf8', env });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const name = (i) => `testnet-${i + 1}`;
const apiOf = (i) => ({
  port: JSON.parse(readFileSync(join(home, 'nodes', name(i), 'api.json'), 'utf8')).port,
  pid: JSON.parse(readFileSync(join(home, 'nodes', name(i), 'api.json'), 'utf8')).pid,
  token: readFileSync(join(home, 'nodes', name(i), 'api.token'), 'utf8').trim(),
});

async function ask(i, method, path, body) {
  const { port, token } = apiOf(i);
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(5_000),
  });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

function launch(i) {
  spawn(
    process.execPath,
    [
      program,
      'node',
      'run',
      name(i),
      '--password-file',
      join(home, 'nodes', 'testnet.password'),
      `--loss=${LOSS_PERCENT}`,
      `--delay=${DELAY_MS}`,
    ],
    { env, stdio: 'ignore', detached: true },
  ).unref();
}

async function untilUp(i) {
  for (let tries = 0; tries < 300; tries++) {
    try {
      return await ask(i, 'GET', '/status');
    } catch {
      await pause(100);
    }
  }
  throw new Error(`${name(i)} does not come up`);
}

try {
  const up = mainframe(
    'testnet',
    'up',
    String(nodes),
    `--loss=${LOSS_PERCENT}`,
    `--delay=${DELAY_MS}`,
  );
  if (up.status !== 0) throw new Error(up.stderr);
  const cards = [];
  for (let i = 0; i < nodes; i++) cards.push((await ask(i, 'GET', '/card')).card);
  for (let i = 0; i < nodes; i++)
    for (let j = 0; j < nodes; j++)
      if (i !== j) await ask(i, 'POST', '/contacts', { name: `n${j}`, card: cards[j] });

  const expected = Array.from({ length: nodes }, () => []);
  let refused = 0;
  let kills = 0;
  let sent = 0;
  const end = performance.now() + minutes * 60_000;
  let nextKill = performance.now() + KILL_EVERY_MS;
  while (performance.now() < end) {
    const from = Math.floor(Math.random() * nodes);
    const to = (from + 1 + Math.floor(Math.random() * (nodes - 1))) % nodes;
    const text = `${from}>${to} #${sent}`;
    try {
      await ask(from, 'POST', '/messages', { to: `n${to}`, text });
      expected[to].push(text);
      sent++;
    } catch {
      // Not taken: nobody has promised anything.
      refused++;
    }
    if (performance.now() > nextKill) {
      const victim = Math.floor(Math.random() * nodes);
      process.kill(apiOf(victim).pid, 'SIGKILL');
      kills++;
      await pause(300);
      launch(victim);
      await untilUp(victim);
      nextKill = performance.now() + KILL_EVERY_MS;
    }
    await pause(50);
  }
  const settleUntil = performance.now() + SETTLE_MS;
  for (;;) {
    let waiting = 0;
    for (let i = 0; i < nodes; i++) waiting += (await untilUp(i)).waiting;
    if (waiting === 0 || performance.now() > settleUntil) break;
    await pause(1_000);
  }
  let lost = 0;
  let doubled = 0;
  let strange = 0;
  for (let i = 0; i < nodes; i++) {
    const got = (await ask(i, 'GET', '/inbox')).messages.map(({ text }) => text);
    const seen = new Set(got);
    doubled += got.length - seen.size;
    lost += expected[i].filter((text) => !seen.has(text)).length;
    // A text whose request died with its node may have been taken all the same.
    const known = new Set(expected[i]);
    strange += [...seen].filter((text) => !known.has(text)).length;
  }
  console.log(
    `${nodes} nodes, ${minutes} min, ${LOSS_PERCENT}% loss, ${kills} kills: ${sent} texts taken, ${refused} refused; ${lost} lost, ${doubled} doubled, ${strange} taken without an answer`,
  );
  process.exitCode = lost + doubled === 0 ? 0 : 1;
} finally {
  mainframe('testnet', 'down');
  rmSync(home, { recursive: true, force: true });
}
