/** What ends by itself in a group: its override and its pause. */
import type { StateRecord } from './records.ts';

/** Among what is due in a group, the entry that stands for what ends by itself. */
export const TIMER_ID = '00000000-0000-0000-0000-000000000000';

/** When the first of them ends; undefined where nothing does. */
export function timerOf(state: StateRecord | undefined): number | undefined {
  if (state === undefined) return undefined;
  const ends = [state.override?.until, state.pausedUntil];
  const known = ends.filter((end) => end !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
