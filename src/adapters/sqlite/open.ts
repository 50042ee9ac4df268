import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { LutraError, messageOf } from '../../base/errors.ts';
import { translatedAtOpen } from './errors.ts';

/** What can be bound to a statement. */
export type SqlValue = string | number | null;

/** A prepared statement that is kept, with the shape of the rows that it answers. */
export interface Statement<Row> {
  get(...values: readonly SqlValue[]): Row | undefined;
  all(...values: readonly SqlValue[]): Row[];
  run(...values: readonly SqlValue[]): { readonly changes: number | bigint };
  /** Whether rows are arrays, in the order of the columns: made faster than objects with a name for each. */
  setReturnArrays(isOn: boolean): void;
}

/** One open connection. Calls are synchronous, and are errors of SQLite's own until `translated`. */
export interface Database {
  /** Compiles SQL. `Row` is what the caller knows of its own query: names as selected, null for nothing. */
  prepare<Row>(sql: string): Statement<Row>;
  /** Runs any number of statements. */
  exec(sql: string): void;
  close(): void;
  readonly isTransaction: boolean;
}

/** A connection to a file whose log is synced by whoever commits: SQLite would hold up the whole process meanwhile. */
export interface LoggedDatabase extends Database {
  /** Resolves when all that was committed before survives a loss of power. Rejects with `store-unavailable`. */
  syncLog(): Promise<void>;
  /** The same at once. Throws `store-unavailable`. */
  syncLogNow(): void;
}

/** A busy wait blocks the event loop, so it is short; who waits longer tries again. */
const BUSY_TIMEOUT_MS = 100;

/**
 * Pages of the log after which SQLite carries it over into the file, within a commit and with two waits for the disk
 * of its own. What several commits wrote to a page is carried over once, so a longer log is less work: 16 MiB.
 */
const CHECKPOINT_PAGES = 4_000;
/** SQLite's own 2 MB are less than the pages that 1,000 groups and their histories take. */
const CACHE_KIB = 16_384;

/**
 * Opens a database file (makes it, where there is none) with a write-ahead log. A commit survives a loss of power when
 * the log was synced after it, and what is carried over into the file is synced by SQLite, which forgets that from one
 * opening to the next: it is set and read back each time. Rejects with `store-foreign` where the file is no database,
 * `store-unavailable` where it cannot be opened or cannot be made durable.
 */
export async function openSqlite(path: string): Promise<LoggedDatabase> {
  const db = await connect(path);
  try {
    makeDurable(db, path);
    return logged(db, path);
  } catch (error) {
    db.close();
    throw translatedAtOpen(`opening ${path}`, error);
  }
}

/** A connection with SQLite's own settings: with a rollback journal, a closed file is whole in itself. */
export async function connect(path: string): Promise<Database> {
  const { DatabaseSync } = await loadSqlite();
  try {
    // The driver's rows have no type of their own; each caller of prepare names those of its query.
    return new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  } catch (error) {
    throw translatedAtOpen(`opening ${path}`, error);
  }
}

/** Node has SQLite built in since 22, and without warnings since 24; the package is its twin for older ones. */
async function loadSqlite(): Promise<typeof import('@photostructure/sqlite')> {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 24) return import('@photostructure/sqlite');
  // Put together, since compilers and bundlers for older Nodes look for the name.
  return (await import('node:' + 'sqlite')) as typeof import('@photostructure/sqlite');
}

function makeDurable(db: Database, path: string): void {
  db.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on');
  db.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}; pragma cache_size = -${CACHE_KIB}`);
  const found = db
    .prepare<{ journal: string; synchronous: number; foreignKeys: number }>(
      `select j.journal_mode as journal, s.synchronous, f.foreign_keys as foreignKeys
       from pragma_journal_mode j, pragma_synchronous s, pragma_foreign_keys f`,
    )
    .get();
  if (found?.journal === 'wal' && found.synchronous === 1 && found.foreignKeys === 1) return;
  throw new LutraError(
    'store-unavailable',
    `${path} cannot be made durable (${JSON.stringify(found)}); a file on a local disk is needed`,
  );
}

/**
 * The same connection with its log. The log is one file for as long as somebody has the database open, so a descriptor
 * of our own syncs what SQLite wrote to it.
 */
function logged(db: Database, path: string): LoggedDatabase {
  // A connection makes the log, where there is none, when it first reads.
  db.exec('select 1 from sqlite_schema');
  const descriptor = openSync(`${path}-wal`, 'r+');
  return {
    prepare: (sql) => db.prepare(sql),
    exec: (sql) => {
      db.exec(sql);
    },
    get isTransaction() {
      return db.isTransaction;
    },
    syncLog: () =>
      new Promise((resolve, reject) => {
        fdatasync(descriptor, (error) => {
          if (error === null) resolve();
          else reject(notSynced(path, error));
        });
      }),
    syncLogNow() {
      try {
        fdatasyncSync(descriptor);
      } catch (error) {
        throw notSynced(path, error);
      }
    },
    close() {
      db.close();
      closeSync(descriptor);
    },
  };
}

function notSynced(path: string, cause: unknown): LutraError {
  const message = `the log of ${path} could not be synced: ${messageOf(cause)}`;
  return new LutraError('store-unavailable', message, { cause });
}
