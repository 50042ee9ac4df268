import { epochMs, plusMs } from '../../src/base/clock.ts';
import type { EpochMs } from '../../src/base/clock.ts';
import type { CommitId, GroupId, PartitionId, TenantId } from '../../src/domain/ids.ts';
import { partitionId } from '../../src/domain/partition/partition-of.ts';
import { ABSENT } from '../../src/ports/store.ts';
import type { DueMove, Unit } from '../../src/ports/store.ts';
import { aCommitId, aGroupId, aPolicyId, aUnit, PARTITION, TENANT } from '../support/builders.ts';
import type { Arming, Change } from './store-operations.ts';

const ELSEWHERE = partitionId('there', 0);
/** The partitions that operations are about. */
export const PARTITIONS = [PARTITION, ELSEWHERE] as const;
/**
 * The last group that operations name is in a partition of its own. It is never removed: which tombstones
 * older than their hour a removal clears away, those of its partition or any, is up to each store.
 */
export const GROUP_MAX = 4;
/** The first of the groups that are only made in order to be removed. */
export const FIRST_GRAVE = 5;

const ODD_TENANT = '{ténant:1} \n*' as TenantId;
/** The tenants of all groups. */
export const TENANTS = [TENANT, ODD_TENANT] as const;

/** Does nothing. */
export const UNCHANGED: Change = {
  ...{ expects: 'current', ageMs: 0, set: {}, remove: [], due: [] },
  ...{ divergence: 'keep', listing: 'keep', events: [] },
};

const groupIds = new Map<number, GroupId>();

/** The id of the group with this number. */
export function groupIdOf(number: number): GroupId {
  const known = groupIds.get(number);
  if (known !== undefined) return known;
  const made = number === GROUP_MAX ? aGroupId(1, ELSEWHERE) : aGroupId(number);
  groupIds.set(number, made);
  return made;
}

/** Where the group with this number is. */
export function partitionOfGroup(number: number): PartitionId {
  return number === GROUP_MAX ? ELSEWHERE : PARTITION;
}

/** Whose the group with this number is. */
export function tenantOf(number: number): TenantId {
  return number === 3 ? ODD_TENANT : TENANT;
}

/** An event that says by whom, and where it stands among those of its commit. */
export function anEventBy(by: string, index: number): Unit['events'][number] {
  return { event: 'group.created', by, desiredAfter: index };
}

/** What is the case when a unit is made. */
export interface Circumstances {
  readonly group: number;
  readonly commitId: CommitId;
  readonly now: EpochMs;
  readonly versions: {
    readonly current: Unit['expectVersion'];
    /** What the last unit of the group expected. */
    readonly previous: Unit['expectVersion'];
  };
}

/** The unit that makes the change. */
export function unitOf(change: Change, { group, commitId, now, versions }: Circumstances): Unit {
  const { ageMs, expects, due, events, remove, set, divergence, listing } = change;
  const known = { ...versions, absent: ABSENT, 'unheard-of': aCommitId(0) } as const;
  const expectVersion = known[expects];
  const canRemove = (what: Unit['remove']): boolean =>
    typeof what !== 'string' ||
    (expectVersion !== ABSENT && (what === 'content' || group !== GROUP_MAX));
  return aUnit({
    ...{ commitId, expectVersion, set, divergence, listing },
    groupId: groupIdOf(group),
    tenantId: tenantOf(group),
    decidedAt: plusMs(now, -ageMs),
    remove: canRemove(remove) ? remove : [],
    due: due.map(([policy, arming]) => moveOf(policy, arming, now)),
    events: events.map(anEventBy),
  });
}

function moveOf(policy: number, arming: Arming, now: EpochMs): DueMove {
  const policyId = aPolicyId(policy);
  if (arming.kind === 'never') return { policyId, dueAt: undefined };
  return { policyId, dueAt: epochMs((arming.kind === 'in' ? now : 0) + arming.ms) };
}
