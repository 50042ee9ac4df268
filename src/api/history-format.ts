/** From the history of a group to the bodies of this API. Instants are ISO 8601 in UTC, to the millisecond. */
import { hasCode } from '../base/errors.ts';
import type { Schedule } from '../domain/group/policy.ts';
import type { HistoryEvent, RecordedEvent } from '../domain/history/event.ts';
import { isoOf } from '../domain/schedule/iso.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';

/** Who causes what policies do by themselves. It is the same for all, so it is not stored with each. */
const BY_SCHEDULE = 'schedule';

/** One event: its number, when it was committed, and its facts. A run of missed occurrences is counted here. */
export function eventBody(
  { sequence, at, event }: RecordedEvent,
  occurrencesOf: (schedule: Schedule) => Occurrences,
): object {
  return { sequence, at: isoOf(at), ...factsOf(event, occurrencesOf) };
}

function factsOf(event: HistoryEvent, occurrencesOf: (schedule: Schedule) => Occurrences): object {
  if (event.event === 'policy.fired') {
    const { plannedAt, dueAt } = event;
    return { ...event, by: BY_SCHEDULE, plannedAt: isoOf(plannedAt), dueAt: isoOf(dueAt) };
  }
  if (event.event === 'policy.missed') {
    const { policyId, reason, first, last } = event;
    return {
      event: event.event,
      by: BY_SCHEDULE,
      policyId,
      reason,
      first: isoOf(first),
      last: isoOf(last),
      count: countOf(event, occurrencesOf),
    };
  }
  return event.event === 'policy.parked' ? { ...event, by: BY_SCHEDULE } : event;
}

/** How many occurrences a run covers; undefined, and so left out, where its schedule cannot be read any more. */
function countOf(
  run: Extract<HistoryEvent, { event: 'policy.missed' }>,
  occurrencesOf: (schedule: Schedule) => Occurrences,
): number | undefined {
  try {
    return occurrencesOf(run.schedule).count(run.first, run.last);
  } catch (error) {
    // The rest of a history must stay readable.
    if (hasCode(error, 'record-malformed')) return undefined;
    throw error;
  }
}
