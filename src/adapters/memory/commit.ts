import type { EpochMs } from '../../base/clock.ts';
import { LutraError } from '../../base/errors.ts';
import {
  isDecisionCurrent,
  mayBeForgotten,
  REMEMBERED_MAX,
  TOMBSTONE_MS,
  TOMBSTONES_CLEARED_MAX,
} from '../../domain/group/commit-rules.ts';
import type { GroupId, PartitionId } from '../../domain/ids.ts';
import { ABSENT } from '../../ports/store.ts';
import type { FieldName, Unit, UnitResult } from '../../ports/store.ts';
import { appendEvents } from './state.ts';
import type { MemoryGroup, MemoryState, Remembered } from './state.ts';

/** What all units of one commit share. */
export interface CommitContext {
  readonly state: MemoryState;
  readonly partition: PartitionId;
  readonly isOwner: boolean;
  readonly now: EpochMs;
}

/** Throws `unit-refused` where a unit holds what a store cannot keep. Called for all units before the first is applied. */
export function assertStorable(unit: Unit): void {
  for (const [name, value] of Object.entries<unknown>(unit.set)) {
    if (typeof value !== 'string') throw refused(unit, `field "${name}" is not a text`);
  }
  for (const { policyId, dueAt } of unit.due) {
    if (dueAt !== undefined && !Number.isSafeInteger(dueAt)) {
      throw refused(unit, `policy ${policyId} is due at ${String(dueAt)}`);
    }
  }
}

/** Judges one unit and, where nothing speaks against it, applies it. Every check comes before the first change. */
export function applyUnit(unit: Unit, context: CommitContext): UnitResult {
  const group = context.state.groups.get(unit.groupId);
  const obstacle = isFull(unit, group, context) ? 'full' : obstacleTo(unit, group, context);
  if (obstacle !== undefined) return obstacle;

  if (unit.remove === 'group') removeGroup(unit, context);
  else applyChanges(unit, unit.remove, group ?? createGroup(unit, context), context.now);
  if (!context.isOwner) remember(unit, context);
  return 'committed';
}

/** What to answer without applying the unit; undefined where it is to be applied. */
function obstacleTo(
  unit: Unit,
  group: MemoryGroup | undefined,
  context: CommitContext,
): UnitResult | undefined {
  const remembered = rememberedOf(unit.groupId, context);
  const lastVersion = (group ?? context.state.tombstones.get(unit.groupId))?.version;
  if (lastVersion === unit.commitId) return 'committed';
  if (remembered.some(({ commitId }) => commitId === unit.commitId)) return 'committed';
  if ((group?.version ?? ABSENT) !== unit.expectVersion) {
    // Judged before its age: of an old repeat that was forgotten, `stale` would say that it was never applied.
    return mayBeForgotten(summaryOf(remembered), unit.decidedAt) ? 'unknown' : 'stale';
  }
  return isDecisionCurrent(unit.decidedAt, context.now) ? undefined : 'stale';
}

/** Whether the group is new to its tenant's list, which has no room for it. */
function isFull(
  { listingMax, listedElsewhere = 0, tenantId }: Unit,
  group: MemoryGroup | undefined,
  { state }: CommitContext,
): boolean {
  if (listingMax === undefined || group?.isListed === true) return false;
  const listed = [...state.groups.values()].filter(
    (other) => other.isListed && other.tenantId === tenantId,
  );
  return listed.length + listedElsewhere >= listingMax;
}

/** The commits that answer a repeat. An owner needs none: the cursor shows it whether its claim was applied. */
function rememberedOf(groupId: GroupId, { state, isOwner }: CommitContext): readonly Remembered[] {
  return isOwner ? [] : (state.remembered.get(groupId) ?? []);
}

function summaryOf(remembered: readonly Remembered[]): {
  readonly count: number;
  readonly oldestAt: EpochMs | undefined;
} {
  const [oldestAt] = remembered.map(({ at }) => at).sort((a, b) => a - b);
  return { count: remembered.length, oldestAt };
}

function createGroup(unit: Unit, { state, partition }: CommitContext): MemoryGroup {
  const { groupId, tenantId, commitId } = unit;
  const group: MemoryGroup = {
    ...{ groupId, tenantId, partition, version: commitId, isListed: true, generation: 0 },
    ...{ divergentAt: undefined, lock: undefined, sequence: 0, events: [] },
    fields: new Map(),
    due: new Map(),
  };
  state.tombstones.delete(groupId);
  state.groups.set(groupId, group);
  return group;
}

function applyChanges(
  unit: Unit,
  removed: readonly FieldName[] | 'content',
  group: MemoryGroup,
  now: EpochMs,
): void {
  group.version = unit.commitId;
  if (unit.divergence === 'mark') {
    group.generation += 1;
    group.divergentAt = now;
  }
  if (unit.listing === 'drop') group.isListed = false;
  if (removed === 'content') empty(group);
  else for (const name of removed) group.fields.delete(name);
  for (const [name, value] of Object.entries(unit.set)) group.fields.set(name, value);
  for (const { policyId, dueAt } of unit.due) {
    if (dueAt === undefined) group.due.delete(policyId);
    else group.due.set(policyId, dueAt);
  }
  appendEvents(group, unit.events, now);
}

function empty(group: MemoryGroup): void {
  group.fields.clear();
  group.due.clear();
  group.events.length = 0;
}

function removeGroup(unit: Unit, { state, now }: CommitContext): void {
  state.groups.delete(unit.groupId);
  for (const groupId of outlivedTombstones(state, now)) {
    state.tombstones.delete(groupId);
    state.remembered.delete(groupId);
  }
  state.tombstones.set(unit.groupId, { version: unit.commitId, removedAt: now });
}

/** The tombstones that need not be kept any longer, the oldest first, and no more than one removal clears. */
function outlivedTombstones(state: MemoryState, now: EpochMs): readonly GroupId[] {
  return [...state.tombstones]
    .map(([groupId, { removedAt }]) => ({ groupId, removedAt }))
    .filter(({ removedAt }) => now - removedAt > TOMBSTONE_MS)
    .sort((a, b) => a.removedAt - b.removedAt || (a.groupId < b.groupId ? -1 : 1))
    .slice(0, TOMBSTONES_CLEARED_MAX)
    .map(({ groupId }) => groupId);
}

function remember(unit: Unit, { state, now }: CommitContext): void {
  const remembered = state.remembered.get(unit.groupId) ?? [];
  const entry = { commitId: unit.commitId, at: now };
  state.remembered.set(unit.groupId, [...remembered, entry].slice(-REMEMBERED_MAX));
}

function refused(unit: Unit, why: string): LutraError {
  return new LutraError('unit-refused', `cannot keep the unit of group ${unit.groupId}: ${why}`);
}
