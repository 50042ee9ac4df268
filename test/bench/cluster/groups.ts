/** What the benchmarks of the cluster store: groups, their policies, and how they lie in partitions. */
import { systemRandom } from '../../../src/adapters/system/random.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import { encodeField } from '../../../src/domain/group/fields.ts';
import type { PolicyDefinition, Schedule } from '../../../src/domain/group/policy.ts';
import type {
  CommitId,
  GroupId,
  PartitionId,
  PolicyId,
  TenantId,
} from '../../../src/domain/ids.ts';
import { groupIdInRegion, partitionOf } from '../../../src/domain/partition/partition-of.ts';
import type { PartitionLayout } from '../../../src/domain/partition/partition-of.ts';

/** As a cluster has it by default. */
export const LAYOUT: PartitionLayout = { regions: ['local'], count: 64 };
/** A tenth of what one tenant may have by default: what is done for a tenant is done for that many. */
const GROUPS_PER_TENANT = 100;

/** A group that is to be stored, and what a claim of it needs to be known of it. */
export interface BenchGroup {
  readonly groupId: GroupId;
  readonly tenantId: TenantId;
  readonly partition: PartitionId;
  readonly version: CommitId;
  readonly policyIds: readonly PolicyId[];
}

/** So many groups with fresh ids, in ascending order of id, as a bulk load has them. */
export function newGroups(count: number, policiesPerGroup: number): readonly BenchGroup[] {
  const ids = Array.from({ length: count }, () => groupIdInRegion(systemRandom.uuid(), 0)).sort();
  return ids.map((groupId, index) => ({
    groupId,
    tenantId: tenantOf(index),
    partition: partitionIn(groupId),
    version: systemRandom.uuid() as CommitId,
    policyIds: Array.from(
      { length: policiesPerGroup },
      () => systemRandom.uuid() as PolicyId,
    ).sort(),
  }));
}

/** Whose the group in this place of a list is. */
export function tenantOf(index: number): TenantId {
  return `bench-${String(Math.floor(index / GROUPS_PER_TENANT))}` as TenantId;
}

/** A fresh group id in the partition. */
export function groupIdIn(partition: PartitionId): GroupId {
  for (;;) {
    const groupId = groupIdInRegion(systemRandom.uuid(), 0);
    if (partitionIn(groupId) === partition) return groupId;
  }
}

/** Where a group of ours lies. */
export function partitionIn(groupId: GroupId): PartitionId {
  const partition = partitionOf(groupId, LAYOUT);
  if (partition === undefined) throw new Error(`${groupId} is in no region`);
  return partition;
}

/** A policy that adds one each time: no limit is ever reached, so each claim writes the most that one can. */
export function oneMore(schedule: Schedule): PolicyDefinition {
  return {
    name: 'one more at the planned time',
    cooldownSeconds: 0,
    adjustment: { kind: 'change', amount: 1 },
    schedule,
  };
}

/** The fields of a group whose servers are what `launch` says. One that is paused is claimed, and not converged. */
export function groupFields(
  launch: { readonly type: string; readonly args: Readonly<Record<string, string>> },
  { isPaused = false }: { readonly isPaused?: boolean } = {},
): Readonly<Record<string, string>> {
  return {
    labels: encodeField({ name: 'a group of workers', metadata: { team: 'platform' } }),
    limits: encodeField({ minEntities: 0, maxEntities: 1_000_000, cooldownSeconds: 0 }),
    state: encodeField({ desired: 0, isPaused, isSuspended: false, isDeleting: false }),
    launch: encodeField(launch),
  };
}

/** Splits a list into pieces of at most so many. */
export function* chunksOf<Item>(
  items: readonly Item[],
  size: number,
): Generator<readonly Item[], void> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** When the policies of a group fire. */
export interface Timing {
  readonly cron: string;
  readonly plannedAt: EpochMs;
}
