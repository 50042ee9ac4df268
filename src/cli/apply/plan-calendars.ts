/**
 * What has to be done so that the node has the calendars that the files want. Pure. What is unchanged is left alone,
 * and calendars that no file names are never touched: policies of others may name them.
 */
import { shown } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import type { CalendarEntry } from '../../domain/calendar/calendar.ts';
import { resolveCalendar } from '../../domain/calendar/resolve.ts';
import type { ResolveProblem } from '../../domain/calendar/resolve.ts';
import type { DesiredCalendar } from './desired.ts';
import { changesOf, isSameJson, showAll } from './plan-policy.ts';
import type { CalendarAction, Plan } from './plan.ts';

/** The calendars of a tenant by name; undefined stands for one that cannot be read. */
export type HeldCalendars = ReadonlyMap<string, readonly CalendarEntry[] | undefined>;

/** Compares the calendars that are wanted with what is there. */
export function planCalendars(
  desired: readonly DesiredCalendar[],
  heldBy: (tenant: string) => HeldCalendars,
): Plan {
  const tenants = [...new Set(desired.map(({ tenant }) => tenant))];
  const plans = tenants.map((tenant) => {
    const wanted = desired.filter((calendar) => calendar.tenant === tenant);
    return planTenant(new Map(wanted.map((each) => [each.name, each])), heldBy(tenant));
  });
  return {
    actions: plans.flatMap(({ actions }) => actions),
    unchangedCount: plans.reduce((sum, { unchangedCount }) => sum + unchangedCount, 0),
    problems: plans.flatMap(({ problems }) => problems),
  };
}

type Wanted = ReadonlyMap<string, DesiredCalendar>;

function planTenant(wanted: Wanted, held: HeldCalendars): Plan {
  const entriesOf = (name: string): readonly CalendarEntry[] | undefined =>
    wanted.get(name)?.entries ?? held.get(name);
  const actions = inOrder(wanted, entriesOf).flatMap((calendar): readonly CalendarAction[] => {
    const { name, entries } = calendar;
    if (!held.has(name)) return [{ kind: 'create-calendar', calendar }];
    const before = held.get(name);
    if (before !== undefined && isSameJson(before, entries)) return [];
    const changes = changesOf(
      before === undefined ? {} : { entries: before },
      { entries },
      showAll,
    );
    return [{ kind: 'put-calendar', calendar, changes }];
  });
  return {
    actions,
    unchangedCount: wanted.size - actions.length,
    problems: [...wanted.values()].flatMap((calendar) => problemsOf(calendar, entriesOf)),
  };
}

type EntriesOf = (name: string) => readonly CalendarEntry[] | undefined;

/** Whatever another one includes comes before that: a calendar that includes what is not there is refused. */
function inOrder(wanted: Wanted, entriesOf: EntriesOf): readonly DesiredCalendar[] {
  const ordered: DesiredCalendar[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const entry of entriesOf(name) ?? []) if ('calendar' in entry) visit(entry.calendar);
    const calendar = wanted.get(name);
    if (calendar !== undefined) ordered.push(calendar);
  };
  for (const name of wanted.keys()) visit(name);
  return ordered;
}

/** What it includes may be in the files or at the node. */
function problemsOf({ name, place }: DesiredCalendar, entriesOf: EntriesOf): readonly Problem[] {
  // Nobody looks at the version.
  const result = resolveCalendar(name, { entriesOf, sha256: (text) => text });
  if (result.kind === 'resolved') return [];
  return [{ at: place, key: `calendar ${shown(name)}`, text: textOf(result) }];
}

function textOf(problem: ResolveProblem): string {
  if (problem.kind === 'too-many-entries') {
    return `has too many entries with all that it includes, received ${String(problem.count)}; write fewer`;
  }
  const way = problem.path.join(' → ');
  return problem.kind === 'circle'
    ? `includes itself, received ${way}; take one of these out of the other`
    : `includes a calendar that there is not, received ${way}; write that one, too, or leave it out`;
}
