/**
 * Scenarios in TypeScript, for those who need loops: `export default scenario({ ... })` in `x.scenario.ts`.
 *
 * The object has the shape of the file; values are the same texts, or made by the helpers below. It is printed as YAML
 * and read like any other file, so there is one language and one checker.
 */
import type { ScenarioSource } from './schema.ts';

/** Types a scenario; returns it unchanged. */
export function scenario(source: ScenarioSource): ScenarioSource {
  return source;
}

function unit(name: string): (value: number) => string {
  return (value) => `${value} ${name}`;
}

/** Times. */
export const us = unit('us');
export const ms = unit('ms');
export const seconds = unit('s');
export const minutes = unit('min');
export const hours = unit('h');
export const days = unit('d');
/** Sizes. */
export const bytes = unit('B');
export const KiB = unit('KiB');
export const MiB = unit('MiB');
export const GiB = unit('GiB');
/** Rates of links. */
export const kbit = unit('kbit/s');
export const Mbit = unit('Mbit/s');
/** Information. */
export const bits = unit('bits');
/** A share: `percent(30)` is 30%. */
export const percent = (value: number): string => `${value}%`;
/** A whole number. */
export const count = (value: number): string => String(value);

/** Laws of durations; arguments are times as texts. */
export const exponential = (mean: string): string => `exponential(${mean})`;
export const uniform = (low: string, high: string): string => `uniform(${low} to ${high})`;
export const lognormal = (median: string, p99: string): string =>
  `lognormal(median ${median} p99 ${p99})`;
export const normal = (mean: string, sd: string): string => `normal(${mean} sd ${sd})`;
export const weibull = (scale: string, shape: number): string =>
  `weibull(scale ${scale} shape ${shape})`;

/** A parameter's value, as `$name`. */
export const parameter = (name: string): string => `$${name}`;
