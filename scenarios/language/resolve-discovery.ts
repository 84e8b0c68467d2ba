/** Service discovery and what roles sell, in base units. */
import { DEFAULT_DISCOVERY_OPTIONS } from '../../protocols/discovery/params.ts';
import type { Role, ScenarioDiscovery } from '../model.ts';
import { parseQuantity } from './quantity.ts';
import type { ScenarioData } from './schema.ts';
import { SOLD_SERVICES } from './schema-discovery.ts';
import { defaultValue, isWritten, reportKey, type Path, type Work } from './work.ts';

const count = (text: string) => parseQuantity(text, 'count');
const time = (text: string) => parseQuantity(text, 'time');
const number = (text: string) => parseQuantity(text, 'number');

/** Keys that mean something only where users search. */
const SEARCH_KEYS = ['search', 'price_max', 'score_min', 'near', 'wanted'] as const;

/** Discovery where the file asks for it; and where packets are paid for, since neighbours agree on prices by it. */
export function resolveDiscovery(
  work: Work,
  flows: boolean,
  paid: boolean,
): ScenarioDiscovery | undefined {
  const written = work.data.services?.discovery ?? {};
  const path: Path = ['services', 'discovery'];
  const { admission } = written;
  if (admission === undefined || admission === 'off') {
    if (isOff(work))
      reportIdle(work, path, Object.keys(written), 'without discovery', 'add admission: tickets');
    return paid && !flows ? { options: DEFAULT_DISCOVERY_OPTIONS } : undefined;
  }
  if (flows) {
    reportKey(work, path, {
      code: 'MF-0111',
      message: 'service discovery in a world of flows is not part of this version',
      hint: 'add detail: packets to world',
    });
    return undefined;
  }
  const at = (key: string): string => `services.discovery.${key}`;
  const options = {
    ...DEFAULT_DISCOVERY_OPTIONS,
    admission,
    capacity: written.table ?? defaultValue(at('table'), count),
    adLifetimeUs: written.ad_life ?? defaultValue(at('ad_life'), time),
    adsPerNetwork: written.ads_per_network ?? defaultValue(at('ads_per_network'), count),
    shelves: written.shelves ?? defaultValue(at('shelves'), count),
    registrars: written.registrars ?? defaultValue(at('registrars'), count),
    voices: written.voices ?? defaultValue(at('voices'), count),
  };
  checkCounts(work, path, options);
  const everyUs = written.searches_every ?? 0;
  if (everyUs === 0) {
    const idle = SEARCH_KEYS.filter((key) => key in written);
    reportIdle(work, path, idle, 'where nobody searches', 'add for example searches_every: 1 min');
    return { options };
  }
  return {
    options,
    searches: {
      service: written.search ?? 'holding',
      everyUs,
      priceMaxUnits: written.price_max ?? Infinity,
      minScore: written.score_min ?? defaultValue(at('score_min'), number),
      nearBits:
        written.near ?? defaultValue(at('near'), (text) => parseQuantity(text, 'information')),
      wanted: written.wanted ?? defaultValue(at('wanted'), count),
    },
  };
}

function checkCounts(work: Work, path: Path, options: ScenarioDiscovery['options']): void {
  const { voices, shelves, registrars, adsPerNetwork, capacity } = options;
  const place = (key: string): Path => (isWritten(work, [...path, key]) ? [...path, key] : path);
  if (voices > shelves * registrars)
    reportKey(work, place('voices'), {
      code: 'MF-0110',
      message: `${voices} voices cannot be heard: ${shelves} shelves of ${registrars} registrars are asked at most`,
    });
  if (adsPerNetwork > capacity)
    reportKey(work, place('ads_per_network'), {
      code: 'MF-0110',
      message: `${adsPerNetwork} advertisements of one network are more than the table of ${capacity} holds`,
    });
}

function reportIdle(
  work: Work,
  path: Path,
  keys: readonly string[],
  where: string,
  hint: string,
): void {
  for (const key of keys) {
    if (key === 'admission' || !isWritten(work, [...path, key])) continue;
    const what = { code: 'MF-0194', message: `"${key}" does nothing ${where}`, hint };
    reportKey(work, [...path, key], what, 'warning');
  }
}

/** Whether the file wants no discovery. Where its word could not be read, nothing is said about the rest. */
function isOff(work: Work): boolean {
  const { admission } = work.data.services?.discovery ?? {};
  const unreadable =
    admission === undefined && isWritten(work, ['services', 'discovery', 'admission']);
  return !unreadable && (admission === undefined || admission === 'off');
}

type WrittenRole = NonNullable<ScenarioData['roles']>[string];

/** What a role sells and where it lives. */
export function sellingKeys(
  work: Work,
  path: Path,
  role: WrittenRole,
): Pick<Role, 'sells' | 'networks'> {
  if (isOff(work))
    reportIdle(
      work,
      path,
      ['sells'],
      'without discovery',
      'add discovery: { admission: tickets } to services',
    );
  const sells = SOLD_SERVICES.flatMap((service) => {
    const units = role.sells?.[service];
    return units === undefined ? [] : [{ service, units }];
  });
  return {
    ...(sells.length === 0 ? {} : { sells }),
    ...(role.networks === undefined ? {} : { networks: role.networks }),
  };
}
