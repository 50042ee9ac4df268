/**
 * The file of an embedded store: made once, with an identity, and never made again over an existing one.
 *
 * A new file is made under another name and linked to its own when it is complete, so a crash at any
 * point leaves either no file or a whole one. A file that is there and is not ours is refused: whoever
 * emptied it wants to know.
 */
import { access, chmod, link, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LutraError, messageOf } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { allPartitions } from '../../domain/partition/partition-of.ts';
import type { PartitionLayout } from '../../domain/partition/partition-of.ts';
import { translatedAtOpen } from './errors.ts';
import { connect, openSqlite } from './open.ts';
import type { LoggedDatabase, OnLost } from './open.ts';
import { APPLICATION_ID, FORMAT, SCHEMA } from './schema.ts';
import type { Format } from './schema.ts';
import { transactionsOn } from './transaction.ts';

/** An open store file, checked to be one of ours. */
export interface StoreFile {
  readonly db: LoggedDatabase;
  readonly identity: string;
  readonly layout: PartitionLayout;
}

/** Where the file is, and what a new one is made with. */
export interface StoreFileOptions {
  readonly path: string;
  /** Must be the one that an existing file was made with. */
  readonly layout: PartitionLayout;
  readonly random: Pick<Random, 'hex'>;
  /** Told when the disk has failed, after which whoever has the file open should end. */
  readonly onLost?: OnLost;
}

/**
 * Opens the store file, or makes it where there is none; its folder must exist. Rejects with
 * `store-foreign` where it is not a store of this layout in a format that this program knows, and with
 * `store-unavailable` where it cannot be opened.
 */
export async function createOrOpen(options: StoreFileOptions): Promise<StoreFile> {
  if (!(await exists(options.path))) {
    if (await exists(`${options.path}-wal`)) {
      throw foreign(options.path, 'it is gone, though its log is still beside it');
    }
    await create(options);
  }
  await assertOurs(options.path);
  const db = await openSqlite(options.path, options.onLost);
  try {
    bringUpToDate(db, options.path, FORMAT);
    // After a disk that failed, or a kill, what can be read is not surely on it: this writes and syncs it once more.
    db.exec('pragma wal_checkpoint(truncate)');
    return { db, identity: identityOf(db, options), layout: options.layout };
  } catch (error) {
    db.close();
    throw translatedAtOpen(`reading ${options.path}`, error);
  }
}

/** Runs the steps that lead from the file's format to `target`, all or none. Refuses a newer format. */
export function bringUpToDate(db: LoggedDatabase, path: string, target: Format): void {
  transactionsOn(db).write(() => {
    const found = db
      .prepare<{ version: number }>('select user_version as version from pragma_user_version')
      .get();
    const version = found?.version ?? 0;
    if (version > target.version) {
      throw foreign(
        path,
        `a newer Lutra wrote it (format ${version}; this one knows up to ${target.version})`,
      );
    }
    for (const { from, sql } of target.migrations) {
      if (from >= version) db.exec(`${sql}; pragma user_version = ${from + 1}`);
    }
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false; // or out of reach, which opening it tells better
  }
}

async function create(options: StoreFileOptions): Promise<void> {
  const { path, random } = options;
  const draft = `${path}.new-${random.hex(4)}`;
  const db = await connect(draft);
  try {
    // No statement is prepared: the driver lets go of a file only when the last of its statements is gone.
    db.exec(contentOf(options));
  } catch (error) {
    throw translatedAtOpen(`making ${path}`, error);
  } finally {
    db.close();
  }
  try {
    // It holds what groups are given, passwords among it; its log takes over who may read it.
    await chmod(draft, 0o600);
    // Unlike a renaming, a link never replaces a file that another process made meanwhile.
    await link(draft, path);
  } catch (error) {
    if (!(await exists(path))) {
      const message = `cannot give the new store its name ${path}: ${messageOf(error)}`;
      throw new LutraError('store-unavailable', message, { cause: error });
    }
  } finally {
    await unlink(draft);
  }
  await syncFolder(dirname(path));
}

/** All that a new store starts from, in one transaction. */
function contentOf({ layout, random }: StoreFileOptions): string {
  const identity = quoted(random.hex(16));
  const fences = allPartitions(layout).map(
    (partition) => `(${quoted(partition)}, ${identity}, 0, 0, '')`,
  );
  return `
    begin immediate;
    pragma application_id = ${APPLICATION_ID};
    pragma user_version = ${FORMAT.version};
    ${SCHEMA}
    insert into meta (name, value)
      values ('identity', ${identity}), ('layout', ${quoted(layoutText(layout))});
    insert into fence (partition, identity, epoch, revision, claim_id) values ${fences.join(', ')};
    commit;`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A new name in a folder survives a loss of power only when the folder was synced. */
async function syncFolder(folder: string): Promise<void> {
  // Windows can neither open a folder nor needs to.
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Looks at the head of the file without SQLite, which would change a database of somebody else by opening it. */
async function assertOurs(path: string): Promise<void> {
  const head = await headOf(path).catch((error: unknown) => {
    const message = `cannot read ${path}: ${messageOf(error)}`;
    throw new LutraError('store-unavailable', message, { cause: error });
  });
  if (head.readUInt32BE(68) !== APPLICATION_ID) throw foreign(path, 'it is not a store of Lutra');
}

async function headOf(path: string): Promise<Buffer> {
  const head = Buffer.alloc(72);
  const handle = await open(path);
  try {
    await handle.read(head);
    return head;
  } finally {
    await handle.close();
  }
}

function identityOf(db: LoggedDatabase, { path, layout }: StoreFileOptions): string {
  const rows = db.prepare<{ name: string; value: string }>('select name, value from meta').all();
  const meta = new Map(rows.map(({ name, value }) => [name, value]));
  const identity = meta.get('identity');
  if (identity === undefined) throw foreign(path, 'it has lost its identity');
  const madeWith = meta.get('layout');
  if (madeWith !== layoutText(layout)) {
    throw foreign(
      path,
      `it was made with the partitions ${String(madeWith)}, not ${layoutText(layout)}; ` +
        'they are fixed when a store is made',
    );
  }
  return identity;
}

function layoutText({ regions, count }: PartitionLayout): string {
  return JSON.stringify({ regions, count });
}

function foreign(path: string, why: string): LutraError {
  return new LutraError('store-foreign', `refusing ${path}: ${why}`);
}
