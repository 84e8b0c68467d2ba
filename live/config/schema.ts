/**
 * The settings of a live node, each once: name, meaning, default, and how its text is read. The file that `node init` writes, its checks,
 * `config show`, the table in docs/reference/settings.md and the JSON Schema for editors all come from here.
 *
 * Who a node is (its key, network, address) is no setting: it stands in the node's folder and does not change by editing a file.
 */
import { z } from 'zod';
import { TAG_KINDS } from '../../protocols/session/topic-tags.ts';
import {
  announcedPlace,
  cards,
  chainAddress,
  endpointUrl,
  listenAddress,
  logSpec,
  port,
  quantity,
  quantityOr,
  choice,
  count,
  yesOrNo,
  type SettingFacts,
} from './values.ts';

/** When a node cashes (`protocols/swap/cash.ts`). */
export const CASH_RULES = ['worth', 'at once', 'covered', 'by hand'] as const;

/** Everything may be left out, so that each file says only what it wants to. */
function section<S extends z.core.$ZodShape>(description: string, shape: S) {
  return z.strictObject(shape).partial().meta({ description });
}

export const SETTINGS = section('Settings of a live node', {
  log: logSpec({
    description: 'What is logged: a level, and levels of single modules (info,link=debug)',
    default: 'warn',
  }),
  node: section('The node', {
    udp: section('How it is reached', {
      ipv4: listenAddress(4, {
        description: 'IPv4 address to listen at, or none',
        default: '0.0.0.0',
      }),
      ipv6: listenAddress(6, {
        description: 'IPv6 address to listen at, or none',
        default: 'none',
      }),
      port: port({ description: 'UDP port, or any', default: '4242' }),
      announce: announcedPlace({
        description:
          'address:port that others are told to send to; auto is where it listens if that is one address; none leaves it to those who see it',
        default: 'auto',
      }),
    }),
    api: section('The HTTP API, on loopback', {
      port: port({ description: 'TCP port, or any', default: 'any' }),
    }),
    bootstrap: cards({
      description: 'Contact cards of nodes to join the network through',
      default: [],
    }),
    luminosity: quantity(
      'information',
      {
        description:
          "Bits of the recipient's address that messages show; more is cheaper and less private",
        default: '8 bits',
      },
      { max: 256 },
    ),
    tags: choice(TAG_KINDS, {
      description:
        'What packets of a conversation show of it on the way: a new tag each, or always the same, as in the paper of 2018; then whoever relays them can tell that they belong together',
      default: 'rotating',
    }),
    nat: section('Address translators between it and others', {
      keepalive: quantity(
        'time',
        {
          description:
            'How often an idle neighbour is greeted, so that translators in between do not forget it',
          default: '25 s',
        },
        { min: 1_000_000, max: 600_000_000 },
      ),
      relay_rate: quantity('rate', {
        description: 'Carried at most for neighbours that cannot reach each other; 0 for none',
        default: '1 Mbit/s',
      }),
    }),
    overlay: section('Its routing table', {
      network_share: quantityOr('auto', 'share', {
        description:
          'Most contacts of one bin that may come from one network; auto is 25%, or 100% where it listens on loopback',
        default: 'auto',
      }),
    }),
    disk: section('What it keeps', {
      free_min: quantity('size', {
        description: 'Free space below which the node says that it is not well',
        default: '200 MiB',
      }),
    }),
    stop: section('How it ends', {
      within: quantity(
        'time',
        {
          description: 'Longest that a stop may take before the process ends anyway',
          default: '20 s',
        },
        { min: 1_000_000, max: 600_000_000 },
      ),
    }),
    emulate: section('A worse network than the real one, for trying things out', {
      delay: quantity(
        'time',
        { description: 'Hold back what is sent', default: '0 s' },
        { max: 60_000_000 },
      ),
      loss: quantity(
        'share',
        { description: 'Lose this share of what is sent', default: '0%' },
        { max: 0.99 },
      ),
    }),
  }),
  money: section('Money, on a chain', {
    rpc: endpointUrl({
      description: 'JSON-RPC endpoint of the chain, or none for a node without money',
      default: 'none',
    }),
    chain_id: quantityOr(
      'none',
      'count',
      {
        description: 'Number of the chain; an endpoint of another one is not believed',
        default: 'none',
      },
      { min: 1, max: Number.MAX_SAFE_INTEGER },
    ),
    token: chainAddress('none', {
      description: 'Contract of the token MFT; none on a chain where nothing is deployed yet',
      default: 'none',
    }),
    factory: chainAddress('none', {
      description: 'Contract that makes chequebooks and vouches for them',
      default: 'none',
    }),
    protests: chainAddress('none', {
      description: 'Contract where late payers are named',
      default: 'none',
    }),
    chequebook: chainAddress('auto', {
      description:
        "The node's own chequebook; auto is the one that it opens with its first deposit",
      default: 'auto',
    }),
    confirmations: count(
      {
        description:
          'Blocks on top of another before what happened in it counts; more than the chain ever takes back',
        default: '6',
      },
      { min: 1, max: 256 },
    ),
    poll: quantity(
      'time',
      { description: 'How often the endpoint is asked for news', default: '4 s' },
      { min: 50_000, max: 600_000_000 },
    ),
    timeout: quantity(
      'time',
      { description: 'How long an answer of the endpoint is waited for', default: '10 s' },
      { min: 100_000, max: 120_000_000 },
    ),
    gas_max_gwei: count(
      {
        description:
          'Most that is paid for a unit of gas, gwei; nothing is sent while it costs more',
        default: '100',
      },
      { min: 1, max: 1_000_000 },
    ),
    coin_worth: quantity('money', {
      description: "What one of the chain's coins is worth, to tell when cashing is worth its gas",
      default: '1 MFT',
    }),
    cash: choice(CASH_RULES, {
      description:
        'When cheques are cashed: once gas is below half of what they bring (worth), at once, when the chequebook has it all (covered), or never by itself (by hand)',
      default: 'worth',
    }),
    price: quantity(
      'money',
      {
        description:
          'What relaying costs a neighbour: a packet, or a MiB, for each of the steps that are left to its target',
        default: '0.00001 MFT',
      },
      { max: 1e12 },
    ),
    price_per: choice(['packet', 'MiB'] as const, {
      description: 'What the price is for. By the MiB a short packet costs less than a long one',
      default: 'packet',
    }),
    pricing: choice(['proximity', 'flat'] as const, {
      description:
        'Whether the price is for each step that is left (proximity), so that each relay keeps the difference, or the same wherever the packet goes (flat)',
      default: 'proximity',
    }),
    threshold: quantity(
      'money',
      {
        description: 'Debt at which a neighbour is asked to pay',
        default: '0.0135 MFT',
      },
      { min: 10, max: 1e14 },
    ),
    tolerance: quantity(
      'share',
      {
        description:
          'How much further the debt may go, as a share of the threshold, before service stops',
        default: '25%',
      },
      { max: 10 },
    ),
    deadline: quantity(
      'time',
      {
        description: 'How long a neighbour that is asked to pay has for it',
        default: '1 h',
      },
      { min: 1_000_000, max: 2_592_000_000_000 },
    ),
    grace: quantity(
      'time',
      {
        description:
          'How long after that it is protested on the chain, if it owes more than a protest costs',
        default: '1 min',
      },
      { max: 2_592_000_000_000 },
    ),
  }),
  metrics: section('What /metrics tells', {
    peers: yesOrNo({
      description:
        'Also one line for each peer: who speaks with whom, for whoever reads the metrics',
      default: 'false',
    }),
  }),
});

/** All settings with their values. */
type Complete<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]-?: Complete<Exclude<T[K], undefined>> }
    : T;
export type NodeSettings = Complete<z.output<typeof SETTINGS>>;

/** One setting of the table. */
export interface Setting extends SettingFacts {
  /** `node.udp.port` */
  name: string;
  path: readonly string[];
  list: boolean;
}

/** A section, with the settings and sections in it. */
export interface Section {
  name: string;
  description: string;
  children: readonly (Section | Setting)[];
}

export function isSetting(one: Section | Setting): one is Setting {
  return 'default' in one;
}

/** The tree of the schema. */
export const TREE: Section = sectionOf(SETTINGS, []);

function sectionOf(schema: z.ZodObject, path: readonly string[]): Section {
  const children = Object.entries(schema.shape).map(([key, child]): Section | Setting => {
    const inner = (child as z.ZodOptional<z.ZodType>).unwrap();
    const own = [...path, key];
    if (inner instanceof z.ZodObject) return sectionOf(inner, own);
    const facts = inner.meta() as unknown as SettingFacts;
    return {
      name: own.join('.'),
      path: own,
      description: facts.description,
      default: facts.default,
      list: inner instanceof z.ZodArray,
    };
  });
  return { name: path.join('.'), description: schema.meta()?.description ?? '', children };
}

/** Every setting, in the order of the table. */
export const ALL_SETTINGS: readonly Setting[] = leaves(TREE);

function leaves({ children }: Section): Setting[] {
  return children.flatMap((one) => (isSetting(one) ? [one] : leaves(one)));
}

export function settingNamed(name: string): Setting | undefined {
  return ALL_SETTINGS.find((one) => one.name === name);
}

/** JSON Schema (draft 2020-12) of a settings file, for editors. */
export function settingsJsonSchema(): object {
  const schema = z.toJSONSchema(SETTINGS, {
    io: 'input',
    // zod leaves the default out where the text is not the value; in the file it is the text that stands.
    override({ zodSchema, jsonSchema }) {
      const facts = z.globalRegistry.get(zodSchema) as Partial<SettingFacts> | undefined;
      if (facts?.default !== undefined) jsonSchema.default = facts.default as string;
    },
  });
  return { ...schema, $id: 'settings/v1', title: 'Mainframe settings' };
}
