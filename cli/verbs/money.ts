/** `mainframe money|cheques`: what a live node owns, owes and is owed, and what its user does about it. */
import type { Cashing, ChequeLine, Deployed, MoneyReport } from '../../live/api/money-schemas.ts';
import { settingNamed } from '../../live/config/schema.ts';
import { withSetting } from '../../live/config/file.ts';
import { decimal, mft, parseMft } from '../../live/money/amounts.ts';
import { readFileSync } from 'node:fs';
import { EXIT, UserError } from '../exit.ts';
import { clientOf, folderOf } from '../live.ts';
import type { Output } from '../output.ts';
import { short } from './node.ts';

type Transactions = { transactions: MoneyReport['transactions'] };

export async function moneyVerb(node: string | undefined, output: Output): Promise<number> {
  const client = clientOf(node);
  const money = await client.get<MoneyReport>('/money');
  const { cheques } = await client.get<{ cheques: ChequeLine[] }>('/cheques');
  for (const line of ownedLines(money)) output.print(line);
  for (const line of chequeTable(cheques, 'in')) output.print(line);
  for (const line of chequeTable(cheques, 'out')) output.print(line);
  for (const line of [...openLines(money), ...warnings(money, cheques)]) output.print(line);
  output.object({ schema: 'money/v1', ...money, cheques });
  return money.trouble === null ? EXIT.ok : EXIT.environment;
}

function ownedLines(money: MoneyReport): string[] {
  const { wallet, chequebook, account, endpoint, chainId, head } = money;
  const chain = `chain     ${endpoint}   chain ${chainId}   ${head === null ? 'not heard yet' : `block ${head}`}`;
  const held =
    wallet === null
      ? 'unknown yet'
      : `wallet ${mft(BigInt(wallet.tokens))} and ${decimal(BigInt(wallet.coins))} coins for gas`;
  if (chequebook === null)
    return [
      chain,
      `owned     ${held}   account ${account}`,
      'No contracts are named in the settings.',
    ];
  const promised = BigInt(chequebook.promised);
  const book = chequebook.opened
    ? `chequebook ${mft(BigInt(chequebook.balance))}${promised === 0n ? '' : ` (of which ${mft(promised)} promised in cheques out)`}${chequebook.bounced ? '   bounced!' : ''}`
    : 'no chequebook yet';
  return [
    chain,
    `owned     ${held}   ${book}`,
    `account   ${account}`,
    `earned    today ${mft(BigInt(money.earnedToday))}   30 days ${mft(BigInt(money.earnedMonth))}`,
    `open      we are owed ${mft(BigInt(money.owed))}   we owe ${mft(BigInt(money.owing))}   with ${money.neighbours} neighbours`,
  ];
}

function chequeTable(cheques: readonly ChequeLine[], direction: 'in' | 'out'): string[] {
  const lines = cheques.filter((line) => line.direction === direction);
  if (lines.length === 0) return [];
  const heading =
    direction === 'in'
      ? `cheques in${' '.repeat(22)}amount          covered by their deposit     score`
      : `cheques out${' '.repeat(21)}amount          covered by our deposit`;
  return [heading, ...lines.map((line) => chequeLine(line))];
}

function chequeLine(line: ChequeLine): string {
  const amount = BigInt(line.amount);
  const covered = BigInt(line.covered);
  const who = line.name === '' ? short(line.address) : line.name;
  const held = line.direction === 'in' && amount > 0n ? `, oldest ${age(line.heldSeconds)}` : '';
  const cover =
    amount === 0n
      ? `cashed ${mft(BigInt(line.paid))}`
      : covered === amount
        ? 'all'
        : `${decimal(covered)} of ${decimal(amount)}  ⚠`;
  const state = line.cashing ? '   being cashed' : line.pending ? '   not confirmed yet' : '';
  const score = line.direction === 'in' ? line.score.toFixed(2) : '';
  return `  ${`${who}${held}`.padEnd(30)}${mft(amount).padEnd(16)}${cover.padEnd(29)}${score}${line.bounced ? '   bounced' : ''}${state}`.trimEnd();
}

function age(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400
    ? `${Math.floor(seconds / 3_600)} h`
    : `${Math.floor(seconds / 86_400)} d`;
}

function openLines({ transactions }: MoneyReport): string[] {
  const open = transactions.filter(({ state }) => state === 'waiting' || state === 'sent');
  const last = transactions.filter(({ state }) => state === 'failed').slice(-1);
  return [
    ...open.map(
      ({ what, reason, hash }) =>
        `on its way: ${what}${hash === '' ? '' : `   ${short(hash)}`}${reason === '' ? '' : `   (${reason})`}`,
    ),
    ...last.map(({ what, reason }) => `failed: ${what}   (${reason})`),
  ];
}

function warnings(money: MoneyReport, cheques: readonly ChequeLine[]): string[] {
  const lines: string[] = [];
  if (money.trouble !== null) lines.push(`! ${money.trouble.why}`, `    ${money.trouble.next}`);
  for (const { direction, amount, covered, name, address } of cheques) {
    if (direction !== 'in' || BigInt(covered) >= BigInt(amount)) continue;
    const who = name === '' ? address.slice(0, 12) : name;
    lines.push(
      `! ${who} signed more than it holds. Cashing now: ${mft(BigInt(covered))} in.   mainframe cheques cash ${who} --dry-run`,
    );
  }
  if (!money.deployed && money.trouble === null)
    lines.push('Next: name the contracts of your network, or deploy them: mainframe money deploy');
  else if (money.wallet?.coins === '0')
    lines.push(`! There are no coins for gas. Send some to ${money.account}.`);
  else if (money.chequebook?.opened === false)
    lines.push('Next: open the chequebook with a deposit: mainframe money deposit 10');
  lines.push(...idleProtests(money));
  return lines;
}

/** Where a protest costs more than anybody may owe, none is ever made, and who does not pay is only served no more. */
export function idleProtests({ protestCost, creditMax }: MoneyReport): string[] {
  if (protestCost === null || BigInt(protestCost) <= BigInt(creditMax)) return [];
  return [
    `! No late payment is protested: that costs ${mft(BigInt(protestCost))}, and nobody may owe more than ${mft(BigInt(creditMax))}.`,
    '    Who does not pay is only served no more. To change it, give more credit (config set money.threshold), or use contracts with a lower fee.',
  ];
}

export async function moneyDeployVerb(
  args: { node: string | undefined; save: boolean },
  output: Output,
): Promise<number> {
  const folder = folderOf(args.node);
  const deployed = await clientOf(args.node).post<Deployed>('/money/deploy', {});
  const addresses = {
    'money.token': deployed.token,
    'money.factory': deployed.factory,
    'money.protests': deployed.protests,
  };
  if (args.save) {
    let text = readFileSync(folder.settingsFile, 'utf8');
    for (const [name, address] of Object.entries(addresses))
      text = withSetting(text, settingNamed(name)!, address);
    folder.writeSettings(text);
  }
  output.print(
    [
      `${deployed.transactions.length} transactions are on their way. The contracts of this chain will be:`,
      ...Object.entries(addresses).map(([name, address]) => `  ${name.padEnd(16)} ${address}`),
      args.save
        ? `They stand in ${folder.settingsFile} now; give them to everybody who is to take part.`
        : 'Give them to everybody who is to take part.',
      `Next, when they are confirmed (mainframe money --node ${folder.name}): stop the node and run it again.`,
    ].join('\n'),
  );
  output.object({ schema: 'money-deploy/v1', ...deployed });
  return EXIT.ok;
}

export async function moneyMoveVerb(
  what: 'deposit' | 'withdraw',
  amount: string,
  node: string | undefined,
  output: Output,
): Promise<number> {
  const wei = amountOf(amount);
  const ordered = await clientOf(node).post<Transactions>(`/money/${what}`, { amount: `${wei}` });
  return tell(ordered, output, folderOf(node).name, `money-${what}/v1`);
}

export async function moneySendVerb(
  args: { account: string; amount: string; node: string | undefined },
  output: Output,
): Promise<number> {
  const wei = amountOf(args.amount);
  const to = args.account.toLowerCase();
  if (!/^0x[0-9a-f]{40}$/.test(to))
    throw new UserError(
      EXIT.usage,
      'MF-0831',
      `"${args.account}" is no account: write 0x and 40 hex digits, as mainframe money shows them.`,
    );
  const ordered = await clientOf(args.node).post<Transactions>('/money/send', {
    to,
    amount: `${wei}`,
  });
  return tell(ordered, output, folderOf(args.node).name, 'money-send/v1');
}

function tell(
  { transactions }: Transactions,
  output: Output,
  node: string,
  schema: string,
): number {
  for (const { what } of transactions) output.print(`ordered: ${what}`);
  output.print(`What becomes of it: mainframe money --node ${node}`);
  output.object({ schema, transactions });
  return EXIT.ok;
}

/** @throws UserError (exit 2) for what is no amount. */
function amountOf(text: string): bigint {
  const wei = parseMft(text);
  if (wei !== undefined && wei > 0n) return wei;
  throw new UserError(
    EXIT.usage,
    'MF-0830',
    `"${text}" is no amount of MFT: write for example 200 or 0.5, with at most 18 digits behind the point.`,
  );
}

export async function chequesListVerb(node: string | undefined, output: Output): Promise<number> {
  const { cheques } = await clientOf(node).get<{ cheques: ChequeLine[] }>('/cheques');
  for (const line of [...chequeTable(cheques, 'in'), ...chequeTable(cheques, 'out')])
    output.print(line);
  if (cheques.length === 0) output.print('No cheques yet, neither held nor written.');
  output.object({ schema: 'cheque-list/v1', cheques });
  return EXIT.ok;
}

export async function chequesCashVerb(
  args: { from: string; node: string | undefined; dryRun: boolean },
  output: Output,
): Promise<number> {
  const { from, dryRun, node } = args;
  const cashing = await clientOf(node).post<Cashing>('/cheques/cash', { from, dryRun });
  const [amount, brings, fee] = [cashing.amount, cashing.brings, cashing.fee].map(BigInt) as [
    bigint,
    bigint,
    bigint,
  ];
  output.print(
    `${dryRun ? 'Cashing now would bring' : 'Cashing:'} ${mft(brings)} of ${mft(amount)}, for gas worth about ${mft(fee)}.`,
  );
  if (cashing.bounces)
    output.print(
      dryRun
        ? 'The cheque would bounce: everybody sees for ever that its writer did not have it. The rest stays claimable.'
        : 'The cheque bounces: the rest stays claimable.',
    );
  output.print(
    dryRun
      ? `Do it: mainframe cheques cash ${from}`
      : `What becomes of it: mainframe money --node ${folderOf(node).name}`,
  );
  output.object({ schema: 'cheque-cash/v1', ...cashing });
  return EXIT.ok;
}
