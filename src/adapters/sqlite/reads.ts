import type { EpochMs } from '../../base/clock.ts';
import { SUMMARY_FIELDS } from '../../domain/group/fields.ts';
import type { CommitId, GroupId, PartitionId, PolicyId, TenantId } from '../../domain/ids.ts';
import type { ListedGroup, PageRequest, StoredFields, StoredGroup } from '../../ports/store.ts';
import type { Database } from './open.ts';
import { isWhole } from './whole-text.ts';

/** What people and sweeps ask of groups. Each call is one statement, so it answers what was there at one moment. */
export interface GroupReads {
  group(groupId: GroupId): StoredGroup | undefined;
  ofTenant(tenantId: TenantId, page: PageRequest<string>): readonly ListedGroup[];
  countOfTenant(tenantId: TenantId): number;
  ofPartition(partition: PartitionId, page: PageRequest<GroupId>): readonly StoredGroup[];
}

/** All fields of the group as one JSON object, and the rest of what it is. */
interface WholeRow {
  readonly groupId: GroupId;
  readonly tenantId: TenantId;
  readonly version: CommitId;
  readonly generation: number;
  readonly isDivergent: 0 | 1;
  /** A JSON object: when each policy is due that is armed. */
  readonly due: string;
  readonly fields: string;
}

/** The group's id and the SUMMARY_FIELDS, in their order. */
type SummaryRow = readonly [groupId: GroupId, ...fields: readonly (string | null)[]];

// The driver takes as long for a row as SQLite for all fields of a group, so these come in the row of their group.
const WHOLE = `select id as groupId, tenant_id as tenantId, version, generation,
  divergent_at is not null as isDivergent,
  (select json_group_object(policy_id, due_at) from due where group_id = id) as due,
  (select json_group_object(name, value) from field where group_id = id) as fields
  from scaling_group`;
const SUMMARY = `select id, ${SUMMARY_FIELDS.map(
  (name) => `(select value from field where group_id = id and name = '${name}')`,
).join(', ')} from scaling_group`;

/** The groups that a store file keeps. */
export function groupReadsOf(db: Database): GroupReads {
  const one = db.prepare<WholeRow>(`${WHOLE} where id = ?`);
  // Every id is greater than the empty text.
  const ofTenant = db.prepare<SummaryRow>(
    `${SUMMARY} where tenant_id = ? and is_listed = 1 and id > ? order by id limit ?`,
  );
  ofTenant.setReturnArrays(true);
  const countOfTenant = db.prepare<{ count: number }>(
    'select count from listed where tenant_id = ?',
  );
  const ofPartition = db.prepare<WholeRow>(
    `${WHOLE} where partition = ? and id > ? order by id limit ?`,
  );

  return {
    group(groupId) {
      const row = one.get(groupId);
      return row && whole(row);
    },
    ofTenant(tenantId, { after, limit }) {
      if (!isWhole(tenantId)) return [];
      return ofTenant.all(tenantId, after ?? '', limit).map(summary);
    },
    countOfTenant(tenantId) {
      if (!isWhole(tenantId)) return 0;
      return countOfTenant.get(tenantId)?.count ?? 0;
    },
    ofPartition: (partition, { after, limit }) =>
      ofPartition.all(partition, after ?? '', limit).map(whole),
  };
}

function whole(row: WholeRow): StoredGroup {
  const { groupId, tenantId, version, generation } = row;
  return {
    ...{ groupId, tenantId, version, generation },
    isDivergent: row.isDivergent === 1,
    fields: JSON.parse(row.fields) as StoredFields, // names and values are texts
    due: row.due === '{}' ? NONE_DUE : dueIn(row.due),
  };
}

function summary([groupId, ...values]: SummaryRow): ListedGroup {
  const fields: Record<string, string> = {};
  SUMMARY_FIELDS.forEach((name, index) => {
    const value = values[index];
    if (value !== null && value !== undefined) fields[name] = value;
  });
  return { groupId, fields };
}

/** Most groups have no policy that is armed. */
const NONE_DUE: StoredGroup['due'] = new Map();

function dueIn(text: string): StoredGroup['due'] {
  const due = JSON.parse(text) as Readonly<Record<PolicyId, EpochMs>>; // as selected
  return new Map(Object.entries(due) as [PolicyId, EpochMs][]); // loses the type of the keys
}
