/** What the command line asks for. */
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/base/errors.ts';

export interface Options {
  readonly caseCount: number;
  /** One in so many changes of the clocks is compared. */
  readonly oneIn: number;
  /** Undefined where any will do. */
  readonly seed: number | undefined;
}

const CASES_DEFAULT = 100_000;
const CASES_MAX = 100_000_000;
const ONE_IN_MAX = 1_000_000;
export const SEED_MAX = 1_000_000_000;

/** The options; `help`; or a complaint that names the argument. */
export function readOptions(
  args: readonly string[],
): Options | 'help' | { readonly complaint: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        cases: { type: 'string' },
        share: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const { cases = String(CASES_DEFAULT), share = '1', seed } = values;
    return {
      caseCount: whole('--cases', cases, CASES_MAX),
      oneIn: whole('--share', share, ONE_IN_MAX),
      seed: seed === undefined ? undefined : whole('--seed', seed, SEED_MAX),
    };
  } catch (error) {
    return { complaint: messageOf(error) };
  }
}

function whole(name: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new Error(`${name} ${text}: write a whole number from 1 to ${String(most)}`);
}
