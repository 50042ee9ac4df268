/** What a tenant's calendars come to, and what policies that name some are given. */
import { createHash } from 'node:crypto';
import type { CalendarCopies, CalendarCopy, CalendarEntry } from '../domain/calendar/calendar.ts';
import { withCopies } from '../domain/calendar/copies.ts';
import type { NamedCalendar } from '../domain/calendar/named-calendar.ts';
import { resolveCalendar } from '../domain/calendar/resolve.ts';
import type { ResolveProblem, ResolveResult } from '../domain/calendar/resolve.ts';
import type { PolicyDefinition } from '../domain/group/policy.ts';
import type { TenantId } from '../domain/ids.ts';
import type { CalendarRegistry } from '../ports/calendar-registry.ts';
import type { OverCalendarLimit } from './group-calendars.ts';

/** Names that a refusal lists, of calendars and of groups. */
export const LISTED_MAX = 10;

/** A calendar that a policy names cannot be used. */
export interface CalendarRefused {
  readonly kind: 'calendar-refused';
  /** The policy's place in the request. */
  readonly index: number;
  /** Where the policy names it, such as `exclude[0]`. */
  readonly where: string;
  readonly name: string;
  readonly problem: ResolveProblem;
  /** The names of calendars that there are, at most LISTED_MAX. */
  readonly known: readonly string[];
}

/** Why policies cannot be given the calendars that they name. */
export type CalendarsProblem = CalendarRefused | OverCalendarLimit;

/** Policies of a request with the copies of what they name. */
export interface WithCopies {
  readonly kind: 'with-copies';
  readonly definitions: readonly PolicyDefinition[];
  readonly copies: CalendarCopies;
}

/** A tenant's calendars, each written out when it is first asked for. */
export class TenantCalendars {
  readonly calendars: readonly NamedCalendar[];
  readonly #entries: ReadonlyMap<string, readonly CalendarEntry[]>;
  readonly #resolved = new Map<string, ResolveResult>();

  constructor(calendars: readonly NamedCalendar[]) {
    this.calendars = calendars;
    this.#entries = new Map(calendars.map(({ name, entries }) => [name, entries]));
  }

  /** The calendar with all that it includes, or why there is no such thing. */
  resolve(name: string): ResolveResult {
    const known = this.#resolved.get(name);
    if (known !== undefined) return known;
    const entriesOf = (of: string): readonly CalendarEntry[] | undefined => this.#entries.get(of);
    const result = resolveCalendar(name, { entriesOf, sha256 });
    this.#resolved.set(name, result);
    return result;
  }

  /** The copy that groups are to have; undefined where it cannot be made: they keep the one that they have. */
  copyOf(name: string): CalendarCopy | undefined {
    const result = this.resolve(name);
    return result.kind === 'resolved' ? result.copy : undefined;
  }
}

/**
 * Gives policies the calendars that they name. The registry is asked only where one does, and then before the group
 * is changed: what somebody changes in between, the sweep brings. Rejects as the registry does.
 */
export async function resolveNamed(
  { calendars }: { readonly calendars: CalendarRegistry },
  tenantId: TenantId,
  definitions: readonly PolicyDefinition[],
): Promise<WithCopies | CalendarRefused> {
  if (definitions.every((definition) => namedBy(definition).length === 0)) {
    return { kind: 'with-copies', definitions, copies: {} };
  }
  const tenant = new TenantCalendars((await calendars.list(tenantId)).calendars);
  const found = new Map<string, CalendarCopy>();
  for (const [index, definition] of definitions.entries()) {
    for (const { where, name } of namedBy(definition)) {
      const result = tenant.resolve(name);
      if (result.kind !== 'resolved') {
        const known = tenant.calendars.slice(0, LISTED_MAX).map((calendar) => calendar.name);
        return { kind: 'calendar-refused', index, where, name, problem: result, known };
      }
      found.set(name, result.copy);
    }
  }
  // Names such as __proto__ are as good as any other.
  const copies: CalendarCopies = Object.fromEntries(found);
  const complete = definitions.map((definition) => withCopies(definition, copies));
  return { kind: 'with-copies', definitions: complete, copies };
}

/** Each place where a policy names a calendar. */
function namedBy({
  schedule,
}: PolicyDefinition): readonly { readonly where: string; readonly name: string }[] {
  if (schedule?.kind !== 'cron') return [];
  const { exclude = [], only = [] } = schedule;
  return [
    ...exclude.map((name, index) => ({ where: `exclude[${String(index)}]`, name })),
    ...only.map((name, index) => ({ where: `only[${String(index)}]`, name })),
  ];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
