import type { GroupId } from '../../domain/ids.ts';
import type { FieldName, StoredFields } from '../../ports/store.ts';
import type { Database } from './open.ts';
import { wholeText } from './whole-text.ts';

/** The texts of all groups. */
export interface Fields {
  /** Writes fields in place of what they held. Belongs inside a write transaction. */
  set(groupId: GroupId, fields: StoredFields): void;
  remove(groupId: GroupId, names: readonly FieldName[]): void;
  /** Those of the named fields that the group has. */
  pick(groupId: GroupId, names: readonly FieldName[]): StoredFields;
}

interface FieldRow {
  readonly name: string;
  readonly value: string;
}

/** The fields that a store file keeps. */
export function fieldsOf(db: Database): Fields {
  const upsert = db.prepare(
    `insert into field (group_id, name, value) values (?, ?, ?)
     on conflict (group_id, name) do update set value = excluded.value`,
  );
  const remove = db.prepare('delete from field where group_id = ? and name = ?');
  const one = db.prepare<FieldRow>('select name, value from field where group_id = ? and name = ?');

  return {
    set(groupId, fields) {
      for (const name of Object.keys(fields)) {
        upsert.run(groupId, name, wholeText(fields[name], `field "${name}"`));
      }
    },
    remove(groupId, names) {
      for (const name of names) remove.run(groupId, name);
    },
    pick: (groupId, names) =>
      fieldsFrom(names.map((name) => one.get(groupId, name)).filter((row) => row !== undefined)),
  };
}

function fieldsFrom(rows: readonly FieldRow[]): StoredFields {
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}
