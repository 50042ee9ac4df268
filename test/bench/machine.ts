/** What the figures were measured on. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/adapters/sqlite/open.ts';
import { percentile, rounded } from './statistics.ts';

/** A machine, as far as it explains figures. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  readonly node: string;
  readonly sqlite: string;
  readonly fileSystem: string;
  /** Median of appending 4 KiB to a file and having it synced, in ms: the floor under every commit. */
  readonly syncMs: number;
  /** Processes that wanted a core during the last minute: above the number of cores, figures suffer. */
  readonly load: number;
}

/** Magic numbers of `statfs`, for those file systems that people keep data on. */
const FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'zfs'],
  [0x1021994, 'tmpfs'],
  [0x794c7630, 'overlay'],
  [0x6969, 'nfs'],
  [0x1a, 'apfs'],
]);

const SYNCS = 64;

/** Describes this machine and the file system of a folder that may be written to. */
export async function describeMachine(folder: string): Promise<Machine> {
  const processors = cpus();
  const { type } = await statfs(folder);
  return {
    cores: processors.length,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    memoryGb: rounded(totalmem() / 2 ** 30, 1),
    node: process.versions.node,
    sqlite: await sqliteVersion(),
    fileSystem: FILE_SYSTEMS.get(type) ?? `0x${type.toString(16)}`,
    syncMs: rounded(measureSync(join(folder, 'sync-probe')), 2),
    load: rounded(loadavg()[0] ?? 0, 1),
  };
}

async function sqliteVersion(): Promise<string> {
  const db = await connect(':memory:');
  const found = db.prepare<{ version: string }>('select sqlite_version() as version').get();
  db.close();
  return found?.version ?? 'unknown';
}

function measureSync(path: string): number {
  const block = Buffer.alloc(4096);
  const file = openSync(path, 'w');
  const durations = Array.from({ length: SYNCS }, () => {
    const startedAt = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    return performance.now() - startedAt;
  });
  closeSync(file);
  rmSync(path);
  return percentile(durations, 0.5);
}
