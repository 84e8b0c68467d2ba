/**
 * What has happened to the chequebooks that a node watches, from the confirmed blocks of a chain.
 *
 * An endpoint that leaves events out or makes some up is found out where it can be: each event must lie in the block that the chain has at that height, and the
 * receipt of its transaction, asked for apart, must hold the same events. (`covers.ts` holds them against balances.)
 */
import type { LedgerEvent } from '../../protocols/ledger/frame.ts';
import { hexOf, uintBytes, type Address, type Word } from '../../protocols/ledger/values.ts';
import { z } from 'zod';
import type { Contracts, KnownContracts } from './contracts.ts';
import type { Heads } from './heads.ts';
import type { Rpc } from './rpc.ts';
import { believe } from './trouble.ts';
import { HEADER, LOG, RECEIPT, type Log } from './wire.ts';

/** keccak256("Transfer(address,address,uint256)"), ERC-20. */
const TRANSFER: Word = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
/** Blocks that one question is about; many endpoints allow no more. */
const RANGE_BLOCKS = 1_000;
/** Events that are read at once; more are somebody's attack, or not ours. */
const EVENTS_MAX = 10_000;

/** What is needed to read events. */
export interface Sources {
  rpc: Rpc;
  heads: Heads;
  contracts: Contracts;
  known: KnownContracts;
}

/** Events of the watched chequebooks, of the protests and of tokens that chequebooks gave or got, in blocks `from` to `to`, in order. */
export async function eventsBetween(
  sources: Sources,
  chequebooks: readonly Address[],
  from: number,
  to: number,
): Promise<LedgerEvent[]> {
  const logs: Log[] = [];
  for (let first = from; first <= to; first += RANGE_BLOCKS) {
    const last = Math.min(to, first + RANGE_BLOCKS - 1);
    logs.push(...(await logsOf(sources, chequebooks, first, last)));
    believe(
      logs.length <= EVENTS_MAX,
      `${sources.rpc.place} tells of more than ${EVENTS_MAX} events`,
    );
  }
  await checkBlocks(sources, logs);
  await checkReceipts(sources, logs, new Set([sources.known.protests, ...chequebooks]));
  return logs.flatMap((log) => {
    const event = sources.contracts.event(kindOf(log, sources.known), log);
    return event === undefined ? [] : [event];
  });
}

async function logsOf(
  { rpc, known }: Sources,
  chequebooks: readonly Address[],
  from: number,
  to: number,
): Promise<Log[]> {
  const range = { fromBlock: quantity(from), toBlock: quantity(to) };
  const owners = chequebooks.map((one) => hexOf(uintBytes(BigInt(one))));
  const { token, protests } = known;
  const questions = [
    { ...range, address: [protests, ...chequebooks] },
    ...(owners.length === 0
      ? []
      : [
          { ...range, address: token, topics: [TRANSFER, owners] },
          { ...range, address: token, topics: [TRANSFER, null, owners] },
        ]),
  ];
  const answers = await Promise.all(
    questions.map((question) => rpc.ask('eth_getLogs', [question], z.array(LOG))),
  );
  // A transfer between two watched chequebooks answers both questions.
  const byPlace = new Map(answers.flat().map((log) => [`${log.blockNumber}/${log.logIndex}`, log]));
  const asked = new Set([token, protests, ...chequebooks]);
  for (const log of byPlace.values())
    believe(
      log.blockNumber >= from && log.blockNumber <= to && asked.has(log.address),
      `${rpc.place} tells of an event that was not asked for, of ${log.address} in block ${log.blockNumber}`,
    );
  return [...byPlace.values()].toSorted(
    (a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex,
  );
}

/** Each event must lie in the block that the chain has at its height. */
async function checkBlocks({ rpc, heads }: Sources, logs: readonly Log[]): Promise<void> {
  const hashes = new Map<number, string>();
  for (const { blockNumber } of logs) {
    if (hashes.has(blockNumber)) continue;
    const header =
      heads.at(blockNumber) ??
      (await rpc.ask('eth_getBlockByNumber', [quantity(blockNumber), false], HEADER));
    hashes.set(blockNumber, header.hash);
  }
  for (const { blockNumber, blockHash } of logs)
    believe(
      hashes.get(blockNumber) === blockHash,
      `${rpc.place} tells of an event in a block ${blockNumber} that is not the chain's`,
    );
}

/** The receipt of each transaction must hold the same events of the contracts that were asked about whole, no more and no fewer. */
async function checkReceipts(
  { rpc }: Sources,
  logs: readonly Log[],
  whole: ReadonlySet<Address>,
): Promise<void> {
  const hashes = [...new Set(logs.map((log) => log.transactionHash))];
  const receipts = await Promise.all(
    hashes.map((hash) => rpc.ask('eth_getTransactionReceipt', [hash], z.nullable(RECEIPT))),
  );
  receipts.forEach((receipt, i) => {
    const hash = hashes[i]!;
    const told = logs.filter((log) => log.transactionHash === hash);
    const where = `of transaction ${hash}`;
    believe(receipt !== null, `${rpc.place} tells of events ${where}, and has no receipt of it`);
    believe(
      receipt.status === '0x1' && receipt.blockHash === told[0]!.blockHash,
      `${rpc.place} tells of events ${where}, whose receipt is of a failure or of another block`,
    );
    const held = new Set(receipt.logs.map(fingerprint));
    believe(
      told.every((log) => held.has(fingerprint(log))),
      `${rpc.place} tells of an event ${where} that its receipt does not have`,
    );
    const heard = new Set(told.map(fingerprint));
    believe(
      receipt.logs.every((log) => !whole.has(log.address) || heard.has(fingerprint(log))),
      `${rpc.place} leaves out an event ${where} that its receipt has`,
    );
  });
}

function fingerprint({ address, topics, data, logIndex }: Log): string {
  return [logIndex, address, ...topics, hexOf(data)].join(' ');
}

function kindOf({ address }: Log, { token, protests }: KnownContracts) {
  if (address === token) return 'token';
  return address === protests ? 'protests' : 'chequebook';
}

/** A number as the endpoint writes it. */
export function quantity(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
