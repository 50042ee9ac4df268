/** What the command line asks for. */
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/base/errors.ts';
import { EVERY_KIND, FAULTS, isFaultKind } from './kinds.ts';
import type { FaultKind } from './kinds.ts';

/** What is to be done. */
export interface Options {
  /** Undefined: every kind of fault on a schedule. */
  readonly run: string | undefined;
  /** Undefined where the run's own is to be taken; as are the next two. */
  readonly forMs: number | undefined;
  readonly times: number | undefined;
  readonly everyMs: number | undefined;
  readonly nodeCount: number;
  readonly seed: number;
  readonly only: readonly FaultKind[];
  readonly ttlMs: number;
  readonly policyCount: number;
  /** Where chart and figures are kept; undefined: in a new folder among the system's temporary files. */
  readonly output: string | undefined;
  readonly isJson: boolean;
}

/** A complaint about the command line, which names the argument. */
export interface Complaint {
  readonly complaint: string;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `90s`, `10m`, `1h30m` in ms; undefined where it is none. */
export function durationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    sum += Number(amount) * (UNITS[unit] ?? 0);
  }
  return sum;
}

/** The options; `help`; or what is wrong. `seed`: where none is given. `runs`: the names that there are. */
export function readOptions(
  args: readonly string[],
  given: { readonly seed: number; readonly runs: readonly string[] },
): Options | 'help' | Complaint {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        json: { type: 'boolean', default: false },
        ...{ for: { type: 'string' }, every: { type: 'string' }, times: { type: 'string' } },
        ...{ seed: { type: 'string' }, only: { type: 'string' }, run: { type: 'string' } },
        ...{ output: { type: 'string' }, ttl: { type: 'string', default: '5s' } },
        nodes: { type: 'string', default: '5' },
        policies: { type: 'string', default: '2000' },
      },
    });
    if (values.help) return 'help';
    return {
      ...{ run: runIn(values.run, given.runs), only: kindsIn(values.only) },
      forMs: perhaps(values.for, (text) => duration('for', text, 10_000)),
      everyMs: perhaps(values.every, (text) => duration('every', text, 5_000)),
      times: perhaps(values.times, (text) => whole('times', text, { least: 1, most: 10_000 })),
      nodeCount: whole('nodes', values.nodes, { least: 2, most: 50 }),
      seed: perhaps(values.seed, (text) => whole('seed', text, SEEDS)) ?? given.seed,
      ttlMs: duration('ttl', values.ttl, 3_000),
      policyCount: whole('policies', values.policies, { least: 4, most: 100_000 }),
      ...{ output: values.output, isJson: values.json },
    };
  } catch (error) {
    return { complaint: messageOf(error) };
  }
}

function duration(name: string, text: string, leastMs: number): number {
  const ms = durationMs(text);
  if (ms === undefined) {
    throw new Error(`--${name}: "${text}" is no duration, such as 90s, 10m or 1h30m`);
  }
  if (ms < leastMs) throw new Error(`--${name}: "${text}" is less than ${leastMs / 1000} s`);
  return ms;
}

interface Range {
  readonly least: number;
  readonly most: number;
}

const SEEDS: Range = { least: 0, most: 2 ** 32 - 1 };

function perhaps<Value>(
  text: string | undefined,
  read: (text: string) => Value,
): Value | undefined {
  return text === undefined ? undefined : read(text);
}

function runIn(name: string | undefined, runs: readonly string[]): string | undefined {
  if (name === undefined || runs.includes(name)) return name;
  throw new Error(`--run: there is no run "${name}"; there are ${runs.join(', ')}`);
}

function whole(name: string, text: string, { least, most }: Range): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`--${name}: "${text}" is no whole number from ${least} to ${most}`);
}

function kindsIn(text: string | undefined): readonly FaultKind[] {
  if (text === undefined) return EVERY_KIND;
  return text.split(',').map((name) => {
    if (isFaultKind(name)) return name;
    throw new Error(
      `--only: there is no fault "${name}"; there are ${Object.keys(FAULTS).join(', ')}`,
    );
  });
}
