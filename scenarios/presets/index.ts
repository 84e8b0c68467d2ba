/**
 * Presets: what `uses: [internet]` stands for.
 *
 * A preset is the text of a scenario file's part, so that it goes through the same grammar as everything else: its
 * values can be shown, overridden key by key, and are checked like a user's own. Networks are written as data
 * (`networks.ts`) and turned into that text here.
 */
import { networkYaml } from '../language/yaml-network.ts';
import type { NetworkSpec } from '../model.ts';
import { datacentre, internet, lan } from './networks.ts';

export interface Preset {
  name: string;
  /** One sentence. */
  about: string;
  /** The part of a scenario file that it stands for. */
  yaml: string;
}

function network(name: string, about: string, spec: NetworkSpec): Preset {
  return { name, about, yaml: networkYaml(spec) };
}

/** People with phones: short sessions, long absences. Overridable as `roles.phone`. */
const PHONES = `roles:
  phone:
    share: rest
    online: lognormal(median 40 min p99 6 h)
    offline: lognormal(median 5 h p99 2 d)
`;

/**
 * Session law of KAD and BitTorrent peers as PeerSim-MPI-Kademlia uses it: Weibull, scale 14,900 s, shape 0.68
 * (mean 5.4 h, median 2.4 h). Absences are as long as sessions, so that about half of the peers are online.
 */
const PEERS = `roles:
  peer:
    share: rest
    online: weibull(scale 14900 s shape 0.68)
    offline: weibull(scale 14900 s shape 0.68)
`;

/** What the 2018 paper describes, with a number for everything that it leaves open. */
const MAINFRAME_2018 = `money:
  # not given in the paper, all of them but the newcomer's score ("in the middle") and that cheques may bounce
  price: 0.05 MFT per MiB
  threshold: 10 MFT
  tolerance: 25%
  deadline: 2 h
  cash_after: 24 h
  min_score: 0.4
  newcomer_score: 0.5
  solvency: any
  protest_fee: 0.5 MFT
  chain: { block: 15 s }
`;

export const PRESETS: readonly Preset[] = [
  network('internet', 'Delays, losses and access links of the public Internet', internet),
  network('datacentre', 'Machines of one data centre', datacentre),
  network('lan', 'Machines of one building', lan),
  { name: 'phones', about: 'A role "phone" that comes and goes as people do', yaml: PHONES },
  {
    name: 'mainframe-2018',
    about:
      'Prices, thresholds, credit and chain of the 2018 paper; what it leaves open is our choice',
    yaml: MAINFRAME_2018,
  },
  { name: 'peers', about: 'A role "peer" with the sessions of file-sharing peers', yaml: PEERS },
];

export function preset(name: string): Preset | undefined {
  return PRESETS.find((candidate) => candidate.name === name);
}
