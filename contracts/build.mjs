/**
 * `node contracts/build.mjs [--check]`: compiles the contracts with the pinned compiler and writes one artifact for each: ABI, code to
 * deploy, compiler and settings. They are committed, so that whoever runs them needs no
 * compiler; `--check` compiles and compares.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import solc from 'solc';

const here = dirname(fileURLToPath(import.meta.url));
const sources = join(here, 'src');
const artifacts = join(here, 'artifacts');

/** No metadata hash: it would cover comments and paths, and differ where the code does not. */
const settings = {
  evmVersion: 'cancun',
  optimizer: { enabled: true, runs: 200 },
  metadata: { bytecodeHash: 'none', appendCBOR: false },
  outputSelection: {
    '*': {
      '*': ['abi', 'evm.bytecode.object'],
    },
  },
};

/** Artifacts by file name, as text. @throws with the compiler's words on any error or warning. */
export function compile() {
  const files = readdirSync(sources)
    .filter((name) => name.endsWith('.sol'))
    .sort((a, b) => (a < b ? -1 : 1));
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(
      files.map((name) => [name, { content: readFileSync(join(sources, name), 'utf8') }]),
    ),
    settings,
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const complaints = (output.errors ?? []).map((error) => error.formattedMessage);
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  const { evmVersion, optimizer, metadata } = settings;
  const made = new Map();
  for (const file of files)
    for (const [name, { abi, evm }] of Object.entries(output.contracts[file])) {
      if (evm.bytecode.object === '' || abi.length === 0) continue;
      const artifact = {
        contract: name,
        source: `contracts/src/${file}`,
        license: 'Apache-2.0',
        compiler: solc.version(),
        settings: { evmVersion, optimizer, metadata },
        abi,
        bytecode: `0x${evm.bytecode.object}`,
      };
      made.set(`${name}.json`, `${JSON.stringify(artifact, null, 2)}\n`);
    }
  return made;
}

/** Names of artifacts that are missing, left over, or not what the sources compile to. */
export function differences(made = compile()) {
  const there = new Set(readdirSync(artifacts));
  const names = [...new Set([...made.keys(), ...there])];
  return names.filter(
    (name) => !there.has(name) || readFileSync(join(artifacts, name), 'utf8') !== made.get(name),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = compile();
  if (process.argv.includes('--check')) {
    const differ = differences(made);
    if (differ.length > 0) {
      console.error(`not what the sources compile to: ${differ.join(', ')}`);
      process.exitCode = 1;
    }
  } else {
    for (const [name, text] of made) writeFileSync(join(artifacts, name), text);
    console.log(`${made.size} artifacts by solc ${solc.version()}`);
  }
}
