/** The checker's own arithmetic of plans: what windows and an override make of what a group wants. */
import type { Calendar } from './occurrences.ts';
import type {
  CapacityRecord,
  LimitsRecord,
  OpenRecord,
  StateRecord,
  WindowRecord,
} from './records.ts';
import { without } from './without.ts';

/** What holds at an instant. `desired` is undefined where nothing sets it. */
interface PlanFigures {
  readonly minEntities: number;
  readonly maxEntities: number;
  readonly desired: number | undefined;
}

type Planned = Pick<StateRecord, 'windows' | 'override'>;

/**
 * An override goes before windows; of these the highest priority, and of equal ones the strictest, but the greatest size.
 * A window that is open is so up to its end, though a clock was set back to before its beginning.
 */
export function planOf(state: Planned, limits: LimitsRecord, at: number): PlanFigures {
  return {
    minEntities: chosen(state, 'min', at) ?? limits.minEntities,
    maxEntities: chosen(state, 'max', at) ?? limits.maxEntities,
    desired: chosen(state, 'desired', at),
  };
}

function chosen(
  { windows = [], override }: Planned,
  name: keyof CapacityRecord,
  at: number,
): number | undefined {
  const overridden = override === undefined || override.until <= at ? undefined : override[name];
  if (overridden !== undefined) return overridden;
  const open = windows.filter(({ closesAt }) => at < closesAt);
  const setting = open.filter((window) => window[name] !== undefined);
  const top = Math.max(...setting.map(({ priority }) => priority));
  const values = setting.flatMap((window) => (window.priority === top ? [window[name] ?? 0] : []));
  if (values.length === 0) return undefined;
  return name === 'max' ? Math.min(...values) : Math.max(...values);
}

/** The number nearest to `wanted` within bounds; the minimum wins. */
export function bounded(
  { minEntities, maxEntities }: Pick<LimitsRecord, 'minEntities' | 'maxEntities'>,
  wanted: number,
): number {
  if (wanted < minEntities || maxEntities < minEntities) return minEntities;
  return wanted > maxEntities ? maxEntities : wanted;
}

/** The size of a group that wants `base` apart from its plan. */
export function sizeOf(plan: PlanFigures, base: number): number {
  return bounded(plan, plan.desired ?? base);
}

/** The state of a group that wants `base`, as it is kept: what is no other than the size is left out. */
export function sized(state: StateRecord, base: number, plan: PlanFigures): StateRecord {
  const rest = without(state, 'base');
  const desired = sizeOf(plan, base);
  return desired === base ? { ...rest, desired } : { ...rest, desired, base };
}

/** A window as its schedule has it. */
export interface WindowRule {
  readonly policyId: string;
  readonly capacity: WindowRecord;
  readonly calendar: Calendar;
  readonly isSkipped: (opening: number) => boolean;
}

/** The window at an instant, as the state of its group should have it; undefined where it is closed. */
export function openAt(rule: WindowRule, at: number): OpenRecord | undefined {
  const { policyId, capacity, calendar, isSkipped } = rule;
  let opensAt = calendar.latest(at);
  while (opensAt !== undefined && isSkipped(opensAt)) opensAt = calendar.latest(opensAt - 1);
  if (opensAt === undefined) return undefined;
  const closesAt = closingOf(rule, opensAt);
  if (closesAt <= at) return undefined;
  const { min, max, desired, priority = 0 } = capacity;
  return {
    ...{ policyId, opensAt, closesAt, priority },
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(desired === undefined ? {} : { desired }),
  };
}

function closingOf({ capacity, calendar }: WindowRule, opensAt: number): number {
  const ms = capacity.durationSeconds * 1_000;
  return capacity.measured === 'elapsed' ? opensAt + ms : calendar.wallClockAfter(opensAt, ms);
}

/** When it opens or closes next; undefined where it does not. */
export function nextTurnOf(rule: WindowRule, after: number): number | undefined {
  let opening = rule.calendar.next(after);
  while (opening !== undefined && rule.isSkipped(opening)) opening = rule.calendar.next(opening);
  const closing = openAt(rule, after)?.closesAt;
  if (opening === undefined || closing === undefined) return opening ?? closing;
  return Math.min(opening, closing);
}

/** Its openings after `from`, up to and with `to`. */
export function openingsIn(
  { calendar }: Pick<WindowRule, 'calendar'>,
  { from, to }: { readonly from: number; readonly to: number },
): readonly number[] {
  const openings: number[] = [];
  for (
    let opening = calendar.next(from);
    opening !== undefined && opening <= to;
    opening = calendar.next(opening)
  ) {
    openings.push(opening);
  }
  return openings;
}
