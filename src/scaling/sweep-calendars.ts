import { hasCode } from '../base/errors.ts';
import type { EpochMs } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { COPIES_FIELD } from '../domain/calendar/copies.ts';
import { decodeState } from '../domain/group/fields.ts';
import type { Schedule } from '../domain/group/policy.ts';
import type { TenantId } from '../domain/ids.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { CalendarRegistry } from '../ports/calendar-registry.ts';
import type { Observe } from '../ports/observe.ts';
import type { OwnerTerm } from '../ports/owner-term.ts';
import type { CommitResult, Store, StoredGroup, Unit } from '../ports/store.ts';
import { withCalendars } from './group-calendars.ts';
import { NO_CHANGE, unitOf } from './group-unit.ts';
import { TenantCalendars } from './tenant-calendars.ts';

/** What the sweep of calendars needs. */
export interface CalendarSweepDeps {
  readonly store: Store;
  readonly calendars: CalendarRegistry;
  readonly random: Random;
  readonly observe: Observe;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
}

/** One page of a walk over a partition, with the store's clock at its read. */
interface CalendarPage {
  readonly now: EpochMs;
  readonly groups: readonly StoredGroup[];
}

/** Who changes a group where nobody waits for it. */
const BY_SWEEP = 'sweep';

/**
 * Gives the groups of the page that have copies of calendars the newest ones: what a request began that died, or
 * that a group moved under, is finished so. Each tenant's calendars are read once. Where they cannot be read, its
 * groups keep what they have until the next sweep. Answers with the commit, or undefined where all was well.
 */
export async function bringCalendars(
  term: OwnerTerm,
  deps: CalendarSweepDeps,
  { now, groups }: CalendarPage,
): Promise<CommitResult | undefined> {
  const using = groups.filter(({ fields }) => Object.hasOwn(fields, COPIES_FIELD));
  if (using.length === 0) return undefined;
  const newest = await readCalendars(term, deps, new Set(using.map(({ tenantId }) => tenantId)));
  const units = using.flatMap((stored) => {
    const calendars = newest.get(stored.tenantId);
    return calendars === undefined ? [] : unitsFor(deps, { stored, now, calendars });
  });
  return units.length === 0 ? undefined : deps.store.commit(term.partition, term.token, units);
}

/** The calendars of these tenants, as far as they can be read: the first that cannot ends it, for all are in one place. */
async function readCalendars(
  { partition }: OwnerTerm,
  { calendars, observe }: CalendarSweepDeps,
  tenants: ReadonlySet<TenantId>,
): Promise<ReadonlyMap<TenantId, TenantCalendars>> {
  const read = new Map<TenantId, TenantCalendars>();
  for (const tenantId of tenants) {
    try {
      read.set(tenantId, new TenantCalendars((await calendars.list(tenantId)).calendars));
    } catch (err) {
      if (!hasCode(err, 'coordination-unavailable') && !hasCode(err, 'store-unavailable'))
        throw err;
      observe({ event: 'calendars.unread', partition, tenantId, err });
      break;
    }
  }
  return read;
}

function unitsFor(
  { random, occurrencesOf }: CalendarSweepDeps,
  given: {
    readonly stored: StoredGroup;
    readonly now: EpochMs;
    readonly calendars: TenantCalendars;
  },
): readonly Unit[] {
  const { stored, now, calendars } = given;
  try {
    if (decodeState(stored.fields['state']).isDeleting) return [];
    const result = withCalendars({
      ...{ stored, now, change: NO_CHANGE, by: BY_SWEEP, occurrencesOf },
      fresh: (name) => calendars.copyOf(name),
    });
    if (result.kind !== 'fits' || result.change === NO_CHANGE) return [];
    return [unitOf(stored, { now, group: stored }, result.change, random)];
  } catch (error) {
    // The repair, which looks at the same page, tells of it.
    if (hasCode(error, 'record-malformed')) return [];
    throw error;
  }
}
