/** What a group keeps to for a while, as people write and read it. */
import { plusMs } from '../base/clock.ts';
import type { EpochMs } from '../base/clock.ts';
import { parseAt } from '../domain/schedule/at.ts';
import { isoOf } from '../domain/schedule/iso.ts';
import { afterMs } from './apply/file-shape.ts';
import { CommandError, EXIT } from './exit.ts';

/** How the end of something is written. */
export const UNTIL_EXAMPLES = '2030-01-31T09:30:00Z, or +90s, +30m, +2h from now';

/**
 * The instant that `--until` says, as a node reads it; `now` is asked for where it counts from now. Throws a
 * `CommandError` for what is none.
 */
export function untilIn(text: string, now: () => EpochMs): string {
  const ms = afterMs(text);
  if (ms !== undefined) return isoOf(plusMs(now(), ms));
  if (parseAt(text) !== undefined) return text;
  throw new CommandError(
    EXIT.usage,
    `--until: is not an instant, received ${JSON.stringify(text)}; write ${UNTIL_EXAMPLES}`,
  );
}

/** `paused`, and until when, where that is known. */
export function pausedText(until: string | undefined): string {
  return until === undefined ? 'paused' : `paused until ${until}`;
}

/** Such as `min 2, max 5`. */
export function capacityText(planned: {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly desired?: number | undefined;
}): string {
  return (['min', 'max', 'desired'] as const)
    .flatMap((field) => {
      const value = planned[field];
      return value === undefined ? [] : [`${field} ${String(value)}`];
    })
    .join(', ');
}
