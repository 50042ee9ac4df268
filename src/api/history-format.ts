/** From the history of a group to the bodies of this API. Instants are ISO 8601 in UTC, to the millisecond. */
import type { EpochMs } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import type { Schedule } from '../domain/group/policy.ts';
import type { HistoryEvent, RecordedEvent } from '../domain/history/event.ts';
import { isoOf } from '../domain/schedule/iso.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';

/** Who causes what policies do by themselves. It is the same for all, so it is not stored with each. */
const BY_SCHEDULE = 'schedule';
const BY_ITSELF: ReadonlySet<HistoryEvent['event']> = new Set([
  ...(['policy.fired', 'policy.missed', 'policy.moved', 'policy.parked'] as const),
  ...(['window.opened', 'window.closed', 'override.ended', 'pause.ended'] as const),
]);

/** Members that are instants. */
const INSTANTS: Readonly<Partial<Record<HistoryEvent['event'], readonly string[]>>> = {
  'policy.fired': ['plannedAt', 'dueAt'],
  'policy.moved': ['from', 'to'],
  'policy.skipped': ['plannedAt'],
  'window.opened': ['opensAt', 'closesAt'],
  'window.closed': ['opensAt', 'closesAt'],
  'override.ended': ['until'],
  'pause.ended': ['until'],
  'group.overdue': ['since'],
};

/** One event: its number, when it was committed, and its facts. A run of missed occurrences is counted here. */
export function eventBody(
  { sequence, at, event }: RecordedEvent,
  occurrencesOf: (schedule: Schedule) => Occurrences,
): object {
  return { sequence, at: isoOf(at), ...factsOf(event, occurrencesOf) };
}

function factsOf(event: HistoryEvent, occurrencesOf: (schedule: Schedule) => Occurrences): object {
  const by = BY_ITSELF.has(event.event) ? { by: BY_SCHEDULE } : {};
  if (event.event !== 'policy.missed') return { ...event, ...by, ...instantsOf(event) };
  const { policyId, reason, first, last } = event;
  return {
    event: event.event,
    ...by,
    policyId,
    reason,
    first: isoOf(first),
    last: isoOf(last),
    count: countOf(event, occurrencesOf),
  };
}

/** The instants that an event tells besides its own; what is absent stays so. */
function instantsOf(event: HistoryEvent): object {
  const members: readonly string[] = INSTANTS[event.event] ?? [];
  const told = Object.entries(event).filter(
    (member): member is [string, EpochMs] =>
      members.includes(member[0]) && typeof member[1] === 'number',
  );
  return Object.fromEntries(told.map(([name, instant]) => [name, isoOf(instant)]));
}

/** How many occurrences a run covers; undefined, and so left out, where its schedule cannot be read any more. */
function countOf(
  run: Extract<HistoryEvent, { event: 'policy.missed' }>,
  occurrencesOf: (schedule: Schedule) => Occurrences,
): number | undefined {
  if (run.count !== undefined) return run.count;
  try {
    return occurrencesOf(run.schedule).count(run.first, run.last);
  } catch (error) {
    // The rest of a history must stay readable.
    if (hasCode(error, 'record-malformed')) return undefined;
    throw error;
  }
}
