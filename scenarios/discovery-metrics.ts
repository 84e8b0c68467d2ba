/** Metrics of service discovery and peering: part of the glossary. */
import { metric, type MetricDefinition } from './metric-definition.ts';

export const DISCOVERY_METRICS: readonly MetricDefinition[] = [
  metric(
    'discovery.found',
    'ratio',
    'search',
    'higher',
    'Share of searches that found somebody who is up and really sells what was looked for, at the price that it asks now',
  ),
  metric(
    'discovery.messages',
    'count',
    'search',
    'lower',
    'Requests sent for one search: those of its look-ups and those to registrars',
  ),
  metric(
    'discovery.search_time',
    'us',
    'search',
    'lower',
    'Time from the start of a search to its end',
  ),
  metric(
    'discovery.spam_results',
    'ratio',
    'search',
    'lower',
    'Share of what a search found that spammers had advertised',
  ),
  metric(
    'discovery.staleness',
    'ratio',
    'search',
    'lower',
    'Share of the genuine providers that a search found which were away, or had other terms by then',
  ),
  metric(
    'discovery.spam_share',
    'ratio',
    'node',
    'lower',
    "Share of the advertisements in all honest nodes' tables that are spammers'",
  ),
  metric(
    'discovery.spam_networks',
    'ratio',
    'run',
    'neither',
    "Share of the endpoint networks of all advertisements that are spammers': a fair part of the tables",
  ),
  metric(
    'discovery.table',
    'count',
    'node',
    'neither',
    "Advertisements in an honest node's table at the end",
  ),
  metric(
    'discovery.waiting',
    'us',
    'node',
    'lower',
    'Time from asking a registrar for a place until an advertisement stands there',
  ),
  metric(
    'discovery.time_to_be_found',
    'us',
    'node',
    'lower',
    "Time from a genuine provider's first request for a place until a search finds it; of those found",
  ),
  metric(
    'peering.agreed',
    'ratio',
    'node',
    'higher',
    'Share of the contacts of a node with which it has agreed on terms that hold',
  ),
];
