/**
 * Brings calendars to the groups that have copies of them.
 *
 * Trigger: a change of a calendar, or a repeat of it. Bound: all groups of one tenant, page by page, for a few
 * seconds. Concurrency: one group at a time. Back-off: none, what cannot be changed is left. Stop: the last group, or
 * the end of the time. Nothing is kept of how far it came: what is left to do shows in the groups' copies, and the
 * sweeps of their owners do it.
 */
import { hasCode } from '../base/errors.ts';
import type { Caller } from '../domain/history/caller.ts';
import type { GroupId, TenantId } from '../domain/ids.ts';
import { withCalendars } from './group-calendars.ts';
import { NO_CHANGE } from './group-unit.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { silencedBy } from './silenced-policies.ts';
import type { SilencedPolicy } from './silenced-policies.ts';
import { TenantCalendars } from './tenant-calendars.ts';
import { changeGroup } from './write-group.ts';
import type { GroupDecision, VisibleGroup } from './write-group.ts';

/** Whoever changes calendars. */
export interface CalendarChanger {
  readonly tenantId: TenantId;
  readonly by: string;
  readonly caller?: Caller;
  readonly signal: AbortSignal;
}

/** How far the copies came. */
export interface FanOut {
  readonly changedCount: number;
  /** Groups that could not be changed, or were not come to; those among them that need it are changed by a sweep. */
  readonly pendingCount: number;
  /** Policies of the changed groups that come to nothing any more; at most SILENCED_MAX are told. */
  readonly silencedCount: number;
  readonly silenced: readonly SilencedPolicy[];
}

/** Groups of one page. The registry is read anew for each, so that a later change is not undone for long. */
const PAGE_GROUPS = 100;
/** Requests are answered within ten seconds, and whoever made this one is to be told how far it came. */
const FAN_OUT_MS = 5_000;
/** Policies that are named in one reply. */
const SILENCED_MAX = 100;

type Outcome =
  | { readonly kind: 'changed'; readonly silenced: readonly SilencedPolicy[] }
  | { readonly kind: 'same' };

/** Gives every group of the tenant the newest copies of what its policies name. Rejects where the groups cannot be listed. */
export async function fanOut(deps: ScalingDeps, changer: CalendarChanger): Promise<FanOut> {
  const { clock, store, calendars } = deps;
  const { tenantId } = changer;
  const endMs = clock.monotonicMs() + FAN_OUT_MS;
  let [changedCount, failedCount, seenCount, silencedCount] = [0, 0, 0, 0];
  const silenced: SilencedPolicy[] = [];
  const soFar = (leftCount: number): FanOut => ({
    ...{ changedCount, pendingCount: failedCount + leftCount, silencedCount, silenced },
  });
  let after: GroupId | undefined;
  for (;;) {
    const { groups } = await store.groups(tenantId, { after, limit: PAGE_GROUPS });
    const newest = new TenantCalendars((await calendars.list(tenantId)).calendars);
    for (const { groupId } of groups) {
      if (clock.monotonicMs() >= endMs) {
        return soFar(Math.max(0, (await store.countGroups(tenantId)) - seenCount));
      }
      seenCount += 1;
      const outcome = await bring(deps, { ...changer, groupId }, newest);
      if (outcome === 'failed') failedCount += 1;
      else if (outcome.kind === 'changed') {
        changedCount += 1;
        silencedCount += outcome.silenced.length;
        silenced.push(...outcome.silenced.slice(0, SILENCED_MAX - silenced.length));
      }
    }
    if (groups.length < PAGE_GROUPS) return soFar(0);
    after = groups.at(-1)?.groupId;
  }
}

async function bring(
  deps: ScalingDeps,
  target: CalendarChanger & { readonly groupId: GroupId },
  newest: TenantCalendars,
): Promise<Outcome | 'failed'> {
  try {
    const decide = (group: VisibleGroup): GroupDecision<Outcome> =>
      decideBringing(deps, group, { newest, by: target.by });
    const result = await changeGroup(deps, target, decide);
    return result.kind === 'changed' ? result : { kind: 'same' };
  } catch (error) {
    // One group must not keep the calendar from the others.
    if (LEFT_BEHIND.some((code) => hasCode(error, code))) return 'failed';
    throw error;
  }
}

const LEFT_BEHIND = ['store-unavailable', 'record-malformed', 'unit-refused'] as const;

function decideBringing(
  { occurrencesOf }: ScalingDeps,
  { stored, now }: VisibleGroup,
  given: { readonly newest: TenantCalendars; readonly by: string },
): GroupDecision<Outcome> {
  const { newest, by } = given;
  const fresh = newest.copyOf.bind(newest);
  const result = withCalendars({ stored, now, change: NO_CHANGE, fresh, by, occurrencesOf });
  if (result.kind !== 'fits' || result.change === NO_CHANGE) {
    return { kind: 'leave', answer: { kind: 'same' } };
  }
  const { change } = result;
  const silenced = silencedBy(change, stored, { now, occurrencesOf });
  return { kind: 'change', change, answer: { kind: 'changed', silenced } };
}
