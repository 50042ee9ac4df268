/** The event of occurrences that nothing was done about. */
import type { EpochMs } from '../../base/clock.ts';
import { hasCode } from '../../base/errors.ts';
import { bareSchedule, calendarNamesOf } from '../calendar/copies.ts';
import type { Schedule } from '../group/policy.ts';
import type { PolicyId } from '../ids.ts';
import type { Occurrences } from '../schedule/occurrences.ts';
import type { HistoryEvent, MissReason } from './event.ts';

/** Consecutive occurrences of one policy, and why they were missed. */
interface MissedOccurrences {
  readonly policyId: PolicyId;
  readonly first: EpochMs;
  readonly last: EpochMs;
  readonly reason: MissReason;
  readonly schedule: Schedule;
}

/**
 * Their event. They are counted when it is read, but for a schedule with calendars: what these cover is not kept with
 * the event, and may have changed by then. `occurrences` of that schedule is asked for only there.
 */
export function missedEvent(
  { schedule, ...run }: MissedOccurrences,
  occurrences: () => Occurrences,
): HistoryEvent {
  const bare = bareSchedule(schedule);
  if (calendarNamesOf(schedule).length === 0) {
    return { event: 'policy.missed', ...run, schedule: bare };
  }
  const count = countIn(run, occurrences);
  return {
    event: 'policy.missed',
    ...run,
    schedule: bare,
    ...(count === undefined ? {} : { count }),
  };
}

/**
 * What was armed counts in any case, even if a calendar leaves it out by now, or the schedule cannot be read. Undefined
 * where counting would take too long: a claim waits for it.
 */
function countIn(
  { first, last }: Pick<MissedOccurrences, 'first' | 'last'>,
  occurrences: () => Occurrences,
): number | undefined {
  try {
    const count = occurrences().count(first, last);
    return count === undefined ? undefined : Math.max(1, count);
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return 1;
    throw error;
  }
}
