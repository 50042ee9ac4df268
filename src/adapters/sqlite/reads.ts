import type { EpochMs } from '../../base/clock.ts';
import { SUMMARY_FIELDS } from '../../domain/group/fields.ts';
import type { CommitId, GroupId, PartitionId, PolicyId, TenantId } from '../../domain/ids.ts';
import type { PageRequest, StoredFields, StoredGroup } from '../../ports/store.ts';
import type { Fields } from './fields.ts';
import type { Database } from './open.ts';
import { isWhole } from './whole-text.ts';

/** What people and sweeps ask of groups. */
export interface GroupReads {
  group(groupId: GroupId): StoredGroup | undefined;
  ofTenant(tenantId: TenantId, page: PageRequest<string>): readonly StoredGroup[];
  countOfTenant(tenantId: TenantId): number;
  ofPartition(partition: PartitionId, page: PageRequest<GroupId>): readonly StoredGroup[];
}

interface GroupRow {
  readonly groupId: GroupId;
  readonly tenantId: TenantId;
  readonly version: CommitId;
  readonly generation: number;
  readonly isDivergent: 0 | 1;
}

/** The groups that a store file keeps. Calls that read several groups belong inside a read transaction. */
export function groupReadsOf(db: Database, fields: Fields): GroupReads {
  const columns = `select id as groupId, tenant_id as tenantId, version, generation,
    divergent_at is not null as isDivergent from scaling_group`;
  const one = db.prepare<GroupRow>(`${columns} where id = ?`);
  // Every id is greater than the empty text.
  const ofTenant = db.prepare<GroupRow>(
    `${columns} where tenant_id = ? and is_listed = 1 and id > ? order by id limit ?`,
  );
  const countOfTenant = db.prepare<{ count: number }>(
    'select count(*) as count from scaling_group where tenant_id = ? and is_listed = 1',
  );
  const ofPartition = db.prepare<GroupRow>(
    `${columns} where partition = ? and id > ? order by id limit ?`,
  );
  const due = db.prepare<{ policyId: PolicyId; dueAt: EpochMs }>(
    'select policy_id as policyId, due_at as dueAt from due where group_id = ?',
  );

  function whole(row: GroupRow, texts: StoredFields): StoredGroup {
    const armed = due.all(row.groupId).map(({ policyId, dueAt }) => [policyId, dueAt] as const);
    return { ...row, isDivergent: row.isDivergent === 1, fields: texts, due: new Map(armed) };
  }

  return {
    group(groupId) {
      const row = one.get(groupId);
      return row && whole(row, fields.all(groupId));
    },
    ofTenant(tenantId, { after, limit }) {
      if (!isWhole(tenantId)) return [];
      return ofTenant
        .all(tenantId, after ?? '', limit)
        .map((row) => whole(row, fields.pick(row.groupId, SUMMARY_FIELDS)));
    },
    countOfTenant(tenantId) {
      if (!isWhole(tenantId)) return 0;
      return countOfTenant.get(tenantId)?.count ?? 0;
    },
    ofPartition: (partition, { after, limit }) =>
      ofPartition
        .all(partition, after ?? '', limit)
        .map((row) => whole(row, fields.all(row.groupId))),
  };
}
