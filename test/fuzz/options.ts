/** What the command line asks for. */
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/base/errors.ts';

export interface Options {
  readonly requestCount: number;
  /** Undefined where any will do. */
  readonly seed: number | undefined;
}

/** A complaint about the command line, which names the argument. */
export interface Complaint {
  readonly complaint: string;
}

const REQUESTS_DEFAULT = 2_000;
const REQUESTS_MAX = 10_000_000;
export const SEED_MAX = 1_000_000_000;

/** The options; `help`; or what is wrong. */
export function readOptions(args: readonly string[]): Options | 'help' | Complaint {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        requests: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const { requests = String(REQUESTS_DEFAULT), seed } = values;
    return {
      requestCount: whole('--requests', requests, REQUESTS_MAX),
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
