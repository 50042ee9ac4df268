/**
 * Keeps a group's copies of calendars in line with what its policies name.
 *
 * Whatever changes a group's policies, and whatever changes a calendar, commits the copies with it, and arms anew
 * every policy that a changed copy is named by: in one unit, so that nobody ever claims by a schedule and a
 * calendar that do not belong together.
 */
import { plusMs } from '../base/clock.ts';
import type { EpochMs } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import type { CalendarCopies, CalendarCopy } from '../domain/calendar/calendar.ts';
import { calendarNamesOf, COPIES_FIELD } from '../domain/calendar/copies.ts';
import {
  copiesIn,
  decodeDefinition,
  decodePolicy,
  decodeState,
  definitionField,
  encodeField,
  policyIdsOf,
  progressField,
} from '../domain/group/fields.ts';
import type { PolicyProgress, Schedule } from '../domain/group/policy.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import type { PolicyId } from '../domain/ids.ts';
import type { PlanTurn } from '../domain/plan/turns.ts';
import { dueInstants } from '../domain/schedule/jitter.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { DueMove, StoredFields, StoredGroup } from '../ports/store.ts';
import { armPolicy } from './arm-policy.ts';
import type { Armed, ArmInput } from './arm-policy.ts';
import type { GroupChange } from './group-unit.ts';
import { overdueOpenings, overdueRun } from './overdue-run.ts';
import { replan } from './replan.ts';

/** Calendars that the policies of one group can name in all: their copies are read with every claim. */
export const CALENDARS_PER_GROUP_MAX = 20;

/** The group's policies would name more calendars than they may. */
export interface OverCalendarLimit {
  readonly kind: 'over-calendar-limit';
  readonly count: number;
  readonly max: number;
}

/** A change to a group, and what its copies are brought in line with. */
export interface CalendarsInput {
  readonly stored: StoredGroup;
  readonly now: EpochMs;
  readonly change: GroupChange;
  /** The newest copies that are known. Of other calendars the group keeps those that it has. */
  readonly fresh: (name: string) => CalendarCopy | undefined;
  readonly by: string;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
}

/**
 * The change with that of the copies, and with every policy armed anew that names a changed one, unless the change
 * writes that policy itself.
 */
export function withCalendars(
  input: CalendarsInput,
): { readonly kind: 'fits'; readonly change: GroupChange } | OverCalendarLimit {
  const { stored, change } = input;
  const named = namesIn(fieldsAfter(stored.fields, change));
  if (named.size > CALENDARS_PER_GROUP_MAX) {
    return overLimit(named.size);
  }
  const held = heldBy(stored.fields);
  const wanted = [...named].sort().flatMap((name) => {
    const copy = input.fresh(name) ?? held.get(name);
    return copy === undefined ? [] : [[name, copy] as const];
  });
  const changed = wanted.flatMap(([name, { version }]) =>
    held.get(name)?.version === version ? [] : [name],
  );
  // None has come, and as many are left.
  if (changed.length === 0 && wanted.length === held.size) return { kind: 'fits', change };
  const withField: GroupChange =
    wanted.length > 0
      ? {
          ...change,
          set: { ...change.set, [COPIES_FIELD]: encodeField(Object.fromEntries(wanted)) },
        }
      : {
          ...change,
          remove:
            typeof change.remove === 'string' ? change.remove : [...change.remove, COPIES_FIELD],
        };
  return { kind: 'fits', change: rearming({ ...input, change: withField }, new Set(changed)) };
}

/** A change that takes policies away, and with them the copies that no other policy names. */
export function withoutUnnamed(input: Omit<CalendarsInput, 'fresh'>): GroupChange {
  const result = withCalendars({ ...input, fresh: () => undefined });
  // A group that had fewer policies to name calendars cannot have more of these.
  return result.kind === 'fits' ? result.change : input.change;
}

/** The copies that a new group is given with its policies. */
export function newCopies(
  copies: CalendarCopies,
): { readonly kind: 'fits'; readonly set: StoredFields } | OverCalendarLimit {
  const count = Object.keys(copies).length;
  if (count > CALENDARS_PER_GROUP_MAX) return overLimit(count);
  return { kind: 'fits', set: count === 0 ? {} : { [COPIES_FIELD]: encodeField(copies) } };
}

function overLimit(count: number): OverCalendarLimit {
  return { kind: 'over-calendar-limit', count, max: CALENDARS_PER_GROUP_MAX };
}

/** The names of the calendars that a group has copies of, or should have. */
export function calendarsOf(fields: StoredFields): ReadonlySet<string> {
  return new Set([...namesIn(fields), ...heldBy(fields).keys()]);
}

/** The change that also arms anew the policies that it does not write, and that name one of these calendars. */
function rearming(input: CalendarsInput, changed: ReadonlySet<string>): GroupChange {
  const { stored, change, now, by } = input;
  const fields = fieldsAfter(stored.fields, change);
  const rearms = policyIdsOf(fields)
    .filter((id) => change.set[definitionField(id)] === undefined)
    .flatMap((id) => {
      const names = namesInDefinition(fields[definitionField(id)]).filter((name) =>
        changed.has(name),
      );
      return names.length === 0 ? [] : rearm(input, { id, fields, names });
    });
  if (rearms.length === 0) return change;
  const group = { now, stored: { ...stored, fields }, state: decodeState(fields['state']) };
  const replanned = replan(
    group,
    rearms.flatMap(({ turns }) => turns),
  );
  const sets = [change.set, ...rearms.map(({ set }) => set), replanned.set];
  const names = [...new Set(rearms.flatMap((each) => each.names))].sort();
  return {
    ...change,
    set: Object.assign({}, ...sets) as StoredFields, // each is StoredFields
    due: [...change.due, ...rearms.map(({ due }) => due)],
    divergence: replanned.divergence === 'mark' ? 'mark' : change.divergence,
    events: [
      ...rearms.flatMap(({ events }) => events),
      ...change.events,
      { event: 'group.calendars-changed', names, by },
      ...replanned.events,
    ],
  };
}

interface Rearm {
  readonly names: readonly string[];
  readonly set: StoredFields;
  readonly due: DueMove;
  readonly turns: readonly PlanTurn[];
  readonly events: readonly HistoryEvent[];
}

/**
 * One whose schedule has no occurrence left is disarmed until another change of the calendar gives it one. What has
 * come due stays armed where the calendar lets it stand: nobody touched the policy, so nothing of it is lost.
 */
function rearm(
  { stored, now, occurrencesOf }: CalendarsInput,
  policy: {
    readonly id: PolicyId;
    readonly fields: StoredFields;
    readonly names: readonly string[];
  },
): readonly Rearm[] {
  const { id: policyId, fields, names } = policy;
  return noneIfMalformed(() => {
    const { definition, progress } = decodePolicy(fields, policyId);
    const before = { progress, dueAt: stored.due.get(policyId) };
    const arm = { policyId, definition, before, now, occurrencesOf };
    const isWindow = definition.adjustment.kind === 'window';
    const armed = (isWindow ? undefined : lateArmed(arm)) ?? armPolicy(arm);
    const rearmed = {
      names,
      set: { [progressField(policyId)]: encodeField(armed?.progress ?? disarmed(progress)) },
      due: { policyId, dueAt: armed?.dueAt },
    };
    const events = supersededBy(armed, { stored, arm });
    return isWindow
      ? [{ ...rearmed, turns: [{ kind: 'window', policyId, open: armed?.open }], events }]
      : [{ ...rearmed, turns: [], events }];
  });
}

/** What had come due and does not stay armed; of what does, the claim tells. */
function supersededBy(
  armed: Armed | undefined,
  { stored, arm }: { readonly stored: StoredGroup; readonly arm: ArmInput },
): readonly HistoryEvent[] {
  const { policyId, definition, before, now, occurrencesOf } = arm;
  const { progress, dueAt } = before;
  const [old] = noneIfMalformed(() => [decodePolicy(stored.fields, policyId)]);
  const overdue = { policyId, schedule: old?.definition.schedule, now };
  if (definition.adjustment.kind === 'window') {
    return overdueOpenings({ occurrencesOf }, { ...overdue, progress, open: armed?.open });
  }
  const armedAt = armed?.progress.plannedAt;
  const first = dueAt === undefined ? undefined : progress.plannedAt;
  const until = armedAt !== undefined && armedAt <= now ? plusMs(armedAt, -1) : now;
  return overdueRun({ occurrencesOf }, { ...overdue, first, armedAt, now: until });
}

/** Armed for the first that has come due, was not claimed, and still stands; undefined where there is none. */
function lateArmed({
  policyId,
  definition: { schedule },
  before: { progress, dueAt },
  now,
  occurrencesOf,
}: ArmInput): Armed | undefined {
  const { plannedAt: first } = progress;
  if (schedule === undefined || first === undefined || dueAt === undefined || now < dueAt) {
    return undefined;
  }
  const occurrences = occurrencesOf(schedule);
  const plannedAt = occurrences.next(plusMs(first, -1));
  if (plannedAt === undefined || plannedAt > now) return undefined;
  if (plannedAt === first) return { progress, dueAt };
  const dueOf = dueInstants(policyId, schedule, occurrences);
  return { progress: { ...progress, plannedAt }, dueAt: dueOf(plannedAt) };
}

function disarmed({ claimedAt, touchedAt, skipped }: PolicyProgress): PolicyProgress {
  return {
    ...(claimedAt === undefined ? {} : { claimedAt }),
    ...(touchedAt === undefined ? {} : { touchedAt }),
    ...(skipped === undefined ? {} : { skipped }),
  };
}

/** A policy that cannot be read, or whose schedule cannot, stays as it is: its claim has parked it, or will. */
function noneIfMalformed<Value>(read: () => readonly Value[]): readonly Value[] {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return [];
    throw error;
  }
}

/** A group's fields as a change leaves them. */
function fieldsAfter(fields: StoredFields, { set, remove }: GroupChange): StoredFields {
  if (typeof remove === 'string') return set;
  const gone = new Set(remove);
  const kept = Object.entries(fields).filter(([name]) => !gone.has(name));
  return { ...Object.fromEntries(kept), ...set };
}

/** What the policies name, all together. */
function namesIn(fields: StoredFields): ReadonlySet<string> {
  return new Set(
    policyIdsOf(fields).flatMap((id) => namesInDefinition(fields[definitionField(id)])),
  );
}

function namesInDefinition(text: string | undefined): readonly string[] {
  return noneIfMalformed(() => {
    const { schedule } = decodeDefinition(text, () => ({}));
    return calendarNamesOf(schedule);
  });
}

/** None where the field cannot be read: all are written anew then. */
function heldBy(fields: StoredFields): ReadonlyMap<string, CalendarCopy> {
  return new Map(noneIfMalformed(() => Object.entries(copiesIn(fields)())));
}
