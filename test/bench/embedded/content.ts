import type { Database } from '../../../src/adapters/sqlite/open.ts';

/** Tables that a claim writes to. */
const TABLES = ['scaling_group', 'field', 'due', 'event'] as const;

/** Throws unless another store file, which may be open, holds the very same rows as the one of `db`. */
export function assertSameContent(db: Database, otherPath: string): void {
  db.exec(`attach database '${otherPath.replaceAll("'", "''")}' as other`);
  for (const table of TABLES) {
    const difference = db
      .prepare<{ ours: number; only: number; theirs: number }>(
        `select (select count(*) from main.${table}) as ours,
           (select count(*) from other.${table}) as theirs,
           (select count(*) from (select * from main.${table} except select * from other.${table}))
             as only`,
      )
      .get();
    if (difference?.ours !== difference?.theirs || difference?.only !== 0) {
      throw new Error(`${table} differs: ${JSON.stringify(difference)}`);
    }
  }
  db.exec('detach database other');
}

/** How many rows each table that a claim writes to has, as a text to compare. */
export function rowCountsOf(db: Database): string {
  return TABLES.map((table) => {
    const found = db.prepare<{ rows: number }>(`select count(*) as rows from ${table}`).get();
    return `${String(found?.rows)} rows in ${table}`;
  }).join(', ');
}
