/** Groups that fire while nodes come and go, and what their histories say of it in the end. */
import { systemRandom } from '../../../src/adapters/system/random.ts';
import { epochMs } from '../../../src/base/clock.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import { definitionField, encodeField, progressField } from '../../../src/domain/group/fields.ts';
import type { Schedule } from '../../../src/domain/group/policy.ts';
import type { RecordedEvent } from '../../../src/domain/history/event.ts';
import type {
  CommitId,
  GroupId,
  PartitionId,
  PolicyId,
  TenantId,
} from '../../../src/domain/ids.ts';
import { groupIdInRegion } from '../../../src/domain/partition/partition-of.ts';
import { ABSENT, NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type { Store, Unit } from '../../../src/ports/store.ts';
import { nextPlanned } from '../../support/calendar.ts';
import { checkHistory } from '../../support/history-checker.ts';
import type { CheckedPolicy } from '../../support/history-checker.ts';
import { chunksOf, groupFields, groupIdIn, oneMore, partitionIn, tenantOf } from './groups.ts';
import type { Receiver } from './receiver.ts';
import { byPartition } from './seed.ts';

/** Each policy fires every so many seconds. */
const PERIOD_SECONDS = 10;
const UNITS_MAX = 100;
const READS_AT_ONCE = 200;
const EVENTS_MAX = 10_000;

/** A group that fires, as it was stored. */
export interface FiringGroup {
  readonly groupId: GroupId;
  readonly partition: PartitionId;
  readonly policies: readonly CheckedPolicy[];
}

/** One claim, as the history has it. */
export interface Claim {
  readonly partition: PartitionId;
  readonly dueAt: number;
  /** The store's clock at its commit. */
  readonly at: number;
}

/** So many groups of one policy each; the same number of them is due at every second. */
export function storeFiring(
  store: Store,
  receiver: Receiver,
  count: number,
): Promise<readonly FiringGroup[]> {
  const plans = Array.from({ length: count }, (_, index) => ({
    groupId: groupIdInRegion(systemRandom.uuid(), 0),
    tenantId: tenantOf(index),
    schedules: [everyPeriod(index % PERIOD_SECONDS)],
    isPaused: false,
  }));
  return storeGroups(store, receiver, plans);
}

/**
 * A group in each of the partitions, with a policy that is due once at each of the instants. The groups are
 * paused: what is measured with them is claims, and not the load of so many orders.
 */
export function storeProbes(
  store: Store,
  receiver: Receiver,
  { partitions, instants }: Probes,
): Promise<readonly FiringGroup[]> {
  const schedules = instants.map((instant) => ({
    ...{ kind: 'at', at: new Date(instant).toISOString() },
  })) as readonly Schedule[]; // 'at' is one of its kinds
  const plans = partitions.map((partition, index) => ({
    tenantId: tenantOf(index),
    ...{ groupId: groupIdIn(partition), schedules, isPaused: true },
  }));
  return storeGroups(store, receiver, plans);
}

interface Probes {
  readonly partitions: readonly PartitionId[];
  readonly instants: readonly number[];
}

/** Fires at this second of every period. */
function everyPeriod(second: number): Schedule {
  const seconds = Array.from(
    { length: 60 / PERIOD_SECONDS },
    (_, index) => second + index * PERIOD_SECONDS,
  );
  return { kind: 'cron', cron: `${seconds.join(',')} * * * * *` };
}

interface GroupPlan {
  readonly groupId: GroupId;
  readonly tenantId: TenantId;
  readonly schedules: readonly Schedule[];
  readonly isPaused: boolean;
}

async function storeGroups(
  store: Store,
  receiver: Receiver,
  plans: readonly GroupPlan[],
): Promise<readonly FiringGroup[]> {
  const first = plans[0];
  if (first === undefined) return [];
  const inPartitions = plans.map((plan) => ({ plan, partition: partitionIn(plan.groupId) }));
  const stored: FiringGroup[] = [];
  await Promise.all(
    [...byPartition(inPartitions)].map(async ([partition, inside]) => {
      for (const chunk of chunksOf(inside, UNITS_MAX)) {
        const { now } = await store.group(first.groupId);
        const made = chunk.map(({ plan }) => newGroup(plan, now, receiver));
        const units = made.map(({ unit }) => unit);
        const commit = await store.commit(partition, NOT_AN_OWNER, units);
        const isStored =
          commit.kind === 'answered' && commit.results.every((result) => result === 'committed');
        if (!isStored) throw new Error(`the store did not take groups: ${JSON.stringify(commit)}`);
        stored.push(...made.map(({ unit, policies }) => ({ ...unit, partition, policies })));
      }
    }),
  );
  return stored.map(({ groupId, partition, policies }) => ({ groupId, partition, policies }));
}

function newGroup(
  { groupId, tenantId, schedules, isPaused }: GroupPlan,
  now: EpochMs,
  receiver: Receiver,
): { readonly unit: Unit; readonly policies: readonly CheckedPolicy[] } {
  const armed = schedules.map((schedule) => ({
    ...{ policyId: systemRandom.uuid() as PolicyId, schedule },
    dueAt: epochMs(nextPlanned(schedule, now) ?? Number.NaN),
  }));
  const launch = { type: 'webhook', args: { url: receiver.urlOf(groupId) } };
  const unit: Unit = {
    ...{ groupId, tenantId, expectVersion: ABSENT, remove: [], listing: 'keep' },
    ...{ commitId: systemRandom.uuid() as CommitId, decidedAt: now, divergence: 'mark' },
    set: {
      ...groupFields(launch, { isPaused }),
      ...Object.fromEntries(
        armed.flatMap(({ policyId, schedule, dueAt }) => [
          [definitionField(policyId), encodeField(oneMore(schedule))],
          [progressField(policyId), encodeField({ plannedAt: dueAt })],
        ]),
      ),
    },
    due: armed.map(({ policyId, dueAt }) => ({ policyId, dueAt })),
    events: [{ event: 'group.created', by: 'bench', desiredAfter: 0 }],
  };
  return {
    unit,
    policies: armed.map(({ policyId, schedule }) => ({ policyId, schedule, armedAt: now })),
  };
}

/** What the histories of groups amount to. */
export interface Accounts {
  readonly claims: readonly Claim[];
  readonly lostCount: number;
  readonly doubledCount: number;
  /** Everything else that is wrong with them, and the first few of these. */
  readonly faults: readonly string[];
}

/** Waits until all that was planned by now is decided, and reads and judges all histories. */
export async function accountFor(store: Store, groups: readonly FiringGroup[]): Promise<Accounts> {
  const claims: Claim[] = [];
  const faults: { readonly kind: string; readonly what: string }[] = [];
  const until = Date.now();
  for (const chunk of chunksOf(groups, READS_AT_ONCE)) {
    const checked = await Promise.all(chunk.map((group) => readGroup(store, group, until)));
    for (const { group, partition } of checked) {
      faults.push(...checkHistory(group, until).faults);
      for (const { at, event } of group.events) {
        if (event.event === 'policy.fired') claims.push({ partition, dueAt: event.dueAt, at });
      }
    }
  }
  const countOf = (kind: string): number => faults.filter((fault) => fault.kind === kind).length;
  return {
    claims,
    lostCount: countOf('lost'),
    doubledCount: countOf('doubled'),
    faults: faults.map(({ kind, what }) => `${kind}: ${what}`),
  };
}

/** A group and its history as they were at one moment, when nothing up to `until` was due any more. */
async function readGroup(
  store: Store,
  { groupId, partition, policies }: FiringGroup,
  until: number,
): Promise<{
  readonly group: Parameters<typeof checkHistory>[0];
  readonly partition: PartitionId;
}> {
  for (let tries = 0; tries < READ_TRIES_MAX; tries += 1) {
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, READ_AGAIN_MS));
    const before = await store.group(groupId);
    const events = await allEvents(store, groupId);
    const { group } = await store.group(groupId);
    if (group === undefined || group.version !== before.group?.version) continue;
    if ([...group.due.values()].some((dueAt) => dueAt <= until)) continue;
    const { desired } = JSON.parse(group.fields['state'] ?? '{}') as { readonly desired: number };
    return { partition, group: { groupId, policies, events, desired, due: group.due } };
  }
  throw new Error(`group ${groupId} never stood still between two reads`);
}

const READ_TRIES_MAX = 200;
const READ_AGAIN_MS = 50;

function allEvents(store: Store, groupId: GroupId): Promise<readonly RecordedEvent[]> {
  return store.history(groupId, { from: undefined, order: 'oldest-first', limit: EVENTS_MAX });
}
