/**
 * What each contract understands: names, types and order of its methods and events.
 *
 * The model checks arguments against this table, the codec writes them by it, and a test compares it with what the Solidity compiler says of
 * the twins; so the three executions of one contract cannot drift apart in what they are called with.
 */
import { isAddress, isUint256, isWord, type Address } from './values.ts';

export type AbiType = 'address' | 'uint256' | 'uint8' | 'bool' | 'bytes32' | 'bytes' | 'string';

/** address and bytes32 as hex text, integers as bigint, bytes as bytes. */
export type AbiValue = bigint | string | boolean | Uint8Array;

export interface AbiMethod {
  inputs: readonly AbiType[];
  outputs: readonly AbiType[];
  /** Changes nothing; may be read without a transaction. */
  view?: true;
}

export interface AbiField {
  name: string;
  type: AbiType;
  indexed?: true;
}

export interface ContractAbi {
  methods: { readonly [name: string]: AbiMethod };
  events: { readonly [name: string]: readonly AbiField[] };
}

export type ContractKind =
  'token' | 'chequebook' | 'factory' | 'protests' | 'stakes' | 'parameters';

const method = (inputs: readonly AbiType[], outputs: readonly AbiType[] = []): AbiMethod => ({
  inputs,
  outputs,
});
const view = (inputs: readonly AbiType[], outputs: readonly AbiType[]): AbiMethod => ({
  inputs,
  outputs,
  view: true,
});
const field = (name: string, type: AbiType): AbiField => ({ name, type });
const topic = (name: string, type: AbiType): AbiField => ({ name, type, indexed: true });

/** ERC-20 (EIP-20) and `burn`. */
const token: ContractAbi = {
  methods: {
    name: view([], ['string']),
    symbol: view([], ['string']),
    decimals: view([], ['uint8']),
    totalSupply: view([], ['uint256']),
    totalBurned: view([], ['uint256']),
    balanceOf: view(['address'], ['uint256']),
    allowance: view(['address', 'address'], ['uint256']),
    transfer: method(['address', 'uint256'], ['bool']),
    approve: method(['address', 'uint256'], ['bool']),
    transferFrom: method(['address', 'address', 'uint256'], ['bool']),
    burn: method(['uint256']),
  },
  events: {
    Transfer: [topic('from', 'address'), topic('to', 'address'), field('value', 'uint256')],
    Approval: [topic('owner', 'address'), topic('spender', 'address'), field('value', 'uint256')],
  },
};

/** The names of Swarm's chequebook, so that its tools can read ours. */
const chequebook: ContractAbi = {
  methods: {
    init: method(['address', 'address', 'uint256']),
    issuer: view([], ['address']),
    token: view([], ['address']),
    bounced: view([], ['bool']),
    paidOut: view(['address'], ['uint256']),
    totalPaidOut: view([], ['uint256']),
    totalHardDeposit: view([], ['uint256']),
    defaultHardDepositTimeout: view([], ['uint256']),
    hardDeposits: view(['address'], ['uint256', 'uint256', 'uint256', 'uint256']),
    balance: view([], ['uint256']),
    liquidBalance: view([], ['uint256']),
    liquidBalanceFor: view(['address'], ['uint256']),
    cashCheque: method(['address', 'address', 'uint256', 'bytes', 'uint256', 'bytes']),
    cashChequeBeneficiary: method(['address', 'uint256', 'bytes']),
    prepareDecreaseHardDeposit: method(['address', 'uint256']),
    decreaseHardDeposit: method(['address']),
    increaseHardDeposit: method(['address', 'uint256']),
    setCustomHardDepositTimeout: method(['address', 'uint256', 'bytes']),
    withdraw: method(['uint256']),
  },
  events: {
    ChequeCashed: [
      topic('beneficiary', 'address'),
      topic('recipient', 'address'),
      topic('caller', 'address'),
      field('totalPayout', 'uint256'),
      field('cumulativePayout', 'uint256'),
      field('callerPayout', 'uint256'),
    ],
    ChequeBounced: [],
    HardDepositAmountChanged: [topic('beneficiary', 'address'), field('amount', 'uint256')],
    HardDepositDecreasePrepared: [
      topic('beneficiary', 'address'),
      field('decreaseAmount', 'uint256'),
    ],
    HardDepositTimeoutChanged: [topic('beneficiary', 'address'), field('timeout', 'uint256')],
  },
};

const factory: ContractAbi = {
  methods: {
    ERC20Address: view([], ['address']),
    master: view([], ['address']),
    deployedContracts: view(['address'], ['bool']),
    deploySimpleSwap: method(['address', 'uint256', 'bytes32'], ['address']),
  },
  events: { SimpleSwapDeployed: [field('contractAddress', 'address')] },
};

const protests: ContractAbi = {
  methods: {
    token: view([], ['address']),
    factory: view([], ['address']),
    parameters: view([], ['address']),
    openAgainst: view(['address'], ['uint256']),
    totalAgainst: view(['address'], ['uint256']),
    statusOf: view(['bytes32'], ['uint256']),
    protest: method(['address', 'address', 'address', 'uint256', 'uint256', 'bytes'], ['bytes32']),
    answer: method(['bytes32', 'uint256', 'bytes']),
    settle: method(['bytes32']),
  },
  events: {
    Protested: [
      topic('id', 'bytes32'),
      topic('debtor', 'address'),
      topic('creditor', 'address'),
      field('chequebook', 'address'),
      field('cumulativePayout', 'uint256'),
      field('dueAt', 'uint256'),
      field('fee', 'uint256'),
    ],
    ProtestAnswered: [
      topic('id', 'bytes32'),
      topic('debtor', 'address'),
      topic('creditor', 'address'),
      field('cumulativePayout', 'uint256'),
      field('signature', 'bytes'),
    ],
    ProtestSettled: [
      topic('id', 'bytes32'),
      topic('debtor', 'address'),
      topic('creditor', 'address'),
    ],
  },
};

const stakes: ContractAbi = {
  methods: {
    token: view([], ['address']),
    parameters: view([], ['address']),
    owner: view([], ['address']),
    courts: view(['address'], ['bool']),
    totalStaked: view([], ['uint256']),
    stakeOf: view(['address', 'bytes32'], ['uint256', 'uint256', 'uint256']),
    authoriseCourt: method(['address', 'bool']),
    deposit: method(['bytes32', 'uint256']),
    requestWithdrawal: method(['bytes32', 'uint256']),
    withdraw: method(['bytes32']),
    slash: method(['address', 'bytes32', 'uint256', 'address'], ['uint256', 'uint256']),
  },
  events: {
    CourtAuthorised: [topic('court', 'address'), field('allowed', 'bool')],
    StakeDeposited: [
      topic('staker', 'address'),
      topic('service', 'bytes32'),
      field('amount', 'uint256'),
      field('active', 'uint256'),
    ],
    WithdrawalRequested: [
      topic('staker', 'address'),
      topic('service', 'bytes32'),
      field('pending', 'uint256'),
      field('releaseAt', 'uint256'),
    ],
    StakeWithdrawn: [
      topic('staker', 'address'),
      topic('service', 'bytes32'),
      field('amount', 'uint256'),
    ],
    StakeSlashed: [
      topic('staker', 'address'),
      topic('service', 'bytes32'),
      topic('court', 'address'),
      field('recipient', 'address'),
      field('paid', 'uint256'),
      field('burned', 'uint256'),
    ],
  },
};

const parameters: ContractAbi = {
  methods: {
    owner: view([], ['address']),
    get: view(['bytes32'], ['uint256']),
    set: method(['bytes32', 'uint256']),
    transferOwnership: method(['address']),
  },
  events: {
    ParameterChanged: [
      topic('key', 'bytes32'),
      field('previous', 'uint256'),
      field('value', 'uint256'),
    ],
    OwnershipTransferred: [topic('previousOwner', 'address'), topic('newOwner', 'address')],
  },
};

export const ABIS: { readonly [kind in ContractKind]: ContractAbi } = {
  token,
  chequebook,
  factory,
  protests,
  stakes,
  parameters,
};

/** One call of one method of one contract. */
export interface Call {
  to: Address;
  method: string;
  args: readonly AbiValue[];
}

/** Whether `args` are what `types` ask for. */
export function argsFit(types: readonly AbiType[], args: readonly AbiValue[]): boolean {
  return types.length === args.length && types.every((type, i) => fits(type, args[i]!));
}

function fits(type: AbiType, value: AbiValue): boolean {
  switch (type) {
    case 'address':
      return isAddress(value);
    case 'bytes32':
      return isWord(value);
    case 'uint256':
      return isUint256(value);
    case 'uint8':
      return isUint256(value) && value < 256n;
    case 'bool':
      return typeof value === 'boolean';
    case 'bytes':
      return value instanceof Uint8Array;
    case 'string':
      return typeof value === 'string';
  }
}
