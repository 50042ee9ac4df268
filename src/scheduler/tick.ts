import type { EpochMs } from '../base/clock.ts';
import { hasCode, messageOf } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Schedule } from '../domain/group/policy.ts';
import type { CommitId, FencingToken } from '../domain/ids.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { Observe } from '../ports/observe.ts';
import type { OwnerTerm } from '../ports/owner-term.ts';
import type { CommitResult, DueGroup, Store, Unit } from '../ports/store.ts';
import { claimDue, parkAll } from './claim.ts';
import type { ClaimInput } from './claim.ts';
import { reportUnit } from './report.ts';

/** What a pass needs. */
export interface TickDeps {
  readonly store: Store;
  readonly random: Random;
  readonly observe: Observe;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
}

export type TickResult =
  | { readonly kind: 'fenced'; readonly newest: FencingToken }
  | {
      readonly kind: 'passed';
      /** The store's clock when the pass read it. */
      readonly now: EpochMs;
      readonly isMoreDue: boolean;
      readonly nextAt: EpochMs | undefined;
    };

/**
 * One pass over one partition: scan, judge, decide, claim.
 *
 * Nothing here talks to a provider. A claimed occurrence leaves its group divergent, and the converger
 * takes it from there. A crash on any line leaves either the old state or the claimed one. `stale` is not
 * an error: something moved, so the group is left due and the next pass looks again.
 */
export async function tick(
  term: OwnerTerm,
  deps: TickDeps,
  options: { readonly batchMax: number },
): Promise<TickResult> {
  const { now, groups, policyCount, nextAt } = await deps.store.due(
    term.partition,
    options.batchMax,
  );
  const claims = groups
    .map((group) => ({ group, unit: claimDue(group, claimInput(deps, now)) }))
    .filter(({ unit }) => unit.due.length > 0);
  if (claims.length === 0 || term.signal.aborted) {
    return { kind: 'passed', now, isMoreDue: false, nextAt };
  }

  const commit = await claimBatch(term, deps, claims);
  if (commit.kind === 'fenced') return commit;
  const isFull = policyCount >= options.batchMax;
  return { kind: 'passed', now, isMoreDue: isFull || commit.staleCount > 0, nextAt };
}

interface GroupClaim {
  readonly group: DueGroup;
  readonly unit: Unit;
}

function claimInput(deps: TickDeps, now: EpochMs): ClaimInput {
  const { random, occurrencesOf } = deps;
  return { now, commitId: random.uuid() as CommitId, occurrencesOf };
}

type BatchResult =
  | { readonly kind: 'claimed'; readonly staleCount: number }
  | { readonly kind: 'fenced'; readonly newest: FencingToken };

/** Commits the batch in one round trip; where a single record spoils it, group by group. */
async function claimBatch(
  term: OwnerTerm,
  deps: TickDeps,
  claims: readonly GroupClaim[],
): Promise<BatchResult> {
  const units = claims.map(({ unit }) => unit);
  try {
    return report(term, deps, units, await deps.store.commit(term.partition, term.token, units));
  } catch (error) {
    if (!hasCode(error, 'unit-refused')) throw error;
  }
  let staleCount = 0;
  for (const claim of claims) {
    const result = await claimAlone(term, deps, claim);
    if (result.kind === 'fenced') return result;
    staleCount += result.staleCount;
  }
  return { kind: 'claimed', staleCount };
}

/** Commits one group; what the store refuses even alone is parked, so that it is seen and does not come back. */
async function claimAlone(
  term: OwnerTerm,
  deps: TickDeps,
  claim: GroupClaim,
): Promise<BatchResult> {
  const { store } = deps;
  try {
    const units = [claim.unit];
    return report(term, deps, units, await store.commit(term.partition, term.token, units));
  } catch (error) {
    if (!hasCode(error, 'unit-refused')) throw error;
    const units = [parkAll(claim.group, claimInput(deps, claim.unit.decidedAt), messageOf(error))];
    return report(term, deps, units, await store.commit(term.partition, term.token, units));
  }
}

/** Tells what the commit did, unit by unit. */
function report(
  term: OwnerTerm,
  { observe }: TickDeps,
  units: readonly Unit[],
  commit: CommitResult,
): BatchResult {
  if (commit.kind === 'fenced') return commit;
  let staleCount = 0;
  for (const [index, unit] of units.entries()) {
    if (commit.results[index] === 'committed') {
      reportUnit(observe, term.partition, unit, commit.at);
    } else {
      staleCount += 1;
      const { groupId, tenantId } = unit;
      observe({ event: 'group.claim-stale', partition: term.partition, tenantId, groupId });
    }
  }
  return { kind: 'claimed', staleCount };
}
