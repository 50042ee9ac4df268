/** What tests of use cases and of the API are made with: a store in memory, a clock that tests move, small groups. */
import { MemoryCalendarRegistry } from '../../src/adapters/memory/calendar-registry.ts';
import { createMemoryState } from '../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import { Turns } from '../../src/base/turns.ts';
import { plusMs } from '../../src/base/clock.ts';
import type { EpochMs } from '../../src/base/clock.ts';
import { decodeGroup } from '../../src/domain/group/fields.ts';
import type { Group } from '../../src/domain/group/group.ts';
import type { PolicyDefinition } from '../../src/domain/group/policy.ts';
import type { HistoryEvent } from '../../src/domain/history/event.ts';
import type { CommitId, GroupId, PolicyId, TenantId } from '../../src/domain/ids.ts';
import { allPartitions } from '../../src/domain/partition/partition-of.ts';
import { createScheduleCompiler } from '../../src/domain/schedule/occurrences.ts';
import { NOT_AN_OWNER } from '../../src/ports/store.ts';
import type { Store, StoredGroup, Unit } from '../../src/ports/store.ts';
import { createGroup } from '../../src/scaling/create-group.ts';
import type { GroupRequest } from '../../src/scaling/create-group.ts';
import type { ScalingDeps } from '../../src/scaling/scaling-deps.ts';
import { partitionOfTarget } from '../../src/scaling/write-group.ts';
import { LAYOUT, START, TENANT } from './builders.ts';
import { FakeClock } from './fake-clock.ts';
import { seededRandom } from './random.ts';

/** How much a tenant may have unless a test says otherwise. */
export const LIMITS: ScalingDeps['limits'] = {
  maxGroups: 1_000,
  maxPoliciesPerGroup: 100,
  maxWebhooksPerPolicy: 25,
};

export interface ScalingFixture {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly deps: ScalingDeps;
}

/** The use cases on an empty store in memory. */
export function aScaling(changes: Partial<ScalingDeps> = {}): ScalingFixture {
  const clock = new FakeClock(START);
  const store = new MemoryStore(createMemoryState({ identity: 'test', layout: LAYOUT }), clock);
  const deps: ScalingDeps = {
    store,
    calendars: new MemoryCalendarRegistry(),
    clock,
    random: seededRandom(1),
    turns: new Turns(),
    observe: () => undefined,
    occurrencesOf: createScheduleCompiler(100),
    limits: LIMITS,
    homeRegion: 'here',
    isServed: (type) => type === 'process',
    evictsOf: ({ type }) => (type === 'process' ? 'purged' : 'none'),
    ...changes,
  };
  return { clock, store: deps.store, deps };
}

/** Lets time pass until the promise is settled, for work that waits between its tries. */
export async function finish<Result>(clock: FakeClock, promise: Promise<Result>): Promise<Result> {
  const progress = { isSettled: false };
  const onSettled = (): void => {
    progress.isSettled = true;
  };
  promise.then(onSettled, onSettled);
  for (let passedMs = 0; !progress.isSettled; passedMs += 10) {
    if (passedMs > 60_000) throw new Error('nothing came of it within a minute');
    await clock.advance(10);
  }
  return promise;
}

/** What a promise was rejected with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('the promise was not rejected');
}

/** A signal that never aborts; each request has its own, as listeners pile up on one. */
function unlimited(): AbortSignal {
  return new AbortController().signal;
}

/** A group of 0 to 10 that has no cooldown. */
export function aGroupRequest(changes: Partial<GroupRequest> = {}): GroupRequest {
  return {
    tenantId: TENANT,
    labels: { name: 'web', metadata: {} },
    limits: { minEntities: 0, maxEntities: 10, cooldownSeconds: 0 },
    launch: { type: 'process', args: { command: ['sleep', '60'] } },
    policies: [],
    by: 'tester',
    signal: unlimited(),
    ...changes,
  };
}

/** A policy that adds one, at once, whenever somebody executes it. */
export function aPolicy(changes: Partial<PolicyDefinition> = {}): PolicyDefinition {
  return {
    name: 'up',
    cooldownSeconds: 0,
    adjustment: { kind: 'change', amount: 1 },
    ...changes,
  };
}

export interface CreatedGroup {
  readonly groupId: GroupId;
  readonly policyIds: readonly PolicyId[];
  readonly target: {
    readonly tenantId: TenantId;
    readonly groupId: GroupId;
    readonly signal: AbortSignal;
  };
}

/** Creates a group and fails where it cannot be created. */
export async function aGroup(
  deps: ScalingDeps,
  changes: Partial<GroupRequest> = {},
): Promise<CreatedGroup> {
  const request = aGroupRequest(changes);
  const result = await createGroup(deps, request);
  if (result.kind !== 'created') throw new Error(`cannot create a group: ${result.kind}`);
  const { id: groupId } = result.group;
  return {
    groupId,
    policyIds: result.policies.map(({ id }) => id),
    target: { tenantId: request.tenantId, groupId, signal: unlimited() },
  };
}

/** The group as the store has it; fails where it has none. */
export async function storedGroupOf(store: Store, groupId: GroupId): Promise<StoredGroup> {
  const { group } = await store.group(groupId);
  if (group === undefined) throw new Error(`the store has no group ${groupId}`);
  return group;
}

/** The group as the store has it, but for its version, which every record of a refusal moves. */
export async function unversioned(
  store: Store,
  groupId: GroupId,
): Promise<Omit<StoredGroup, 'version'>> {
  return without(await storedGroupOf(store, groupId), ['version']);
}

/** The group as the domain sees it. */
export async function groupOf(store: Store, groupId: GroupId): Promise<Group> {
  return decodeGroup(await storedGroupOf(store, groupId));
}

/** A group's history without numbers and times, and without what is told of changes besides, oldest first. */
export async function historyOf(store: Store, groupId: GroupId): Promise<readonly HistoryEvent[]> {
  const events = await store.history(groupId, {
    from: undefined,
    order: 'oldest-first',
    limit: 10_000,
  });
  return events.map(({ event }) => untraced(event));
}

/** An event as if nobody had asked what there was before and after, and who asked for it. */
function untraced(event: HistoryEvent): HistoryEvent {
  return 'by' in event ? without(event, ['changes', 'omittedCount', 'caller']) : event;
}

/** An object without some of its keys. */
function without<Value extends object>(value: Value, keys: readonly string[]): Value {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key))) as Value;
}

/** Changes a group behind the back of the use cases, as an owner's claim would. */
export async function commitDirectly(
  store: Store,
  groupId: GroupId,
  change: Partial<Unit>,
): Promise<void> {
  const { now } = await store.group(groupId);
  const group = await storedGroupOf(store, groupId);
  const partition = partitionOfTarget(store, groupId);
  if (partition === undefined) throw new Error(`group ${groupId} has no partition`);
  const result = await store.commit(partition, NOT_AN_OWNER, [
    {
      groupId,
      tenantId: group.tenantId,
      commitId: `direct-${group.version}` as CommitId,
      decidedAt: now,
      expectVersion: group.version,
      set: {},
      remove: [],
      due: [],
      divergence: 'keep',
      listing: 'keep',
      events: [],
      ...change,
    },
  ]);
  if (result.kind !== 'answered' || result.results[0] !== 'committed') {
    throw new Error(`a direct commit was not applied: ${JSON.stringify(result)}`);
  }
}

/**
 * Everything that a store holds, as a value that can be compared with what it holds later, but for the records of
 * refusals, and the versions that these give to groups.
 */
export async function contentOf(store: Store): Promise<unknown> {
  const content: unknown[] = [];
  for (const partition of allPartitions(store.layout)) {
    const { groups } = await store.walk(partition, { after: undefined, limit: 10_000 });
    for (const group of groups) {
      const { fields, ...rest } = without(group, ['version']);
      const events = await historyOf(store, group.groupId);
      const history = events.filter(({ event }) => event !== 'change.refused');
      content.push({ ...rest, fields: { ...fields }, due: [...group.due], history });
    }
  }
  return content;
}

/** An instant in ms after the start. */
export function after(ms: number): EpochMs {
  return plusMs(START, ms);
}
