/** Which events of a history somebody wants to see. */
import type { EpochMs } from '../../base/clock.ts';
import type { PolicyId } from '../ids.ts';
import type { HistoryEvent, RecordedEvent } from './event.ts';

/** What became of what an event tells of. */
export const EVENT_OUTCOMES = [
  /** An execution changed the desired capacity. */
  'scaled',
  /** Somebody changed something else. */
  'changed',
  /** What was asked for was considered, and the answer was no. */
  'refused',
  /** A policy was not consulted. */
  'skipped',
  /** Nothing was done about occurrences. */
  'missed',
  /** A person must act. */
  'failed',
] as const;
export type EventOutcome = (typeof EVENT_OUTCOMES)[number];

/** Every condition that is given has to be met. */
export interface HistoryFilter {
  readonly policyId?: string;
  readonly names?: ReadonlySet<HistoryEvent['event']>;
  readonly outcomes?: ReadonlySet<EventOutcome>;
  /** Recorded at this instant or later. */
  readonly fromAt?: EpochMs;
  /** Recorded before this instant. */
  readonly toAt?: EpochMs;
}

const NAMES: Readonly<Record<HistoryEvent['event'], true>> = {
  'policy.fired': true,
  'policy.executed': true,
  'policy.missed': true,
  'policy.moved': true,
  'policy.parked': true,
  'policy.skipped': true,
  'policy.created': true,
  'policy.changed': true,
  'policy.deleted': true,
  'window.opened': true,
  'window.closed': true,
  'override.set': true,
  'override.removed': true,
  'override.ended': true,
  'pause.ended': true,
  'webhook.created': true,
  'webhook.changed': true,
  'webhook.rotated': true,
  'webhook.deleted': true,
  'server.deleted': true,
  'server.left': true,
  'group.created': true,
  'group.changed': true,
  'group.calendars-changed': true,
  'group.marked': true,
  'group.deleted': true,
  'change.refused': true,
  'group.converged': true,
  'group.failed': true,
  'group.waiting': true,
  'group.overdue': true,
  'group.reached': true,
};

/** Whether a text is the name of an event. */
export function isEventName(text: string): text is HistoryEvent['event'] {
  return Object.hasOwn(NAMES, text);
}

/** The names of all events. */
export const EVENT_NAMES: readonly string[] = Object.keys(NAMES);

/** Whether the filter lets everything pass. */
export function isOpen(filter: HistoryFilter): boolean {
  return Object.values(filter).every((condition) => condition === undefined);
}

/** Whether the event meets every condition of the filter. */
export function passes(filter: HistoryFilter, { at, event }: RecordedEvent): boolean {
  const { policyId, names, outcomes } = filter;
  const outcome = outcomeOf(event);
  return (
    isWithin(filter, at) &&
    (names === undefined || names.has(event.event)) &&
    (policyId === undefined || policyOf(event) === policyId) &&
    (outcomes === undefined || (outcome !== undefined && outcomes.has(outcome)))
  );
}

function isWithin({ fromAt, toAt }: HistoryFilter, at: EpochMs): boolean {
  return (fromAt === undefined || at >= fromAt) && (toAt === undefined || at < toAt);
}

function policyOf(event: HistoryEvent): PolicyId | undefined {
  return 'policyId' in event ? event.policyId : undefined;
}

/** What came of events that do not say so themselves, and that nobody caused. */
const OUTCOMES: Readonly<Partial<Record<HistoryEvent['event'], EventOutcome>>> = {
  'policy.missed': 'missed',
  'policy.parked': 'failed',
  'group.failed': 'failed',
};

/** What became of it; undefined for what is neither a success nor a failure of anybody's. */
function outcomeOf(event: HistoryEvent): EventOutcome | undefined {
  if ('outcome' in event) return event.outcome;
  return OUTCOMES[event.event] ?? ('by' in event ? 'changed' : undefined);
}
