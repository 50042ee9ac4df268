/** The options that say which occurrences are shown. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';

import type { EpochMs } from '../../base/clock.ts';
import { parseAt } from '../../domain/schedule/at.ts';
import { PREVIEW_COUNT_DEFAULT, PREVIEW_COUNT_MAX } from '../../domain/schedule/preview.ts';

/** From when on, and how many. */
export interface CountOptions {
  readonly from?: EpochMs;
  readonly count?: number;
}

const RANGE = `1 to ${String(PREVIEW_COUNT_MAX)}`;

/** Adds the options of `CountOptions`. */
export function addCountOptions(command: Command): Command {
  return command
    .option('--from <instant>', 'show what comes after this time instead of now', instantOption)
    .option(
      '--count <number>',
      `how many occurrences, ${RANGE} (else ${String(PREVIEW_COUNT_DEFAULT)})`,
      countOption,
    );
}

function instantOption(text: string): EpochMs {
  const instant = parseAt(text);
  if (instant !== undefined) return instant;
  throw new InvalidArgumentError('write an instant in UTC such as 2030-01-31T09:30:00Z');
}

function countOption(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= PREVIEW_COUNT_MAX) return count;
  throw new InvalidArgumentError(`write a whole number from ${RANGE}`);
}
