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

/**
 * A connection to a file whose log is synced by whoever commits: SQLite would hold up the whole process meanwhile. After
 * a sync that failed, every other one fails, too: nobody can say what is on the disk, and a later sync that succeeds
 * says nothing of what came before it.
 */
export interface LoggedDatabase extends Database {
  /** Resolves when all that was committed before survives a loss of power. Rejects with `store-unavailable`. */
  syncLog(): Promise<void>;
  /** The same at once. Throws `store-unavailable`. */
  syncLogNow(): void;
}

/** Told once, when a sync has failed. */
export type OnLost = (error: LutraError) => void;

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
export async function openSqlite(
  path: string,
  onLost: OnLost = () => undefined,
): Promise<LoggedDatabase> {
  const db = await connect(path);
  try {
    makeDurable(db, path);
    return logged(db, path, onLost);
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
  // What is carried over is synced as the log is, where systems know a weaker and a stronger way (macOS).
  db.exec('pragma checkpoint_fullfsync = on');
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
 * The same connection with its log. The log is one file for as long as somebody has the database open, so descriptors of
 * our own sync what SQLite wrote to it: two, since a system tells of a failure once for each, and whoever is told of it
 * must not keep it from the other.
 */
function logged(db: Database, path: string, onLost: OnLost): LoggedDatabase {
  const log = logOf(db, path);
  const [later, now] = [openLog(log), openLog(log)];
  let failure: LutraError | undefined;
  const failed = (cause: unknown): LutraError => {
    if (failure === undefined) {
      failure = notSynced(path, cause);
      onLost(failure);
    }
    return failure;
  };
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
        fdatasync(later, (error) => {
          if (error === null && failure === undefined) resolve();
          else reject(failed(error));
        });
      }),
    syncLogNow() {
      if (failure !== undefined) throw failure;
      try {
        fdatasyncSync(now);
      } catch (error) {
        throw failed(error);
      }
    },
    close() {
      try {
        db.close();
      } finally {
        for (const descriptor of [later, now]) closeSync(descriptor);
      }
    },
  };
}

/** Where the log is: beside the file that the connection has, to which `path` may be a link. */
function logOf(db: Database, path: string): string {
  // A connection makes the log, where there is none, when it first reads.
  db.exec('select 1 from sqlite_schema');
  const found = db
    .prepare<{ file: string }>("select file from pragma_database_list where name = 'main'")
    .get();
  return `${found?.file ?? path}-wal`;
}

function openLog(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (cause) {
    const message = `the log ${path} cannot be opened: ${messageOf(cause)}`;
    throw new LutraError('store-unavailable', message, { cause });
  }
}

function notSynced(path: string, cause: unknown): LutraError {
  const message = `the log of ${path} could not be synced: ${messageOf(cause)}`;
  return new LutraError('store-unavailable', message, { cause });
}
