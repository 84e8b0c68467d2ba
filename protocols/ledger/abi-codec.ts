/**
 * Calls, results and events as bytes (Solidity's contract ABI, version 2), for chains that speak nothing else. Only the types of `abi.ts`.
 *
 * | part | bytes |
 * |---|---|
 * | call | 4 of keccak256("name(types)") ‖ values |
 * | values | one word each; bytes and texts: a word with the offset of length ‖ content, padded to words |
 * | event | topics: keccak256("Name(types)") ‖ indexed fields; data: the other fields |
 *
 * Decoders are total: what is no encoding gives undefined.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { argsFit, type AbiField, type AbiType, type AbiValue, type ContractAbi } from './abi.ts';
import { concat, hexOf, uintBytes, WORD_BYTES, type Keccak, type Word } from './values.ts';

/** `name(type,type)`, from which selectors and event names are hashed. */
function signature(name: string, types: readonly AbiType[]): Uint8Array {
  return utf8ToBytes(`${name}(${types.join(',')})`);
}

/** First topic of an event. */
export function eventTopic(suite: Keccak, name: string, fields: readonly AbiField[]): Word {
  const types = fields.map(({ type }) => type);
  return hexOf(suite.keccak256(signature(name, types)));
}

/** Bytes of a call, or undefined where the contract has no such method or it takes other arguments. */
export function encodeCall(
  suite: Keccak,
  abi: ContractAbi,
  method: string,
  args: readonly AbiValue[],
): Uint8Array | undefined {
  if (!Object.hasOwn(abi.methods, method)) return undefined;
  const { inputs } = abi.methods[method]!;
  if (!argsFit(inputs, args)) return undefined;
  const selector = suite.keccak256(signature(method, inputs)).subarray(0, 4);
  return concat(selector, encodeValues(inputs, args));
}

/** Values one after another; they must fit their types. */
export function encodeValues(types: readonly AbiType[], values: readonly AbiValue[]): Uint8Array {
  const heads: Uint8Array[] = [];
  const tails: Uint8Array[] = [];
  let offset = types.length * WORD_BYTES;
  types.forEach((type, i) => {
    const value = values[i]!;
    if (!isDynamic(type)) {
      heads.push(word(type, value));
      return;
    }
    const content = typeof value === 'string' ? utf8ToBytes(value) : (value as Uint8Array);
    const padded = new Uint8Array(Math.ceil(content.length / WORD_BYTES) * WORD_BYTES);
    padded.set(content);
    const tail = concat(uintBytes(BigInt(content.length)), padded);
    heads.push(uintBytes(BigInt(offset)));
    tails.push(tail);
    offset += tail.length;
  });
  return concat(...heads, ...tails);
}

/** Values of `types` from bytes; undefined where the bytes hold none. */
export function decodeValues(types: readonly AbiType[], bytes: Uint8Array): AbiValue[] | undefined {
  const values: AbiValue[] = [];
  for (const [i, type] of types.entries()) {
    const value = decodeAt(type, bytes, i * WORD_BYTES);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

/** An event's name and values in the order of its fields, or undefined if `abi` knows none with these topics and data. */
export function decodeEvent(
  suite: Keccak,
  abi: ContractAbi,
  topics: readonly Uint8Array[],
  data: Uint8Array,
): { name: string; values: AbiValue[] } | undefined {
  if (topics.length === 0) return undefined;
  const first = hexOf(topics[0]!);
  const known = Object.entries(abi.events).find(
    ([name, fields]) => eventTopic(suite, name, fields) === first,
  );
  if (known === undefined) return undefined;
  const [name, fields] = known;
  const indexed = fields.filter((field) => field.indexed === true);
  const others = fields.filter((field) => field.indexed !== true);
  if (topics.length !== indexed.length + 1) return undefined;
  const plain = decodeValues(
    others.map(({ type }) => type),
    data,
  );
  const named = indexed.map(({ type }, i) => decodeAt(type, topics[i + 1]!, 0));
  if (plain === undefined || named.includes(undefined)) return undefined;
  const values = fields.map((field) =>
    field.indexed === true ? named[indexed.indexOf(field)]! : plain[others.indexOf(field)]!,
  );
  return { name, values };
}

/** Why a contract refused, from what it returned: an Error(string), a Panic(uint256), or undefined for anything else. */
export function decodeRefusal(suite: Keccak, bytes: Uint8Array): string | undefined {
  const kinds = [
    { name: 'Error', type: 'string', text: (value: AbiValue) => String(value) },
    { name: 'Panic', type: 'uint256', text: (value: AbiValue) => panic(value as bigint) },
  ] as const;
  for (const { name, type, text } of kinds) {
    const selector = suite.keccak256(signature(name, [type])).subarray(0, 4);
    if (hexOf(selector) !== hexOf(bytes.subarray(0, 4))) continue;
    const values = decodeValues([type], bytes.subarray(4));
    if (values !== undefined) return text(values[0]!);
  }
  return undefined;
}

function panic(code: bigint): string {
  return `panic 0x${code.toString(16)}`;
}

function isDynamic(type: AbiType): boolean {
  return type === 'bytes' || type === 'string';
}

function word(type: AbiType, value: AbiValue): Uint8Array {
  if (type === 'bool') return uintBytes(value === true ? 1n : 0n);
  return uintBytes(BigInt(value as string | bigint));
}

function decodeAt(type: AbiType, bytes: Uint8Array, at: number): AbiValue | undefined {
  const value = uintAt(bytes, at);
  if (value === undefined) return undefined;
  switch (type) {
    case 'uint256':
      return value;
    case 'uint8':
      return value < 256n ? value : undefined;
    case 'bool':
      return value < 2n ? value === 1n : undefined;
    case 'address':
      return value >> 160n === 0n ? `0x${value.toString(16).padStart(40, '0')}` : undefined;
    case 'bytes32':
      return `0x${value.toString(16).padStart(64, '0')}`;
    case 'bytes':
      return contentAt(bytes, value);
    case 'string': {
      const content = contentAt(bytes, value);
      return content && new TextDecoder().decode(content);
    }
  }
}

/** What lies at an offset, behind its length. */
function contentAt(bytes: Uint8Array, offset: bigint): Uint8Array | undefined {
  if (offset > BigInt(bytes.length)) return undefined;
  const length = uintAt(bytes, Number(offset));
  const start = Number(offset) + WORD_BYTES;
  if (length === undefined || length > BigInt(bytes.length - start)) return undefined;
  return bytes.slice(start, start + Number(length));
}

function uintAt(bytes: Uint8Array, at: number): bigint | undefined {
  if (at + WORD_BYTES > bytes.length) return undefined;
  return BigInt(hexOf(bytes.subarray(at, at + WORD_BYTES)));
}
