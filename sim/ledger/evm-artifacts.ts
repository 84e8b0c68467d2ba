/** The compiled contracts that the EVM runs: what contracts/build.mjs made of contracts/src. */
import factory from '../../contracts/artifacts/ChequebookFactory.json' with { type: 'json' };
import parameters from '../../contracts/artifacts/Parameters.json' with { type: 'json' };
import protests from '../../contracts/artifacts/Protests.json' with { type: 'json' };
import stakes from '../../contracts/artifacts/Stakes.json' with { type: 'json' };
import token from '../../contracts/artifacts/Token.json' with { type: 'json' };
import type { Bytecodes } from './evm-executor.ts';

/** Code to deploy, by kind; the factory deploys the chequebook itself. */
export const COMPILED: Bytecodes = {
  token: token.bytecode,
  parameters: parameters.bytecode,
  factory: factory.bytecode,
  protests: protests.bytecode,
  stakes: stakes.bytecode,
};
