/** Private PostgreSQL servers: on free ports, in folders of their own, by an ordinary user. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';
import { run } from './install.ts';
import { query } from './subjects/schemas.ts';

/** A server that runs. */
export interface Postgres {
  readonly url: string;
  readonly pid: number;
  readonly remove: () => Promise<void>;
}

/** Settings that decide how fast a commit is, and how safe. */
const TOLD = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
];
const DEBIAN = '/usr/lib/postgresql';
const START_LIMIT_MS = 20_000;
const POLL_MS = 50;

/** RUNLEVEL keeps Debian's package from starting a server of its own. */
const QUIETLY = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };

/** The folder of `initdb` and `postgres`. Installed from Debian's packages where we may. Undefined where there is none. */
export async function postgresPrograms(
  progress: (text: string) => void,
): Promise<string | undefined> {
  const found = await findPrograms();
  if (found !== undefined || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    return found;
  }
  progress('installing postgresql-15');
  try {
    await run('apt-get', ['update', '-qq'], QUIETLY);
    const args = ['install', '-y', '-qq', '--no-install-recommends', 'postgresql-15'];
    await run('apt-get', args, QUIETLY);
  } catch (error) {
    progress(`postgresql-15 could not be installed: ${String(error)}`);
  }
  return findPrograms();
}

async function findPrograms(): Promise<string | undefined> {
  const versions = existsSync(DEBIAN) ? await readdir(DEBIAN) : [];
  const newestFirst = versions.map(Number).sort((a, b) => b - a);
  const folders = [
    ...newestFirst.map((version) => join(DEBIAN, String(version), 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return folders.find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  );
}

/** Starts a server on a fresh cluster of databases, with its own settings but for where it listens. */
export async function startPostgres(programs: string): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), 'lutra-bench-postgres-'));
  const user = await ordinaryUser();
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const data = join(folder, 'data');
    const making = spawn(
      join(programs, 'initdb'),
      ['-D', data, '-U', 'bench', '-A', 'trust', '--locale=C', '--encoding=UTF8'],
      { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const [code] = (await once(making, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`initdb ended with ${String(code)}`);
    const port = await freePort();
    const child = spawn(
      join(programs, 'postgres'),
      ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder],
      { ...user, cwd: folder, stdio: 'ignore' },
    );
    const url = `postgres://bench@127.0.0.1:${port}/postgres`;
    const end = endWithUs(child, folder);
    await untilAnswers(url, child);
    return {
      url,
      pid: child.pid ?? 0,
      remove: async () => {
        await end();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What a server says of itself, as far as it explains figures. */
export async function describePostgres(url: string): Promise<string> {
  const rows = await query(url, [
    `select name, current_setting(name) as value from unnest('{${TOLD.join(',')}}'::text[]) as name`,
  ]);
  return rows
    .map(
      ({ name, value }) =>
        `${String(name).replace('server_version', 'PostgreSQL')} ${String(value)}`,
    )
    .join(', ');
}

/** How much a server keeps, in bytes. */
export async function storedInPostgres(url: string): Promise<number> {
  const [row] = await query(url, [
    'checkpoint',
    'select pg_database_size(current_database())::float8 as bytes',
  ]);
  return Number(row?.['bytes']);
}

/** It does not run as root: then as the user of Debian's package, or nobody. */
async function ordinaryUser(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const found =
    lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody');
  if (found === undefined) throw new Error('there is no ordinary user to run PostgreSQL as');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

/** Sees to it that the server and its folder end with this process. Returns what ends the server now. */
function endWithUs(child: ChildProcess, folder: string): () => Promise<void> {
  // SIGQUIT: at once, and its own processes with it.
  const quit = (): void => void child.kill('SIGQUIT');
  const quitAndClean = (): void => {
    quit();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', quitAndClean);
  return async () => {
    process.off('exit', quitAndClean);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    quit();
    await ended;
  };
}

async function untilAnswers(url: string, child: ChildProcess): Promise<void> {
  const endsAt = Date.now() + START_LIMIT_MS;
  for (;;) {
    try {
      await query(url, ['select 1']);
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > endsAt) throw error;
      await sleep(POLL_MS);
    }
  }
}
