/** Service discovery of a resolved scenario as it is written. */
import type { Role, ScenarioDiscovery } from '../model.ts';
import { formatQuantity } from './quantity.ts';

const amount = (units: number): string => formatQuantity(units, 'money');
const time = (us: number): string => formatQuantity(us, 'time');

export function discoveryKeys({ options, searches }: ScenarioDiscovery): unknown {
  return {
    admission: options.admission,
    table: options.capacity,
    ad_life: time(options.adLifetimeUs),
    ads_per_network: options.adsPerNetwork,
    shelves: options.shelves,
    registrars: options.registrars,
    voices: options.voices,
    ...(searches === undefined
      ? {}
      : {
          searches_every: time(searches.everyUs),
          search: searches.service,
          price_max: searches.priceMaxUnits === Infinity ? 'any' : amount(searches.priceMaxUnits),
          score_min: searches.minScore,
          near: formatQuantity(searches.nearBits, 'information'),
          wanted: searches.wanted,
        }),
  };
}

export function sellingRoleKeys({ sells, networks }: Role): object {
  return {
    ...(sells === undefined
      ? {}
      : { sells: Object.fromEntries(sells.map((one) => [one.service, amount(one.units)])) }),
    ...(networks === undefined ? {} : { networks }),
  };
}
