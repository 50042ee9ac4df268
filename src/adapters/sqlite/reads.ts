import { LRUCache } from 'lru-cache';
import { assert } from '../../base/assert.ts';
import type { EpochMs } from '../../base/clock.ts';
import { SETTLED_FIELD, SUMMARY_FIELDS } from '../../domain/group/fields.ts';
import type { CommitId, GroupId, PartitionId, PolicyId, TenantId } from '../../domain/ids.ts';
import type {
  ListedGroup,
  PageRequest,
  StoredFields,
  StoredGroup,
  Unit,
} from '../../ports/store.ts';
import type { Database } from './open.ts';
import { isWhole } from './whole-text.ts';

/**
 * What people and sweeps ask of groups. To people, a group that was read before and is as it was is answered by the very same
 * object, frozen, so that others can keep what they made of it. Lists of tenants belong inside a transaction, to be of one moment.
 */
export interface GroupReads {
  group(groupId: GroupId): StoredGroup | undefined;
  /** Takes note of a unit that is being committed: what its version has, if that stays the group's, follows from it. */
  follow(unit: Unit): void;
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

/**
 * The same, without what a version has once and for all where it is the known one. The field that settling writes is no
 * part of that, and always there.
 */
type CheckedRow = (
  WholeRow | (Omit<WholeRow, 'due' | 'fields'> & { readonly due: null; readonly fields: null })
) & { readonly settled: string | null };

/** What tells whether a group is as it was in a list before. */
type CheckRow = readonly [groupId: GroupId, version: CommitId, settled: string | null];

/** The group's id and version and the SUMMARY_FIELDS, in their order. */
type SummaryRow = readonly [
  groupId: GroupId,
  version: CommitId,
  ...fields: readonly (string | null)[],
];

/** A group of a list, and the version that it was read in. */
interface KnownListed {
  readonly version: CommitId;
  readonly listed: ListedGroup;
}

/** Characters of the values that are kept: with what others make of them they take up to 50 MB, mostly a fifth of it. */
const KEPT_CHARACTERS = 2_000_000;
/** The same of lists, of which less is made. A list that is longer is read anew each time, at twice the price. */
const LISTED_CHARACTERS = 4_000_000;
/** What the object of a group takes besides its texts, about. */
const OBJECT_CHARACTERS = 200;

// The driver takes as long for a row as SQLite for all fields of a group, so these come in the row of their group.
const TEXTS = {
  due: '(select json_group_object(policy_id, due_at) from due where group_id = id)',
  fields: '(select json_group_object(name, value) from field where group_id = id)',
};
const COLUMNS = `id as groupId, tenant_id as tenantId, version, generation,
  divergent_at is not null as isDivergent`;
const WHOLE = `select ${COLUMNS}, ${TEXTS.due} as due, ${TEXTS.fields} as fields from scaling_group`;
const SETTLED = `left join field settled on group_id = id and name = '${SETTLED_FIELD}'`;
const CHECKED = `select ${COLUMNS}, settled.value as settled,
  iif(version = ?2, null, ${TEXTS.due}) as due, iif(version = ?2, null, ${TEXTS.fields}) as fields
  from scaling_group ${SETTLED}`;
const SUMMARY = `select id, version, ${SUMMARY_FIELDS.map(
  (name) => `(select value from field where group_id = id and name = '${name}')`,
).join(', ')} from scaling_group`;

/** The groups that a store file keeps. */
export function groupReadsOf(db: Database): GroupReads {
  const ofPartition = db.prepare<WholeRow>(
    `${WHOLE} where partition = ? and id > ? order by id limit ?`,
  );
  const countOfTenant = db.prepare<{ count: number }>(
    'select count from listed where tenant_id = ?',
  );

  return {
    ...groupReadOn(db),
    ofTenant: listReadOn(db),
    countOfTenant(tenantId) {
      if (!isWhole(tenantId)) return 0;
      return countOfTenant.get(tenantId)?.count ?? 0;
    },
    ofPartition: (partition, { after, limit }) =>
      ofPartition.all(partition, after ?? '', limit).map(whole),
  };
}

function groupReadOn(db: Database): Pick<GroupReads, 'group' | 'follow'> {
  const checked = db.prepare<CheckedRow>(`${CHECKED} where id = ?1`);
  const known = new LRUCache<GroupId, StoredGroup>({
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: charactersOf,
  });
  return {
    group(groupId) {
      const before = known.get(groupId);
      const row = checked.get(groupId, before?.version ?? null);
      if (row === undefined) {
        known.delete(groupId);
        return undefined;
      }
      const group = row.fields === null ? asKnown(before, row) : whole(row);
      if (group !== before) known.set(groupId, group);
      return group;
    },
    follow({ groupId, expectVersion, commitId: version, set, remove, due }) {
      const before = known.get(groupId);
      // Whatever else a unit does is rare, or an owner's, who does not read the group as a whole.
      if (before?.version !== expectVersion || remove.length > 0 || due.length > 0) return;
      const fields = Object.freeze({ ...before.fields, ...set });
      known.set(groupId, Object.freeze({ ...before, version, fields }));
    },
  };
}

/** The group as it was before, but for what may change within a version. */
function asKnown(
  before: StoredGroup | undefined,
  row: Pick<CheckedRow, 'generation' | 'isDivergent' | 'settled'>,
): StoredGroup {
  assert(before !== undefined, 'only what is known is as it is known');
  const { generation } = row;
  const isDivergent = row.isDivergent === 1;
  const fields = settledAs(before.fields, row.settled);
  const isSame =
    fields === before.fields &&
    generation === before.generation &&
    isDivergent === before.isDivergent;
  return isSame ? before : Object.freeze({ ...before, generation, isDivergent, fields });
}

/** The same fields, or others where something else was settled since. */
function settledAs(fields: StoredFields, settled: string | null): StoredFields {
  const { [SETTLED_FIELD]: before = null, ...others } = fields;
  if (before === settled) return fields;
  // Nothing of ours takes the field away within a version, but a backup that was put back has.
  return Object.freeze(settled === null ? others : { ...others, [SETTLED_FIELD]: settled });
}

function listReadOn(db: Database): GroupReads['ofTenant'] {
  // Every id is greater than the empty text.
  const checks = db.prepare<CheckRow>(
    `select id, version, settled.value from scaling_group ${SETTLED}
     where tenant_id = ? and is_listed = 1 and id > ? order by id limit ?`,
  );
  checks.setReturnArrays(true);
  const summaries = db.prepare<SummaryRow>(
    `${SUMMARY} where id in (select value from json_each(?))`,
  );
  summaries.setReturnArrays(true);
  const known = new LRUCache<GroupId, KnownListed>({
    maxSize: LISTED_CHARACTERS,
    sizeCalculation: ({ listed }) => charactersOf(listed),
  });

  /** Those whose version is the known one, by id. */
  const keptOf = (rows: readonly CheckRow[]): Map<GroupId, ListedGroup> => {
    const kept = new Map<GroupId, ListedGroup>();
    for (const [groupId, version, settled] of rows) {
      const before = known.get(groupId);
      if (before?.version !== version) continue;
      const fields = settledAs(before.listed.fields, settled);
      const isSame = fields === before.listed.fields;
      const listed = isSame ? before.listed : Object.freeze({ groupId, fields });
      if (!isSame) known.set(groupId, { version, listed });
      kept.set(groupId, listed);
    }
    return kept;
  };
  const read = (groupIds: readonly GroupId[], into: Map<GroupId, ListedGroup>): void => {
    for (const row of summaries.all(JSON.stringify(groupIds))) {
      const [groupId, version] = row;
      const listed = summary(row);
      known.set(groupId, { version, listed });
      into.set(groupId, listed);
    }
  };
  return (tenantId, { after, limit }) => {
    if (!isWhole(tenantId)) return [];
    const rows = checks.all(tenantId, after ?? '', limit);
    const groups = keptOf(rows);
    if (groups.size < rows.length) {
      read(
        rows.map(([groupId]) => groupId).filter((groupId) => !groups.has(groupId)),
        groups,
      );
    }
    return rows.flatMap(([groupId]) => groups.get(groupId) ?? []);
  };
}

function charactersOf({ fields }: Pick<ListedGroup, 'fields'>): number {
  let count = OBJECT_CHARACTERS;
  for (const text of Object.values(fields)) count += text.length;
  return count;
}

function whole(row: WholeRow): StoredGroup {
  const { groupId, tenantId, version, generation } = row;
  return Object.freeze({
    ...{ groupId, tenantId, version, generation },
    isDivergent: row.isDivergent === 1,
    fields: Object.freeze(JSON.parse(row.fields) as StoredFields), // names and values are texts
    due: row.due === '{}' ? NONE_DUE : dueIn(row.due),
  });
}

function summary([groupId, , ...values]: SummaryRow): ListedGroup {
  const fields: Record<string, string> = {};
  SUMMARY_FIELDS.forEach((name, index) => {
    const value = values[index];
    if (value !== null && value !== undefined) fields[name] = value;
  });
  return Object.freeze({ groupId, fields: Object.freeze(fields) });
}

/** Most groups have no policy that is armed. */
const NONE_DUE: StoredGroup['due'] = new Map();

function dueIn(text: string): StoredGroup['due'] {
  const due = JSON.parse(text) as Readonly<Record<PolicyId, EpochMs>>; // as selected
  return new Map(Object.entries(due) as [PolicyId, EpochMs][]); // loses the type of the keys
}
