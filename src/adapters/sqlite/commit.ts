/**
 * Commits one unit: judges it, and applies it whole where nothing speaks against it.
 *
 * The guard and the first write are one statement, an update (or a deletion, or an insertion) under the
 * condition that the version is the expected one. On the way that nearly every unit takes, nothing is
 * read first; only a unit that is not applied is looked at again to tell why.
 */
import { assert } from '../../base/assert.ts';
import type { EpochMs } from '../../base/clock.ts';
import {
  isDecisionCurrent,
  mayBeForgotten,
  REMEMBERED_MAX,
  TOMBSTONE_MS,
  TOMBSTONES_CLEARED_MAX,
} from '../../domain/group/commit-rules.ts';
import type { CommitId, GroupId, PartitionId } from '../../domain/ids.ts';
import { ABSENT } from '../../ports/store.ts';
import type { DueMove, Unit, UnitResult } from '../../ports/store.ts';
import { translated, UnkeepableError } from './errors.ts';
import type { Fields } from './fields.ts';
import type { Histories } from './history.ts';
import type { Database } from './open.ts';
import { wholeText } from './whole-text.ts';

/** What all units of one commit share. */
interface CommitContext {
  readonly partition: PartitionId;
  readonly isOwner: boolean;
  readonly now: EpochMs;
}

/** Commits one unit. Belongs inside a write transaction, which must be rolled back where it throws. */
export type CommitUnit = (unit: Unit, context: CommitContext) => UnitResult;

/** The parts of a store file that a unit may change. */
export interface CommitParts {
  readonly db: Database;
  readonly fields: Fields;
  readonly histories: Histories;
}

/** How units are committed to a store file. Throws `unit-refused` where the file cannot keep what a unit holds. */
export function unitCommitter(parts: CommitParts): CommitUnit {
  const guard = guardOn(parts.db);
  const memory = memoryOn(parts.db);
  const arm = armingOn(parts.db);

  function commitUnit(unit: Unit, context: CommitContext): UnitResult {
    const remembered = context.isOwner ? undefined : memory.recall(unit);
    if (remembered?.isRepeat === 1) return 'committed';
    if (!isDecisionCurrent(unit.decidedAt, context.now)) return whyNot(unit, remembered);
    if (unit.remove === 'group') {
      if (!guard.remove(unit)) return whyNot(unit, remembered);
      memory.bury(unit, context.now);
    } else {
      const last = guard.pass(unit, context);
      if (last === undefined) return whyNot(unit, remembered);
      apply(unit, unit.remove, { last, context });
    }
    if (remembered !== undefined) memory.remember(unit, remembered.number + 1, context.now);
    return 'committed';
  }

  /** All but the group's own row, which the guard has written. */
  function apply(
    unit: Unit,
    removed: readonly string[] | 'content',
    { last, context }: { readonly last: number; readonly context: CommitContext },
  ): void {
    const { groupId, events } = unit;
    if (unit.listing === 'drop') guard.unlist(groupId);
    if (removed === 'content') guard.empty(groupId);
    else parts.fields.remove(groupId, removed);
    parts.fields.set(groupId, unit.set);
    for (const move of unit.due) arm(groupId, move, context.partition);
    if (events.length > 0) parts.histories.append({ groupId, last, events, now: context.now });
  }

  /** What to answer to a unit that was not applied. */
  function whyNot(unit: Unit, remembered: Remembered | undefined): UnitResult {
    const found = memory.versionOf(unit.groupId);
    if (found?.version === unit.commitId) return 'committed';
    const present = found?.isPresent === 1 ? found.version : ABSENT;
    if (present === unit.expectVersion || remembered === undefined) return 'stale';
    // Judged before its age: of an old repeat that was forgotten, `stale` would say that it was never applied.
    const { count, oldestAt } = remembered;
    return mayBeForgotten({ count, oldestAt: oldestAt ?? undefined }, unit.decidedAt)
      ? 'unknown'
      : 'stale';
  }

  return (unit, context) => {
    try {
      return guard.isFull(unit) ? 'full' : commitUnit(unit, context);
    } catch (error) {
      throw translated(`committing the unit of group ${unit.groupId}`, error);
    }
  };
}

interface Guard {
  /** Moves the group's row to the unit's commit; answers the number of its last event, undefined where the version is another. */
  pass(unit: Unit, context: CommitContext): number | undefined;
  /** Deletes the group with all that is its own; false where the version is another. */
  remove(unit: Unit): boolean;
  unlist(groupId: GroupId): void;
  /** Deletes what is the group's own, all but its row and what it remembers of commits. */
  empty(groupId: GroupId): void;
  /** Whether the group is not on its tenant's list, and that has no room for it. */
  isFull(unit: Unit): boolean;
}

function guardOn(db: Database): Guard {
  const keep = db.prepare<{ sequence: number }>(
    `update scaling_group set version = ?, sequence = sequence + ?
     where id = ? and version = ? returning sequence`,
  );
  // Apart from `keep`, since setting divergent_at at all moves an entry of its index.
  const mark = db.prepare<{ sequence: number }>(
    `update scaling_group set version = ?, sequence = sequence + ?,
       generation = generation + 1, divergent_at = ?
     where id = ? and version = ? returning sequence`,
  );
  const create = db.prepare(
    `insert into scaling_group
       (id, partition, tenant_id, version, is_listed, generation, divergent_at, sequence)
     values (?, ?, ?, ?, 1, ?, ?, ?) on conflict (id) do nothing`,
  );
  const unearth = db.prepare('delete from tombstone where group_id = ?');
  const remove = db.prepare('delete from scaling_group where id = ? and version = ?');
  const unlist = db.prepare('update scaling_group set is_listed = 0 where id = ?');
  const emptying = ['field', 'due', 'event'].map((table) =>
    db.prepare(`delete from ${table} where group_id = ?`),
  );
  const listed = db.prepare<{ count: number; isIn: 0 | 1 }>(
    `select coalesce((select count from listed where tenant_id = ?1), 0) as count,
       exists (select 1 from scaling_group
         where id = ?2 and tenant_id = ?1 and is_listed = 1) as isIn`,
  );

  function made(unit: Unit, { partition, now }: CommitContext): number | undefined {
    const { groupId, tenantId, commitId, divergence, events } = unit;
    const generation = divergence === 'mark' ? 1 : 0;
    const divergentAt = divergence === 'mark' ? now : null;
    const tenant = wholeText(tenantId, 'the tenant');
    const row = [groupId, partition, tenant, commitId, generation, divergentAt, events.length];
    if (create.run(...row).changes === 0) return undefined;
    unearth.run(groupId);
    return events.length;
  }

  return {
    pass(unit, context) {
      const { groupId, commitId, expectVersion, events } = unit;
      if (expectVersion === ABSENT) return made(unit, context);
      const moved =
        unit.divergence === 'mark'
          ? mark.get(commitId, events.length, context.now, groupId, expectVersion)
          : keep.get(commitId, events.length, groupId, expectVersion);
      return moved?.sequence;
    },
    isFull({ groupId, tenantId, listingMax, listedElsewhere = 0 }) {
      if (listingMax === undefined) return false;
      const { count = 0, isIn = 0 } = listed.get(tenantId, groupId) ?? {};
      return isIn === 0 && count + listedElsewhere >= listingMax;
    },
    remove: ({ groupId, expectVersion }) => remove.run(groupId, expectVersion).changes !== 0,
    unlist: (groupId) => void unlist.run(groupId),
    empty(groupId) {
      for (const statement of emptying) statement.run(groupId);
    },
  };
}

/** What a group remembers of the commits that were not an owner's, seen from one unit. */
interface Remembered {
  readonly count: number;
  readonly oldestAt: EpochMs | null;
  /** Number of the last one. */
  readonly number: number;
  readonly isRepeat: 0 | 1;
}

interface Memory {
  recall(unit: Unit): Remembered;
  remember(unit: Unit, number: number, now: EpochMs): void;
  /** Leaves a tombstone for the group, and clears away a few that nobody needs any longer. */
  bury(unit: Unit, now: EpochMs): void;
  /** The version of the group, or the last one of a group that was removed. */
  versionOf(
    groupId: GroupId,
  ): { readonly version: CommitId; readonly isPresent: 0 | 1 } | undefined;
}

function memoryOn(db: Database): Memory {
  const recall = db.prepare<Remembered>(
    `select count(*) as count, min(at) as oldestAt, coalesce(max(number), 0) as number,
       coalesce(max(commit_id = ?), 0) as isRepeat
     from remembered where group_id = ?`,
  );
  const remember = db.prepare(
    'insert into remembered (group_id, number, commit_id, at) values (?, ?, ?, ?)',
  );
  const forget = db.prepare('delete from remembered where group_id = ? and number <= ?');
  const outlived = db.prepare<{ groupId: GroupId }>(
    `select group_id as groupId from tombstone where removed_at < ?
     order by removed_at, group_id limit ${TOMBSTONES_CLEARED_MAX}`,
  );
  const unearth = db.prepare('delete from tombstone where group_id = ?');
  const bury = db.prepare('insert into tombstone (group_id, version, removed_at) values (?, ?, ?)');
  const version = db.prepare<{ version: CommitId; isPresent: 0 | 1 }>(
    `select version, 1 as isPresent from scaling_group where id = ?1
     union all select version, 0 from tombstone where group_id = ?1`,
  );

  return {
    recall({ commitId, groupId }) {
      const found = recall.get(commitId, groupId);
      assert(found !== undefined, 'an aggregate without grouping answers one row');
      return found;
    },
    remember({ commitId, groupId }, number, now) {
      remember.run(groupId, number, commitId, now);
      if (number > REMEMBERED_MAX) forget.run(groupId, number - REMEMBERED_MAX);
    },
    bury({ groupId, commitId }, now) {
      for (const old of outlived.all(now - TOMBSTONE_MS)) {
        forget.run(old.groupId, Number.MAX_SAFE_INTEGER);
        unearth.run(old.groupId);
      }
      bury.run(groupId, commitId, now);
    },
    versionOf: (groupId) => version.get(groupId),
  };
}

function armingOn(db: Database): (groupId: GroupId, move: DueMove, partition: PartitionId) => void {
  const arm = db.prepare(
    `insert into due (group_id, policy_id, partition, due_at) values (?, ?, ?, ?)
     on conflict (group_id, policy_id) do update set due_at = excluded.due_at`,
  );
  const disarm = db.prepare('delete from due where group_id = ? and policy_id = ?');
  return (groupId, { policyId, dueAt }, partition) => {
    if (dueAt === undefined) {
      disarm.run(groupId, policyId);
    } else if (Number.isSafeInteger(dueAt)) {
      arm.run(groupId, policyId, partition, dueAt);
    } else {
      // SQLite has integers that JavaScript cannot read back: such a row would spoil every scan.
      throw new UnkeepableError(`policy ${policyId} cannot be due at ${String(dueAt)}`);
    }
  };
}
