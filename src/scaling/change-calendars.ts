/** What people do to a tenant's calendars. */
import { backoffMs } from '../base/backoff.ts';
import type { BackoffSettings } from '../base/backoff.ts';
import { LutraError } from '../base/errors.ts';
import type { CalendarEntry } from '../domain/calendar/calendar.ts';
import {
  CALENDARS_MAX,
  CALENDAR_MAX_LENGTH,
  encodeCalendar,
} from '../domain/calendar/named-calendar.ts';
import type { NamedCalendar } from '../domain/calendar/named-calendar.ts';
import type { ResolveProblem } from '../domain/calendar/resolve.ts';
import type { GroupId } from '../domain/ids.ts';
import type { CalendarList } from '../ports/calendar-registry.ts';
import type { Unexpected } from './expectation.ts';
import { fanOut } from './fan-out.ts';
import type { CalendarChanger, FanOut } from './fan-out.ts';
import { groupNameIn } from './silenced-policies.ts';
import { calendarsOf } from './group-calendars.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { LISTED_MAX, TenantCalendars } from './tenant-calendars.ts';

/** One calendar, and whoever changes it. */
export interface CalendarTarget extends CalendarChanger {
  readonly name: string;
}

/** What a request takes for granted of its calendar, which may not be there, or not be readable. */
export type CalendarExpectation = (calendar: NamedCalendar | 'unreadable' | undefined) => boolean;

/** There is no calendar of this name. */
interface NoSuchCalendar {
  readonly kind: 'no-such-calendar';
}

/** A group, and what people call it; without a name where that cannot be read. */
export interface NamedGroup {
  readonly id: GroupId;
  readonly name: string | undefined;
}

export type PutCalendarResult =
  /** It is stored; `isNew` where there was none of this name. */
  | ({ readonly kind: 'put'; readonly calendar: NamedCalendar; readonly isNew: boolean } & FanOut)
  /** The calendar of this name, which is the one itself or one that includes it, could not be written out. */
  | { readonly kind: 'unresolvable'; readonly name: string; readonly problem: ResolveProblem }
  | { readonly kind: 'too-long'; readonly length: number; readonly max: number }
  | { readonly kind: 'over-calendar-limit'; readonly max: number }
  | Unexpected;

export type DeleteCalendarResult =
  | { readonly kind: 'deleted' }
  /** Calendars that include it and groups whose policies name it, at most LISTED_MAX of each. */
  | {
      readonly kind: 'in-use';
      readonly calendars: readonly string[];
      readonly groups: readonly NamedGroup[];
    }
  | NoSuchCalendar
  | Unexpected;

/** Decisions that a request may see go stale. */
const TRIES_MAX = 10;
const MOVED_BACKOFF: BackoffSettings = { firstMs: 5, maxMs: 320 };
const PAGE_GROUPS = 100;
const NOTHING_BROUGHT: FanOut = {
  ...{ changedCount: 0, pendingCount: 0, silencedCount: 0, silenced: [] },
};

/**
 * Writes a calendar, and brings it to the groups that use it. Refused whole where it, or one that includes it, could
 * not be written out any more. What is there already is brought all the same: a repeat finishes what was begun.
 */
export async function putCalendar(
  deps: ScalingDeps,
  target: CalendarTarget,
  request: {
    readonly entries: readonly CalendarEntry[];
    readonly expectation?: CalendarExpectation | undefined;
  },
): Promise<PutCalendarResult> {
  const calendar = { name: target.name, entries: request.entries };
  const { length } = encodeCalendar(calendar);
  if (length > CALENDAR_MAX_LENGTH) return { kind: 'too-long', length, max: CALENDAR_MAX_LENGTH };
  const written = await decideAndWrite<PutCalendarResult>(deps, target, (list) => {
    const before = calendarIn(list, target.name);
    if (request.expectation?.(before) === false) return answered({ kind: 'not-as-expected' });
    const isNew = before === undefined;
    if (isNew && list.calendars.length + list.malformed.length >= CALENDARS_MAX) {
      return answered({ kind: 'over-calendar-limit', max: CALENDARS_MAX });
    }
    const problem = problemOf(list, calendar);
    if (problem !== undefined) return answered({ kind: 'unresolvable', ...problem });
    const answer = { kind: 'put', calendar, isNew, ...NOTHING_BROUGHT } as const;
    if (isSame(before, calendar)) return answered(answer);
    return {
      answer,
      write: async () =>
        (await deps.calendars.put(target.tenantId, calendar, list.revision)) === 'stored',
    };
  });
  return written.kind === 'put' ? { ...written, ...(await fanOut(deps, target)) } : written;
}

/**
 * Takes a calendar away that nothing uses. A group that comes to name it while it is being taken away goes on with
 * its copy, until its policies are given other calendars.
 */
export async function deleteCalendar(
  deps: ScalingDeps,
  target: CalendarTarget,
  request: { readonly expectation?: CalendarExpectation | undefined },
): Promise<DeleteCalendarResult> {
  const { tenantId, name } = target;
  return decideAndWrite<DeleteCalendarResult>(deps, target, async (list) => {
    const before = calendarIn(list, name);
    if (before === undefined) return answered({ kind: 'no-such-calendar' });
    if (request.expectation?.(before) === false) return answered({ kind: 'not-as-expected' });
    const including = list.calendars.filter((other) => includes(other, name));
    const calendars = including.slice(0, LISTED_MAX).map((other) => other.name);
    const groups = await groupsWith(deps, target);
    if (calendars.length > 0 || groups.length > 0) {
      return answered({ kind: 'in-use', calendars, groups });
    }
    return {
      answer: { kind: 'deleted' },
      write: async () => (await deps.calendars.remove(tenantId, name, list.revision)) === 'removed',
    };
  });
}

/** What is answered, and what is written first, unless the list has moved. */
interface CalendarDecision<Answer> {
  readonly answer: Answer;
  /** False where the list has moved. */
  readonly write?: () => Promise<boolean>;
}

function answered<Answer>(answer: Answer): CalendarDecision<Answer> {
  return { answer };
}

/** Decides on the tenant's list and writes to that very list: again and again, while others change it. */
function decideAndWrite<Answer>(
  deps: ScalingDeps,
  { tenantId, signal }: CalendarTarget,
  decide: (list: CalendarList) => CalendarDecision<Answer> | Promise<CalendarDecision<Answer>>,
): Promise<Answer> {
  return deps.turns.take(`calendars:${tenantId}`, signal, async () => {
    for (let tryCount = 1; tryCount <= TRIES_MAX; tryCount += 1) {
      signal.throwIfAborted();
      const { answer, write } = await decide(await deps.calendars.list(tenantId));
      if (write === undefined || (await write())) return answer;
      await deps.clock.sleep(backoffMs(MOVED_BACKOFF, tryCount, deps.random.fraction()), signal);
    }
    throw new LutraError(
      'store-unavailable',
      `the calendars of tenant ${tenantId} changed ${String(TRIES_MAX)} times while a change to one was being decided`,
    );
  });
}

function calendarIn(list: CalendarList, name: string): NamedCalendar | 'unreadable' | undefined {
  if (list.malformed.some((record) => record.name === name)) return 'unreadable';
  return list.calendars.find((calendar) => calendar.name === name);
}

/** The order of members is always the same: entries are written as they were read from a request. */
function isSame(before: NamedCalendar | 'unreadable' | undefined, after: NamedCalendar): boolean {
  return typeof before === 'object' && encodeCalendar(before) === encodeCalendar(after);
}

/** What keeps the calendar, or one that could be written out until now, from being written out. */
function problemOf(
  list: CalendarList,
  calendar: NamedCalendar,
): { readonly name: string; readonly problem: ResolveProblem } | undefined {
  const others = list.calendars.filter(({ name }) => name !== calendar.name);
  const before = new TenantCalendars(list.calendars);
  const after = new TenantCalendars([...others, calendar]);
  for (const { name } of [calendar, ...others]) {
    const result = after.resolve(name);
    if (result.kind === 'resolved') continue;
    if (name === calendar.name || before.resolve(name).kind === 'resolved') {
      return { name, problem: result };
    }
  }
  return undefined;
}

function includes({ entries }: NamedCalendar, name: string): boolean {
  return entries.some((entry) => 'calendar' in entry && entry.calendar === name);
}

/** The groups whose policies name the calendar, at most LISTED_MAX. */
async function groupsWith(
  { store }: ScalingDeps,
  { tenantId, name, signal }: CalendarTarget,
): Promise<readonly NamedGroup[]> {
  const found: NamedGroup[] = [];
  let after: GroupId | undefined;
  for (;;) {
    const { groups } = await store.groups(tenantId, { after, limit: PAGE_GROUPS });
    for (const { groupId } of groups) {
      signal.throwIfAborted();
      const { group } = await store.group(groupId);
      if (group === undefined || !calendarsOf(group.fields).has(name)) continue;
      found.push({ id: groupId, name: groupNameIn(group.fields) });
      if (found.length === LISTED_MAX) return found;
    }
    if (groups.length < PAGE_GROUPS) return found;
    after = groups.at(-1)?.groupId;
  }
}
