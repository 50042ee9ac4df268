import { epochMs } from '../../src/base/clock.ts';
import type { EpochMs } from '../../src/base/clock.ts';
import type { HistoryEvent } from '../../src/domain/history/event.ts';
import type {
  CommitId,
  FencingToken,
  GroupId,
  PartitionId,
  PolicyId,
  TenantId,
} from '../../src/domain/ids.ts';
import { partitionId, partitionOf } from '../../src/domain/partition/partition-of.ts';
import type { PartitionLayout } from '../../src/domain/partition/partition-of.ts';
import { ABSENT } from '../../src/ports/store.ts';
import type { Unit } from '../../src/ports/store.ts';

/** Two regions of two partitions: the smallest in which each kind of mix-up can happen. */
export const LAYOUT: PartitionLayout = { regions: ['here', 'there'], count: 2 };
/** The partition that a test is about where it does not say. */
export const PARTITION: PartitionId = partitionId('here', 0);
/** The instant at which tests begin: 2026-01-01T00:00:00Z. */
export const START: EpochMs = epochMs(1_767_225_600_000);

/** The `number`-th group id, in ascending order, of those that lie in the partition. */
export function aGroupId(number = 1, partition: PartitionId = PARTITION): GroupId {
  const region = LAYOUT.regions.findIndex((name) => partition.startsWith(`${name}/`));
  let found = 0;
  for (let candidate = 1; ; candidate += 1) {
    const id = uuid(candidate * 256 + region) as GroupId;
    if (partitionOf(id, LAYOUT) === partition) found += 1;
    if (found === number) return id;
  }
}

/** The `number`-th policy id, in ascending order. */
export function aPolicyId(number = 1): PolicyId {
  return uuid(number) as PolicyId;
}

/** A commit id; equal numbers, equal ids. */
export function aCommitId(number: number): CommitId {
  return uuid(number) as CommitId;
}

/** A tenant. */
export const TENANT = 'tenant-1' as TenantId;

/** A token of a first owner. */
export function aToken(fields: Partial<FencingToken> = {}): FencingToken {
  return { epoch: 0, revision: 1, claimId: 'claim-1', ...fields };
}

/** A unit that makes a group and does nothing else. */
export function aUnit(fields: Partial<Unit> = {}): Unit {
  return {
    groupId: aGroupId(),
    tenantId: TENANT,
    commitId: aCommitId(1),
    decidedAt: START,
    expectVersion: ABSENT,
    set: {},
    remove: [],
    due: [],
    divergence: 'keep',
    listing: 'keep',
    events: [],
    ...fields,
  };
}

/** An event that a test can tell from others by its number. */
export function anEvent(number = 1): HistoryEvent {
  return { event: 'group.created', by: 'a test', desiredAfter: number };
}

/** A UUID of version 4 that ends in the number. */
function uuid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}
