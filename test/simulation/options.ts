/** What the command line asks for. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

export interface Options {
  readonly seeds: readonly number[];
  /** Whether one seed is to be told about, and not many to be counted. */
  readonly isSingle: boolean;
  readonly workers: number;
  readonly stops: boolean;
  readonly shrinks: boolean;
  readonly isJson: boolean;
}

const SEEDS_DEFAULT = '1..200';
const SEEDS_MAX = 10_000_000;
const WORKERS_MAX = 256;

/** The options, or `help`. Throws an error that names the argument and says what would be right. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const values = parsed(args);
  if (values.help) return 'help';
  const { seed, seeds, workers } = values;
  if (seed !== undefined && seeds !== undefined) {
    throw new Error('--seed and --seeds: give one of them');
  }
  return {
    seeds: seed === undefined ? rangeOf(seeds ?? SEEDS_DEFAULT) : [whole('--seed', seed)],
    isSingle: seed !== undefined,
    workers:
      workers === undefined ? availableParallelism() : whole('--workers', workers, WORKERS_MAX),
    stops: values.stop,
    shrinks: !values['keep-faults'],
    isJson: values.json,
  };
}

function parsed(args: readonly string[]): {
  readonly seeds?: string | undefined;
  readonly seed?: string | undefined;
  readonly workers?: string | undefined;
  readonly stop: boolean;
  readonly 'keep-faults': boolean;
  readonly json: boolean;
  readonly help: boolean;
} {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string' },
        seed: { type: 'string' },
        workers: { type: 'string' },
        stop: { type: 'boolean', default: false },
        'keep-faults': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    const [first = ''] = String(error instanceof Error ? error.message : error).split('\n');
    throw new Error(`${first} (--help names the options)`, { cause: error });
  }
}

function rangeOf(text: string): readonly number[] {
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (!(first >= 1 && last >= first && last <= SEEDS_MAX)) {
    const most = String(SEEDS_MAX);
    throw new Error(`--seeds ${text}: write two numbers from 1 to ${most}, such as 1..200`);
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function whole(name: string, text: string, most: number = SEEDS_MAX): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new Error(`${name} ${text}: write a whole number from 1 to ${String(most)}`);
}
