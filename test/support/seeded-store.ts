/** The store of an embedded node, filled before the node starts and read after it has ended. */
import { createOrOpen } from '../../src/adapters/sqlite/file.ts';
import { SqliteStore } from '../../src/adapters/sqlite/store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { epochMs } from '../../src/base/clock.ts';
import type { EpochMs } from '../../src/base/clock.ts';
import { definitionField, encodeField, progressField } from '../../src/domain/group/fields.ts';
import type { GroupLimits, LaunchConfiguration } from '../../src/domain/group/group.ts';
import type { PolicyDefinition } from '../../src/domain/group/policy.ts';
import type { CommitId, GroupId, PolicyId, TenantId } from '../../src/domain/ids.ts';
import { groupIdInRegion, partitionOf } from '../../src/domain/partition/partition-of.ts';
import type { PartitionLayout } from '../../src/domain/partition/partition-of.ts';
import { ABSENT, NOT_AN_OWNER } from '../../src/ports/store.ts';
import type { Store, Unit } from '../../src/ports/store.ts';
import { nextPlanned } from './calendar.ts';
import type { CheckedGroup, CheckedPolicy } from './history-checker.ts';

/** Whose the groups are. */
export const TENANT = 'e2e' as TenantId;
/** What an embedded node divides its groups into. */
const LAYOUT: PartitionLayout = { regions: ['local'], count: 1 };
/** More than the history of a group holds. */
const EVENTS_MAX = 10_000;

/** A group to be. It begins with nothing desired. */
export interface GroupSeed {
  readonly name: string;
  readonly limits: GroupLimits;
  readonly launch: LaunchConfiguration;
  readonly policies: readonly PolicyDefinition[];
}

/** A group as it was put into the store. */
export interface SeededGroup {
  readonly name: string;
  readonly groupId: GroupId;
  readonly launchType: string;
  /** Those that have a schedule, and may have seconds in it, which the API refuses. */
  readonly scheduled: readonly CheckedPolicy[];
  /** Those that have none. */
  readonly onDemand: readonly PolicyId[];
}

/** What a store held when nothing used it any more. */
export interface StoredEnd {
  readonly identity: string;
  readonly groups: readonly CheckedGroup[];
  /** What SQLite's integrity check says: `ok`, or what is wrong. */
  readonly integrity: readonly string[];
}

/** Makes the store of a data folder and puts groups into it. `seeds` is given the store's clock. */
export async function seedStore(
  path: string,
  seeds: (now: EpochMs) => readonly GroupSeed[],
): Promise<{ readonly identity: string; readonly groups: readonly SeededGroup[] }> {
  const store = new SqliteStore(await open(path), systemClock);
  try {
    const groups: SeededGroup[] = [];
    for (const seed of seeds(systemClock.now())) groups.push(await putGroup(store, seed));
    return { identity: store.identity, groups };
  } finally {
    await store.close();
  }
}

/** Reads the seeded groups; those that are not there any more are left out. */
export async function readStore(path: string, seeded: readonly SeededGroup[]): Promise<StoredEnd> {
  const file = await open(path);
  const store = new SqliteStore(file, systemClock);
  try {
    const groups: CheckedGroup[] = [];
    for (const { groupId, scheduled } of seeded) {
      const { group } = await store.group(groupId);
      if (group === undefined) continue;
      const { desired } = JSON.parse(group.fields['state'] ?? '{}') as { readonly desired: number };
      const order = 'oldest-first';
      const events = await store.history(groupId, { from: undefined, order, limit: EVENTS_MAX });
      groups.push({ groupId, policies: scheduled, events, desired, due: group.due });
    }
    const rows = file.db
      .prepare<{ readonly verdict: string }>(
        'select integrity_check as verdict from pragma_integrity_check',
      )
      .all();
    return { identity: store.identity, groups, integrity: rows.map(({ verdict }) => verdict) };
  } finally {
    await store.close();
  }
}

/** Puts a group into a store. `regionIndex`: which region of the store's layout it is to be in. */
export async function putGroup(
  store: Store,
  seed: GroupSeed,
  regionIndex = 0,
): Promise<SeededGroup> {
  const groupId = groupIdInRegion(systemRandom.uuid(), regionIndex);
  const { now } = await store.group(groupId);
  const policies = seed.policies.map((definition) => ({
    id: systemRandom.uuid() as PolicyId,
    definition,
  }));
  const scheduled = policies.flatMap(({ id: policyId, definition: { schedule } }) =>
    schedule === undefined ? [] : [{ policyId, schedule, armedAt: now }],
  );
  const due = scheduled.map(({ policyId, schedule }) => {
    const first = nextPlanned(schedule, now);
    if (first === undefined) throw new Error(`${seed.name} has a schedule that never fires`);
    return { policyId, dueAt: epochMs(first) };
  });
  const partition = partitionOf(groupId, store.layout);
  if (partition === undefined) throw new Error(`${groupId} is in no region`);
  const unit: Unit = {
    ...{ groupId, tenantId: TENANT, expectVersion: ABSENT, remove: [], listing: 'keep' },
    ...{ commitId: systemRandom.uuid() as CommitId, decidedAt: now, divergence: 'mark', due },
    set: {
      labels: encodeField({ name: seed.name, metadata: {} }),
      limits: encodeField(seed.limits),
      state: encodeField({ desired: 0, isPaused: false, isSuspended: false, isDeleting: false }),
      launch: encodeField(seed.launch),
      ...Object.fromEntries(
        policies.map(({ id, definition }) => [definitionField(id), encodeField(definition)]),
      ),
      ...Object.fromEntries(
        due.map(({ policyId, dueAt }) => [
          progressField(policyId),
          encodeField({ plannedAt: dueAt }),
        ]),
      ),
    },
    events: [{ event: 'group.created', by: 'a test', desiredAfter: 0 }],
  };
  const committed = await store.commit(partition, NOT_AN_OWNER, [unit]);
  if (committed.kind !== 'answered' || committed.results[0] !== 'committed') {
    throw new Error(`${seed.name} was not stored: ${JSON.stringify(committed)}`);
  }
  const onDemand = policies.filter(({ definition }) => definition.schedule === undefined);
  return {
    ...{ name: seed.name, groupId, launchType: seed.launch.type, scheduled },
    onDemand: onDemand.map(({ id }) => id),
  };
}

function open(path: string): ReturnType<typeof createOrOpen> {
  return createOrOpen({ path, layout: LAYOUT, random: systemRandom });
}
