/** Keys of service discovery, and what roles sell. */
import { z } from 'zod';

import { SERVICE_NAMES } from '../../protocols/discovery/services.ts';
import { custom, key, quantity, word } from './fields.ts';
import { read, type Reading } from './problems.ts';
import { parseQuantity } from './quantity.ts';
import { luminosity, timeOrNever } from './schema-values.ts';

/** What is sold by roles that say so; everybody relays. */
export const SOLD_SERVICES = ['delivery', 'holding', 'storage', 'data'] as const;

const amountOrAny = () =>
  custom('money (MFT mMFT) | any', (input): Reading<number> =>
    input === 'any' ? read(Infinity) : parseQuantity(input, 'money'),
  );

export const discovery = z.strictObject({
  admission: key(word(['off', 'tickets', 'free'], 'way to admit advertisements'), {
    about:
      'How advertisements get into tables. tickets: after a waiting time, and only so many of one network. free: at once; a full table drops its oldest. off: no discovery.',
    example: 'tickets',
    default: 'services.discovery.admission',
  }),
  table: key(quantity('count', { min: 1, max: 65_535 }), {
    about: 'Advertisements of others that a node keeps.',
    example: '200',
    default: 'services.discovery.table',
  }),
  ad_life: key(quantity('time', { min: 20_000_000, minText: '20 s' }), {
    about: 'How long an advertisement is kept.',
    example: '5 min',
    default: 'services.discovery.ad_life',
  }),
  ads_per_network: key(quantity('count', { min: 1, max: 65_535 }), {
    about: 'Advertisements of one endpoint network (/24) that a table holds at most; for tickets.',
    example: '2',
    default: 'services.discovery.ads_per_network',
  }),
  shelves: key(quantity('count', { min: 1, max: 8 }), {
    about: 'Places in the address space at which each service is advertised.',
    example: '3',
    default: 'services.discovery.shelves',
  }),
  registrars: key(quantity('count', { min: 2, max: 16 }), {
    about: 'Nodes near each place that keep an advertisement, each of another network.',
    example: '4',
    default: 'services.discovery.registrars',
  }),
  voices: key(quantity('count', { min: 1, max: 16 }), {
    about: 'Registrars that must have answered before a search ends.',
    example: '3',
    default: 'services.discovery.voices',
  }),
  searches_every: key(timeOrNever(), {
    about:
      'How often each honest node that does not sell the service looks for somebody who does, as a measured workload.',
    example: '1 min',
    default: 'services.discovery.searches_every',
  }),
  search: key(word(SERVICE_NAMES, 'service'), {
    about: 'The service that is looked for.',
    example: 'holding',
    default: 'services.discovery.search',
  }),
  price_max: key(amountOrAny(), {
    about:
      'The most that the service may cost, with the credit of a newcomer, by the unit it is sold by; or any.',
    example: '30 mMFT',
    default: 'services.discovery.price_max',
  }),
  score_min: key(quantity('number', { min: 0, max: 1 }), {
    about: 'The least credit score of those looked for.',
    example: '0.4',
    default: 'services.discovery.score_min',
  }),
  near: key(luminosity(), {
    about:
      'Leading bits of the address of whoever searches that a provider must share: who is near in the address space is few hops away.',
    example: '2 bits',
    default: 'services.discovery.near',
  }),
  wanted: key(quantity('count', { min: 1, max: 64 }), {
    about: 'How many providers a search wants.',
    example: '3',
    default: 'services.discovery.wanted',
  }),
});

const price = (per: string, example: string) =>
  key(quantity('money'), { about: `Price of a ${per}.`, example });

/** What a role sells, and where it lives. */
export const discoveryRole = {
  sells: key(
    z.strictObject({
      delivery: price('packet', '1 mMFT'),
      holding: price('MiB and day', '20 mMFT'),
      storage: price('MiB and day', '5 mMFT'),
      data: price('MiB', '50 mMFT'),
    }),
    {
      about: 'Services that it advertises, with prices for the best credit.',
      example: '{ holding: 20 mMFT }',
    },
  ),
  networks: key(quantity('count', { min: 1, max: 65_536 }), {
    about:
      'Number of endpoint networks (/24) that all nodes of the role live in; without it chance decides.',
    example: '2',
  }),
};
