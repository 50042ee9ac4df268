/** Servers and workers of the benchmark: each subject has a server of its own, which the others leave alone. */
import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { LEAN_HASHES, memoryOf } from '../cluster/bench-store.ts';
import { nodeForWorkers, versionOf } from './install.ts';
import { describePostgres, postgresPrograms, startPostgres, storedInPostgres } from './postgres.ts';
import { familyMsNow } from './processor-time.ts';
import { SUBJECTS, subjectOf } from './subject.ts';
import type { Fsync, Subject, SubjectId } from './subject.ts';
import { WorkerProcess } from './worker-process.ts';

/** Where a subject keeps its rules, and what that costs. */
interface Server {
  readonly place: string;
  readonly settings: string;
  /** Processor time since it began; undefined where nobody tells, 0 where there is no server. */
  readonly cpuMs: () => Promise<number | undefined>;
  readonly storedBytes: () => Promise<number>;
  readonly remove: () => Promise<void>;
}

export interface Lab {
  /** Those that can run here, in the order in which they take their turns. */
  readonly subjects: readonly Subject[];
  /** Why the others cannot. */
  readonly missing: readonly string[];
  /** Versions, settings and persistence, a line for each subject. */
  readonly described: () => Promise<readonly string[]>;
  readonly serverOf: (id: SubjectId) => Promise<Server>;
  readonly startWorker: (
    id: SubjectId,
    how?: { readonly isAtRest: boolean },
  ) => Promise<WorkerProcess>;
  readonly close: () => Promise<void>;
}

/** Finds out who can run here. Starts nothing yet. */
export async function openLab(folder: string, progress: (text: string) => void): Promise<Lab> {
  const node = nodeForWorkers();
  const programs = await postgresPrograms(progress);
  const canRun = ({ backing, packageName }: Subject): boolean =>
    (backing !== 'postgres' || programs !== undefined) &&
    (node !== undefined || packageName === undefined || backing === 'memory');
  const workerNode = node ?? process.execPath;
  const servers = new Map<SubjectId, Promise<Server>>();
  const workers = new Set<WorkerProcess>();

  function serverOf(id: SubjectId): Promise<Server> {
    const known = servers.get(id);
    if (known !== undefined) return known;
    const started = startServer(subjectOf(id), { folder, programs });
    servers.set(id, started);
    return started;
  }

  return {
    subjects: SUBJECTS.filter(canRun),
    missing: SUBJECTS.filter((subject) => !canRun(subject)).map(
      ({ id, backing }) =>
        `${id} is left out: ${backing === 'postgres' && programs === undefined ? 'there is no PostgreSQL here' : 'it needs Node 22.18, and there is none for this platform beside the peers'}`,
    ),
    described: () => describeAll(SUBJECTS.filter(canRun), workerNode, serverOf),
    serverOf,
    startWorker: async (id, { isAtRest } = { isAtRest: false }) => {
      const { place } = await serverOf(id);
      const worker = await WorkerProcess.start(workerNode, { subject: id, place, isAtRest });
      workers.add(worker);
      return worker;
    },
    close: async () => {
      await Promise.all([...workers].map((worker) => worker.kill()));
      for (const server of servers.values()) await (await server).remove();
    },
  };
}

async function describeAll(
  subjects: readonly Subject[],
  node: string,
  serverOf: Lab['serverOf'],
): Promise<readonly string[]> {
  const lines = [`all workers on ${node === process.execPath ? 'this Node' : node}`];
  for (const { id, packageName, settings } of subjects) {
    const name = packageName === undefined ? id : `${id} ${await versionOf(packageName)}`;
    const server = await serverOf(id);
    lines.push(`${name}: ${settings}. ${server.settings}`.trimEnd());
  }
  return lines;
}

async function startServer(
  { id, backing, fsync = 'everysec' }: Subject,
  { folder, programs }: { readonly folder: string; readonly programs: string | undefined },
): Promise<Server> {
  switch (backing) {
    case 'redis':
      return redisServer(await startRedis({ fsync, settings: LEAN_HASHES }), fsync);
    case 'postgres': {
      if (programs === undefined) throw new Error('there is no PostgreSQL here');
      const { url, pid, remove } = await startPostgres(programs);
      return {
        ...{ place: url, remove, settings: `${await describePostgres(url)}.` },
        cpuMs: () => familyMsNow(pid),
        storedBytes: () => storedInPostgres(url),
      };
    }
    case 'file':
      return fileServer(join(folder, `${id}.db`));
    case 'memory':
      return {
        ...{ place: '', settings: '', remove: () => Promise.resolve() },
        ...{ cpuMs: () => Promise.resolve(0), storedBytes: () => Promise.resolve(0) },
      };
  }
}

async function redisServer(server: TestRedis, fsync: Fsync): Promise<Server> {
  const info = String(await server.send('INFO', 'server'));
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
  return {
    place: server.url,
    settings: `Redis ${version}, appendonly yes, appendfsync ${fsync}, noeviction.`,
    cpuMs: async () => {
      const pid = Number(/^process_id:(\d+)/m.exec(info)?.[1]);
      return familyMsNow(pid);
    },
    storedBytes: () => memoryOf({ server }),
    remove: server.remove,
  };
}

function fileServer(path: string): Server {
  const files = ['', '-wal', '-shm'].map((end) => `${path}${end}`);
  return {
    ...{ place: path, settings: '' },
    cpuMs: () => Promise.resolve(0),
    storedBytes: () =>
      Promise.resolve(
        files.reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0),
      ),
    remove: async () => {
      await Promise.all(files.map((file) => rm(file, { force: true })));
    },
  };
}
