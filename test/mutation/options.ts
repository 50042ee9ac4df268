/** What the command line asks for. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/base/errors.ts';

export interface Options {
  /** Names of defects; all where it is undefined. */
  readonly only: readonly string[] | undefined;
  readonly seedCount: number;
  readonly workers: number;
  /** Whether to write the table into the documents. */
  readonly writes: boolean;
  readonly isJson: boolean;
}

/** A complaint about the command line, which names the argument. */
export interface Complaint {
  readonly complaint: string;
}

const SEEDS_DEFAULT = 2_000;
const SEEDS_MAX = 1_000_000;
const WORKERS_MAX = 256;

/** The options; `help`; or what is wrong. `names`: the defects that there are. */
export function readOptions(
  args: readonly string[],
  names: readonly string[],
): Options | 'help' | Complaint {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        seeds: { type: 'string' },
        workers: { type: 'string' },
        write: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    if (values.write && values.only !== undefined) {
      throw new Error('--write: the table is of all defects; leave --only out');
    }
    return {
      only: values.only === undefined ? undefined : namesIn(values.only, names),
      seedCount: whole('--seeds', values.seeds ?? String(SEEDS_DEFAULT), SEEDS_MAX),
      workers: whole('--workers', values.workers ?? String(availableParallelism()), WORKERS_MAX),
      writes: values.write,
      isJson: values.json,
    };
  } catch (error) {
    return { complaint: messageOf(error) };
  }
}

function namesIn(text: string, names: readonly string[]): readonly string[] {
  return text.split(',').map((name) => {
    if (names.includes(name)) return name;
    throw new Error(`--only: there is no defect "${name}"; --help names them all`);
  });
}

function whole(name: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new Error(`${name} ${text}: write a whole number from 1 to ${String(most)}`);
}
