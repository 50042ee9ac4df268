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
import type { Policy, Schedule } from '../domain/group/policy.ts';
import type { CommitId, PolicyId } from '../domain/ids.ts';
import { dueInstants } from '../domain/schedule/jitter.ts';
import { firstOccurrence } from '../domain/schedule/judge.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { Observe } from '../ports/observe.ts';
import type { OwnerTerm } from '../ports/owner-term.ts';
import type { CommitResult, Store, StoredGroup, Unit } from '../ports/store.ts';

/** What the repair of a page of groups needs. */
export interface RepairDeps {
  readonly store: Store;
  readonly random: Random;
  readonly observe: Observe;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
}

/** One page of a walk over a partition, with the store's clock at its read. */
export interface RepairPage {
  readonly now: EpochMs;
  readonly groups: readonly StoredGroup[];
}

interface Rearm {
  readonly policyId: PolicyId;
  readonly plannedAt: EpochMs;
  readonly dueAt: EpochMs;
  readonly progress: string;
}

/**
 * Arms every schedule policy of the page that has lost its due entry, from its cursor where it has one.
 * A policy that is parked, or whose schedule is used up, is meant to have none.
 *
 * Nothing in Lutra loses an entry; a roll-back of the store or a hand in its data may. Without this sweep
 * such a policy would be silent for ever. Answers with the commit, or undefined where all was well.
 */
export async function repairPage(
  term: OwnerTerm,
  deps: RepairDeps,
  page: RepairPage,
): Promise<CommitResult | undefined> {
  const repairs = page.groups.flatMap((stored) => {
    const rearms = missingEntries(term, deps, { stored, now: page.now });
    return rearms.length === 0 ? [] : [{ stored, rearms }];
  });
  if (repairs.length === 0) return undefined;
  const units = repairs.map(({ stored, rearms }) =>
    rearmUnit(stored, rearms, {
      now: page.now,
      commitId: deps.random.uuid() as CommitId,
    }),
  );
  const commit = await deps.store.commit(term.partition, term.token, units);
  if (commit.kind === 'fenced') return commit;
  for (const [index, { stored, rearms }] of repairs.entries()) {
    if (commit.results[index] !== 'committed') continue; // it moved: the next sweep looks again
    const { groupId, tenantId } = stored;
    for (const { policyId, plannedAt } of rearms) {
      const { partition } = term;
      deps.observe({ event: 'policy.rearmed', partition, tenantId, groupId, policyId, plannedAt });
    }
  }
  return commit;
}

function missingEntries(
  term: OwnerTerm,
  deps: RepairDeps,
  at: { readonly stored: StoredGroup; readonly now: EpochMs },
): readonly Rearm[] {
  const { stored, now } = at;
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
    if (decodeState(stored.fields['state']).isDeleting) return [];
    return policyIdsOf(stored.fields)
      .filter((id) => !stored.due.has(id))
      .flatMap((id) => readOrReport(() => rearm(decodePolicy(stored.fields, id), deps, now)));
  });
}

function rearm(policy: Policy, deps: RepairDeps, now: EpochMs): readonly Rearm[] {
  const { id, definition, progress } = policy;
  const { schedule } = definition;
  if (schedule === undefined || progress.parked !== undefined) return [];
  const plannedAt =
    progress.plannedAt ?? firstOccurrence(deps.occurrencesOf(schedule), progress, now);
  if (plannedAt === undefined) return [];
  const dueAt = dueAtOf(deps, { id, schedule, plannedAt });
  return [{ policyId: id, plannedAt, dueAt, progress: encodeField({ ...progress, plannedAt }) }];
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
  commit: { readonly now: EpochMs; readonly commitId: CommitId },
): Unit {
  return {
    groupId: stored.groupId,
    tenantId: stored.tenantId,
    commitId: commit.commitId,
    decidedAt: commit.now,
    expectVersion: stored.version,
    set: Object.fromEntries(rearms.map((entry) => [progressField(entry.policyId), entry.progress])),
    remove: [],
    due: rearms.map(({ policyId, dueAt }) => ({ policyId, dueAt })),
    divergence: 'keep',
    listing: 'keep',
    events: [],
  };
}
