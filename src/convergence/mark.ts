import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { CommitId, GroupId, PartitionId } from '../domain/ids.ts';
import { partitionOf } from '../domain/partition/partition-of.ts';
import { NOT_AN_OWNER } from '../ports/store.ts';
import type { Store, StoredGroup, Unit } from '../ports/store.ts';

/** What a mark needs. */
export interface MarkDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

const TRY_MAX = 10;
const BACKOFF = { firstMs: 10, maxMs: 500 };

/**
 * Marks a group divergent, whoever owns its partition: after a provider call that may have overtaken a new
 * owner's, or when a provider noticed a drift. The tries are few, over about two seconds: what moves a
 * group all the time nearly always marks it, and the self-heal sweep is behind all marks. Answers whether
 * the mark is in, or the group is gone; rejects with `store-unavailable` where the last try got no answer.
 */
export async function markDivergent(
  deps: MarkDeps,
  groupId: GroupId,
  signal: AbortSignal,
): Promise<boolean> {
  const partition = partitionOf(groupId, deps.store.layout);
  if (partition === undefined) return true;
  for (let tryCount = 1; tryCount <= TRY_MAX; tryCount += 1) {
    try {
      if (await tryMark(deps, partition, groupId)) return true;
    } catch (error) {
      if (!hasCode(error, 'store-unavailable') || tryCount === TRY_MAX) throw error;
    }
    await deps.clock.sleep(backoffMs(BACKOFF, tryCount, deps.random.fraction()), signal);
  }
  return false;
}

async function tryMark(deps: MarkDeps, partition: PartitionId, groupId: GroupId): Promise<boolean> {
  const { now, group } = await deps.store.group(groupId);
  if (group === undefined) return true;
  const unit = markUnit(group, { commitId: deps.random.uuid() as CommitId, decidedAt: now });
  const commit = await deps.store.commit(partition, NOT_AN_OWNER, [unit]);
  return commit.kind === 'answered' && commit.results[0] === 'committed';
}

/** The unit that does nothing but mark. */
export function markUnit(group: StoredGroup, commit: Pick<Unit, 'commitId' | 'decidedAt'>): Unit {
  return {
    ...commit,
    groupId: group.groupId,
    tenantId: group.tenantId,
    expectVersion: group.version,
    set: {},
    remove: [],
    due: [],
    divergence: 'mark',
    listing: 'keep',
    events: [],
  };
}
