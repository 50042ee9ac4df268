/** What comes next of a schedule. */
import type { EpochMs } from '../../base/clock.ts';
import type { Occurrences } from './occurrences.ts';

/** How many occurrences are shown at most. */
export const PREVIEW_COUNT_MAX = 1000;
/** How many are shown where nobody says. */
export const PREVIEW_COUNT_DEFAULT = 10;

/** The first occurrences after an instant, at most `count`; each is looked for when it is asked for. */
export function* occurrencesAfter(
  occurrences: Pick<Occurrences, 'next'>,
  from: EpochMs,
  count: number,
): Generator<EpochMs, void, undefined> {
  let next = occurrences.next(from);
  for (let given = 1; next !== undefined; given += 1) {
    yield next;
    if (given === count) return;
    next = occurrences.next(next);
  }
}
