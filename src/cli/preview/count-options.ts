/** The options that say which occurrences are shown. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';

import type { EpochMs } from '../../base/clock.ts';
import { INSTANT_EXAMPLES, instantIn } from '../instant-option.ts';
import { PREVIEW_COUNT_DEFAULT, PREVIEW_COUNT_MAX } from '../../domain/schedule/preview.ts';

/** From when on, and how many. */
export interface CountOptions {
  readonly from?: string;
  readonly count?: number;
}

const RANGE = `1 to ${String(PREVIEW_COUNT_MAX)}`;

/** Adds the options of `CountOptions`. */
export function addCountOptions(command: Command): Command {
  return command
    .option(
      '--from <instant>',
      `show what comes after this time instead of now: ${INSTANT_EXAMPLES}`,
    )
    .option(
      '--count <number>',
      `how many occurrences, ${RANGE} (else ${String(PREVIEW_COUNT_DEFAULT)})`,
      countOption,
    );
}

/** What `--from` says, by this clock where it counts from now. Throws a `CommandError` for what is no instant. */
export function fromIn({ from }: CountOptions, now: () => EpochMs): EpochMs | undefined {
  return from === undefined ? undefined : instantIn({ option: '--from', text: from }, now).at;
}

function countOption(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= PREVIEW_COUNT_MAX) return count;
  throw new InvalidArgumentError(`write a whole number from ${RANGE}`);
}
