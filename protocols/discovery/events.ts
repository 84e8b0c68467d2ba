/** What discovery reports through `Host.emit`. */
import type { EventDefinition } from '../overlay/events.ts';

export const AD_PLACED = 0xa00;
export const AD_ADMITTED = 0xa01;
export const SEARCH_FOUND = 0xa02;
export const SEARCH_FINISHED = 0xa03;
export const PEERING_AGREED = 0xa04;
export const PEERING_DECLINED = 0xa05;
export const PEERING_LEFT = 0xa06;

export const DISCOVERY_EVENTS: readonly EventDefinition[] = [
  {
    code: AD_PLACED,
    name: 'discovery.ad_placed',
    fields: ['registrar', 'service', 'shelf', 'waited ms'],
  },
  {
    code: AD_ADMITTED,
    name: 'discovery.ad_admitted',
    fields: ['advertiser', 'service', 'shelf', 'advertisements in the table'],
  },
  {
    code: SEARCH_FOUND,
    name: 'discovery.search_found',
    fields: ['search', 'provider', 'number of its manifest', 'price, units'],
  },
  {
    code: SEARCH_FINISHED,
    name: 'discovery.search_finished',
    fields: ['search', 'requests sent', 'latency us', 'providers found'],
  },
  {
    code: PEERING_AGREED,
    name: 'discovery.peering_agreed',
    fields: ['peer', 'number of its manifest', 'number of ours', 'holds from, seconds'],
  },
  {
    code: PEERING_DECLINED,
    name: 'discovery.peering_declined',
    fields: ['peer', 'reason', '1 if by us', ''],
  },
  {
    code: PEERING_LEFT,
    name: 'discovery.peering_left',
    fields: ['peer', 'reason', '1 if by us', ''],
  },
];
