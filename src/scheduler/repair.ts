import type { EpochMs } from '../base/clock.ts';
import { hasCode, messageOf } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import {
  decodePolicy,
  decodeState,
  encodeField,
  policyIdsOf,
  progressField,
} from '../domain/group/fields.ts';
import type { ScalingState } from '../domain/group/group.ts';
import type { Policy, Schedule } from '../domain/group/policy.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import type { CommitId, GroupId, PolicyId } from '../domain/ids.ts';
import { TIMER_ID, timerOf } from '../domain/plan/timer.ts';
import { dueInstants } from '../domain/schedule/jitter.ts';
import { firstOccurrence } from '../domain/schedule/judge.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { Observe } from '../ports/observe.ts';
import type { OwnerTerm } from '../ports/owner-term.ts';
import type { CommitResult, Store, StoredGroup, Unit } from '../ports/store.ts';
import { moveOfPolicy } from './moves.ts';

/** What the repair of a page of groups needs. */
export interface RepairDeps {
  readonly store: Store;
  readonly random: Random;
  readonly observe: Observe;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
  /** The release of the time zone data that `occurrencesOf` has. */
  readonly timeZones: string;
}

/** One page of a walk over a partition, with the store's clock at its read. */
export interface RepairPage {
  readonly now: EpochMs;
  readonly groups: readonly StoredGroup[];
  /** Whether it is of the first walk of the term, which looks at what owners with other time zone data have armed. */
  readonly isFirstWalk: boolean;
}

interface Rearm {
  readonly policyId: PolicyId;
  /** What was armed, where that is moved; undefined where nothing was. */
  readonly from: EpochMs | undefined;
  /** What is armed now, and when it is due; both undefined where nothing is. */
  readonly plannedAt: EpochMs | undefined;
  readonly dueAt: EpochMs | undefined;
  /** Undefined for the timer of a group, which has none. */
  readonly progress: string | undefined;
}

/** Readings of a group whose moves meet claims; an owner claims far less often than this takes. */
const MOVE_TRIES_MAX = 5;

/**
 * Arms every schedule policy of the page that has lost its due entry, from its cursor where it has one.
 * A policy that is parked, or whose schedule is used up, is meant to have none.
 *
 * Nothing in Lutra loses an entry; a roll-back of the store or a hand in its data may. Without this sweep
 * such a policy would be silent for ever. Answers with the commit, or undefined where all was well.
 *
 * The first walk of a term moves, in the same units, what other rules of its zone have at another instant; see
 * `moveOf` for which that is. Nobody walks for this again, so a group that changed meanwhile is read anew at once.
 */
export async function repairPage(
  term: OwnerTerm,
  deps: RepairDeps,
  page: RepairPage,
): Promise<CommitResult | undefined> {
  const { commit, unmoved } = await repairOnce(term, deps, page);
  for (const groupId of unmoved) {
    const end = await moveAgain(term, deps, groupId);
    if (end !== undefined) return end;
  }
  return commit;
}

interface Repaired {
  readonly commit: CommitResult | undefined;
  /** Groups that changed after they were read, so that what is to be moved in them was not. */
  readonly unmoved: readonly GroupId[];
}

async function repairOnce(term: OwnerTerm, deps: RepairDeps, page: RepairPage): Promise<Repaired> {
  const repairs = page.groups.flatMap((stored) => {
    const rearms = rearmsOf(term, deps, { ...page, stored });
    return rearms.length === 0 ? [] : [{ stored, rearms }];
  });
  if (repairs.length === 0) return { commit: undefined, unmoved: [] };
  const { timeZones } = deps;
  const units = repairs.map(({ stored, rearms }) =>
    rearmUnit(stored, rearms, {
      ...{ now: page.now, timeZones },
      commitId: deps.random.uuid() as CommitId,
    }),
  );
  const commit = await deps.store.commit(term.partition, term.token, units);
  if (commit.kind === 'fenced') return { commit, unmoved: [] };
  const unmoved: GroupId[] = [];
  for (const [index, { stored, rearms }] of repairs.entries()) {
    if (commit.results[index] === 'committed') report(term, deps, { stored, rearms });
    // It changed: the next sweep looks again at what has no entry.
    else if (rearms.some(isMove)) unmoved.push(stored.groupId);
  }
  return { commit, unmoved };
}

/** Answers only where the term is over. */
async function moveAgain(
  term: OwnerTerm,
  deps: RepairDeps,
  groupId: GroupId,
): Promise<CommitResult | undefined> {
  for (let tryCount = 2; tryCount <= MOVE_TRIES_MAX; tryCount += 1) {
    const { now, group } = await deps.store.group(groupId);
    if (group === undefined) return undefined;
    const page = { now, groups: [group], isFirstWalk: true };
    const { commit, unmoved } = await repairOnce(term, deps, page);
    if (commit?.kind === 'fenced') return commit;
    if (unmoved.length === 0) return undefined;
  }
  return undefined;
}

function isMove({ from }: Rearm): boolean {
  return from !== undefined;
}

function report(
  term: OwnerTerm,
  deps: RepairDeps,
  { stored, rearms }: { readonly stored: StoredGroup; readonly rearms: readonly Rearm[] },
): void {
  const { groupId, tenantId } = stored;
  const { partition } = term;
  const { observe, timeZones } = deps;
  for (const { policyId, from, plannedAt } of rearms) {
    const where = { partition, tenantId, groupId, policyId };
    if (from !== undefined) {
      observe({ event: 'policy.moved', ...where, from, to: plannedAt, timeZones });
    } else if (plannedAt !== undefined) {
      observe({ event: 'policy.rearmed', ...where, plannedAt });
    }
  }
}

function rearmsOf(
  term: OwnerTerm,
  deps: RepairDeps,
  at: {
    readonly stored: StoredGroup;
    readonly now: EpochMs;
    readonly isFirstWalk: boolean;
  },
): readonly Rearm[] {
  const { stored, now, isFirstWalk } = at;
  const readOrReport = (read: () => readonly Rearm[]): readonly Rearm[] => {
    try {
      return read();
    } catch (error) {
      const { groupId, tenantId } = stored;
      const { partition } = term;
      const reason = messageOf(error);
      deps.observe({ event: 'group.record-malformed', partition, tenantId, groupId, reason });
      return [];
    }
  };
  return readOrReport(() => {
    const state = decodeState(stored.fields['state']);
    if (state.isDeleting) return [];
    const policies = policyIdsOf(stored.fields)
      .filter((id) => isFirstWalk || !stored.due.has(id))
      .flatMap((id) =>
        readOrReport(() => {
          const policy = decodePolicy(stored.fields, id);
          return stored.due.has(id) ? move(policy, deps, { now, state }) : rearm(policy, deps, now);
        }),
      );
    return [...policies, ...rearmTimer(stored, state)];
  });
}

/** Without its timer an override, or a pause with an end, would last until the next claim of the group. */
function rearmTimer({ due }: StoredGroup, state: ScalingState): readonly Rearm[] {
  const dueAt = due.has(TIMER_ID) ? undefined : timerOf(state);
  if (dueAt === undefined) return [];
  const policyId = TIMER_ID;
  return [{ policyId, from: undefined, plannedAt: dueAt, dueAt, progress: undefined }];
}

function move(
  policy: Policy,
  deps: RepairDeps,
  { now, state }: { readonly now: EpochMs; readonly state: ScalingState },
): readonly Rearm[] {
  const { id, definition, progress } = policy;
  const held = state.windows?.find(({ policyId }) => policyId === id);
  const moved = moveOfPolicy(policy, { now, held, occurrencesOf: deps.occurrencesOf });
  const { schedule } = definition;
  if (moved.kind === 'stays' || schedule === undefined) return [];
  const { to: plannedAt } = moved;
  const { plannedAt: from, ...unarmed } = progress;
  if (plannedAt === undefined) {
    return [{ policyId: id, from, plannedAt, dueAt: undefined, progress: encodeField(unarmed) }];
  }
  const dueAt = dueAtOf(deps, { id, schedule, plannedAt });
  const armed = encodeField({ ...progress, plannedAt });
  return [{ policyId: id, from, plannedAt, dueAt, progress: armed }];
}

function rearm(policy: Policy, deps: RepairDeps, now: EpochMs): readonly Rearm[] {
  const { id, definition, progress } = policy;
  const { schedule } = definition;
  if (schedule === undefined || progress.parked !== undefined) return [];
  const plannedAt =
    progress.plannedAt ?? firstOccurrence(deps.occurrencesOf(schedule), progress, now);
  if (plannedAt === undefined) return [];
  const dueAt = dueAtOf(deps, { id, schedule, plannedAt });
  const armed = encodeField({ ...progress, plannedAt });
  return [{ policyId: id, from: undefined, plannedAt, dueAt, progress: armed }];
}

/** A schedule that does not compile any more is due as planned: the claim parks it, with the reason. */
function dueAtOf(
  deps: RepairDeps,
  { id, schedule, plannedAt }: Pick<Policy, 'id'> & ArmedSchedule,
): EpochMs {
  try {
    return dueInstants(id, schedule, deps.occurrencesOf(schedule))(plannedAt);
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return plannedAt;
    throw error;
  }
}

interface ArmedSchedule {
  readonly schedule: Schedule;
  readonly plannedAt: EpochMs;
}

function rearmUnit(
  stored: StoredGroup,
  rearms: readonly Rearm[],
  commit: {
    readonly now: EpochMs;
    readonly commitId: CommitId;
    readonly timeZones: string;
  },
): Unit {
  const { timeZones } = commit;
  return {
    groupId: stored.groupId,
    tenantId: stored.tenantId,
    commitId: commit.commitId,
    decidedAt: commit.now,
    expectVersion: stored.version,
    set: Object.fromEntries(
      rearms.flatMap(({ policyId, progress }) =>
        progress === undefined ? [] : [[progressField(policyId), progress]],
      ),
    ),
    remove: [],
    due: rearms.map(({ policyId, dueAt }) => ({ policyId, dueAt })),
    divergence: 'keep',
    listing: 'keep',
    events: rearms.flatMap(({ policyId, from, plannedAt: to }): readonly HistoryEvent[] =>
      from === undefined
        ? []
        : [
            {
              ...{ event: 'policy.moved', policyId, from },
              ...(to === undefined ? {} : { to }),
              timeZones,
            },
          ],
    ),
  };
}
