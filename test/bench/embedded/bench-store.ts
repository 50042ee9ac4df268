/** Store files of a benchmark: made, copied and opened as a node does it. */
import { copyFile, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createOrOpen } from '../../../src/adapters/sqlite/file.ts';
import type { StoreFile } from '../../../src/adapters/sqlite/file.ts';
import { SqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import type { FencingToken, PartitionId } from '../../../src/domain/ids.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import type { PartitionLayout } from '../../../src/domain/partition/partition-of.ts';
import { ShiftedClock } from './shifted-clock.ts';

/** As an embedded node has it: one partition. */
const LAYOUT: PartitionLayout = { regions: ['local'], count: 1 };
/** The one partition. */
export const PARTITION: PartitionId = partitionId('local', 0);

/** One store file that is open, with the clock that it goes by. */
export interface BenchStore {
  readonly path: string;
  readonly file: StoreFile;
  readonly store: SqliteStore;
  readonly clock: ShiftedClock;
}

/** Opens a store file, or makes it, with a node's own settings: a write-ahead log that is synced after every commit. */
export function openFile(path: string): Promise<StoreFile> {
  return createOrOpen({ path, layout: LAYOUT, random: systemRandom });
}

/** The store in a file that is there, or is made. */
export async function openStore(path: string): Promise<BenchStore> {
  return asStore(path, await openFile(path));
}

/** A store on a file that is open already. */
export function asStore(path: string, file: StoreFile): BenchStore {
  const clock = new ShiftedClock();
  return { path, file, store: new SqliteStore(file, clock), clock };
}

/** A copy of a store file that is closed, on the disk for good before it is used. */
export async function copyStore(from: string, to: string): Promise<string> {
  await copyFile(from, to);
  const handle = await open(to, 'r+');
  await handle.sync();
  await handle.close();
  return to;
}

/** Removes a store file that is closed. */
export async function removeStore(path: string): Promise<void> {
  await Promise.all(['', '-wal', '-shm'].map((end) => rm(`${path}${end}`, { force: true })));
}

/** A file in the folder of the benchmark. */
export function storePath(folder: string, name: string): string {
  return join(folder, `${name}.db`);
}

/** The token of the `number`-th owner; each must be newer than the last. */
export function tokenOf(number: number): FencingToken {
  return { epoch: 0, revision: number, claimId: `claim-${String(number)}` };
}
