import type { EpochMs } from '../../base/clock.ts';
import type { CommitId, GroupId, PartitionId, PolicyId, TenantId } from '../../domain/ids.ts';
import type {
  DivergentGroup,
  DivergentList,
  DueGroup,
  DueList,
  DuePolicy,
} from '../../ports/store.ts';
import type { Database } from './open.ts';

/** What the loops of a partition ask again and again. */
export interface LoopReads {
  due(partition: PartitionId, limit: number, now: EpochMs): DueList;
  divergent(partition: PartitionId, limit: number, now: EpochMs): DivergentList;
  /** When the next policy that is not due at `now` will be. */
  nextDueAt(partition: PartitionId, now: EpochMs): EpochMs | undefined;
}

interface DueRow {
  readonly groupId: GroupId;
  readonly policyId: PolicyId;
  readonly dueAt: EpochMs;
  readonly tenantId: TenantId;
  readonly version: CommitId;
  readonly limits: string | null;
  readonly state: string | null;
  readonly calendars: string | null;
  readonly definition: string | null;
  readonly progress: string | null;
}

/** The loops' reads of a store file. Each is a handful of statements, however long its answer. */
export function loopReadsOf(db: Database): LoopReads {
  const due = db.prepare<DueRow>(DUE);
  const nextDue = db.prepare<{ at: EpochMs | null }>(
    'select min(due_at) as at from due where partition = ? and due_at > ?',
  );
  const divergent = db.prepare<{ rows: string }>(DIVERGENT);
  const nextCheck = db.prepare<{ at: EpochMs | null }>(
    'select min(divergent_at) as at from scaling_group where partition = ? and divergent_at > ?',
  );

  function nextDueAt(partition: PartitionId, now: EpochMs): EpochMs | undefined {
    return nextDue.get(partition, now)?.at ?? undefined;
  }

  return {
    nextDueAt,
    due(partition, limit, now) {
      const rows = due.all(partition, now, limit);
      const nextAt = nextDueAt(partition, now);
      return { now, groups: groupedByGroup(rows), policyCount: rows.length, nextAt };
    },
    divergent(partition, limit, now) {
      const groups = divergentIn(divergent.get(partition, now, limit)?.rows);
      return { now, groups, nextAt: nextCheck.get(partition, now)?.at ?? undefined };
    },
  };
}

/** One statement for the whole batch: what the index of due times finds, with what a decision about each needs. */
const DUE = `
select d.group_id as groupId, d.policy_id as policyId, d.due_at as dueAt,
  g.tenant_id as tenantId, g.version,
  (select value from field where group_id = d.group_id and name = 'limits') as limits,
  (select value from field where group_id = d.group_id and name = 'state') as state,
  (select value from field where group_id = d.group_id and name = 'calendars') as calendars,
  (select value from field
    where group_id = d.group_id and name = 'policy:' || d.policy_id) as definition,
  (select value from field
    where group_id = d.group_id and name = 'progress:' || d.policy_id) as progress
from due d cross join scaling_group g on g.id = d.group_id
where d.partition = ? and d.due_at <= ?
order by d.due_at, d.group_id, d.policy_id limit ?`;

/** The rows as one JSON array: the driver takes twice as long for a batch of them as SQLite and JSON do together. */
const DIVERGENT = `
select json_group_array(json_array(id, tenant_id, generation, divergent_at, launch)) as rows from (
  select id, tenant_id, generation, divergent_at,
    (select value from field where group_id = id and name = 'launch') as launch
  from scaling_group where partition = ? and divergent_at <= ?
  order by divergent_at, id limit ?)`;

type DivergentRow = readonly [
  groupId: GroupId,
  tenantId: TenantId,
  generation: number,
  checkAt: EpochMs,
  launch: string | null,
];

function divergentIn(rows = '[]'): readonly DivergentGroup[] {
  // as selected
  const groups = (JSON.parse(rows) as readonly DivergentRow[]).map(
    ([groupId, tenantId, generation, checkAt, launch]) => ({
      ...{ groupId, tenantId, generation, checkAt, launch: launch ?? undefined },
    }),
  );
  // SQLite does not promise that an array is in the order of its rows; where it is, this costs next to nothing.
  return groups.sort((a, b) => a.checkAt - b.checkAt || (a.groupId < b.groupId ? -1 : 1));
}

/** Rows keep their order: groups by their earliest policy, policies by their own time. */
function groupedByGroup(rows: readonly DueRow[]): readonly DueGroup[] {
  const groups = new Map<GroupId, DueGroup & { readonly policies: DuePolicy[] }>();
  for (const row of rows) {
    const { groupId, tenantId, version, policyId, dueAt } = row;
    let group = groups.get(groupId);
    if (group === undefined) {
      group = { groupId, tenantId, version, fields: decisionFields(row), policies: [] };
      groups.set(groupId, group);
    }
    const definition = row.definition ?? undefined;
    group.policies.push({ policyId, dueAt, definition, progress: row.progress ?? undefined });
  }
  return [...groups.values()];
}

function decisionFields({ limits, state, calendars }: DueRow): DueGroup['fields'] {
  if (limits !== null && state !== null && calendars === null) return { limits, state }; // as nearly always, and three times as fast
  return {
    ...(limits === null ? {} : { limits }),
    ...(state === null ? {} : { state }),
    ...(calendars === null ? {} : { calendars }),
  };
}
