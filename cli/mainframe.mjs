#!/usr/bin/env node
/**
 * The command `mainframe`: a file that is there in a fresh clone, too, since npx keeps for ever what it found at the first call. A clone
 * that was never built is built first; a package from a registry has its build with it.
 */
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(program)) await import('./setup.mjs');
await import(program.href);
