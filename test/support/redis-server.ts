/**
 * Private Redis servers for tests: on free ports, in folders of their own, gone when the test is.
 *
 * The contract also runs against the server that LUTRA_TEST_REDIS_URL names; it is emptied before every
 * test. Tests that stop, cut off or fill a server start one of their own, from `redis-server` on the PATH.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { aFolder } from './folder.ts';
import type { TestFolder } from './folder.ts';
import { freePort } from './free-port.ts';

export interface TestRedis {
  readonly port: number;
  readonly url: string;
  readonly folder: TestFolder;
  /** Sends one command on a connection of its own. */
  readonly send: (command: string, ...args: readonly string[]) => Promise<unknown>;
  /** Ends it at once, as a crash does. */
  readonly kill: () => Promise<void>;
  /** Starts it again, on the same port and folder. */
  readonly start: () => Promise<void>;
  /** Ends it, and takes its folder away. */
  readonly remove: () => Promise<void>;
  /** Freezes or thaws it. */
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** Its process, while there is one. */
  readonly pid: () => number | undefined;
}

export interface TestRedisOptions {
  /** Settings beside those that every server here has: `['maxmemory', '1mb', ...]`. */
  readonly settings?: readonly string[];
  readonly fsync?: 'always' | 'everysec' | 'off';
  /** How to reach it; else with neither password nor TLS. */
  readonly access?: {
    readonly username?: string;
    readonly password?: string;
    readonly ca?: string;
  };
  readonly isSentinel?: boolean;
}

const START_TIMEOUT_MS = 10_000;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The server that the contract is to run against; started, unless one is named. */
export async function redisForContract(): Promise<Pick<TestRedis, 'url' | 'remove'>> {
  const url = process.env['LUTRA_TEST_REDIS_URL'];
  return url === undefined ? startRedis() : { url, remove: () => Promise.resolve() };
}

/** Starts a server. Rejects with what to do where there is none to start. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const folder = await aFolder();
  const port = await freePort();
  let child = await spawnRedis(port, folder, options);

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  return {
    port,
    folder,
    url: `redis://127.0.0.1:${String(port)}`,
    send: (command, ...args) => sendOnce(port, options, [command, ...args]),
    kill: () => kill(),
    start: async () => {
      child = await spawnRedis(port, folder, options);
    },
    remove: async () => {
      await kill();
      await folder.remove();
    },
    signal: (signal) => void child.kill(signal),
    pid: () => child.pid,
  };
}

async function spawnRedis(
  port: number,
  folder: TestFolder,
  options: TestRedisOptions,
): Promise<ChildProcess> {
  const child = spawn('redis-server', await argumentsFor(port, folder, options), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (said = `${said}${String(chunk)}`.slice(-4_000)));
  }
  running.add(child);
  child.once('exit', () => running.delete(child));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => {
      reject(
        new Error(
          'these tests need Redis 7: put redis-server on the PATH or, for the contract alone, name a ' +
            'server that may be emptied in LUTRA_TEST_REDIS_URL',
          { cause },
        ),
      );
    });
    child.once('exit', (code) => {
      reject(new Error(`redis-server ended with ${String(code)} and said:\n${said}`));
    });
  });
  failed.catch(() => undefined); // heard below, or of no interest any more
  const waiting = new AbortController();
  try {
    await Promise.race([failed, untilAnswers(port, options, waiting.signal)]);
  } finally {
    waiting.abort();
  }
  return child;
}

async function argumentsFor(
  port: number,
  folder: TestFolder,
  options: TestRedisOptions,
): Promise<readonly string[]> {
  const { settings = [], fsync = 'off', access } = options;
  const lines = [
    `${access?.ca === undefined ? 'port' : 'port 0\ntls-port'} ${String(port)}`,
    ...['bind 127.0.0.1', `dir ${folder.path('')}`],
    ...(options.isSentinel === true
      ? []
      : [
          ...['save ""', 'repl-diskless-sync-delay 0', 'maxmemory-policy noeviction'],
          `appendonly ${fsync === 'off' ? 'no' : 'yes'}`,
          ...(fsync === 'off' ? [] : [`appendfsync ${fsync}`]),
        ]),
    ...pairs(settings),
  ];
  // Sentinels and nodes of a cluster write into their file: it is made once, and kept over restarts.
  const path = folder.path('redis.conf');
  await writeFile(path, `${lines.join('\n')}\n`, { flag: 'wx' }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
  return [path, ...(options.isSentinel === true ? ['--sentinel'] : [])];
}

function pairs(settings: readonly string[]): readonly string[] {
  return settings.flatMap((name, index) =>
    index % 2 === 0 ? [`${name} ${settings[index + 1] ?? ''}`] : [],
  );
}

async function untilAnswers(
  port: number,
  options: TestRedisOptions,
  signal: AbortSignal,
): Promise<void> {
  const endsAt = Date.now() + START_TIMEOUT_MS;
  while (!signal.aborted) {
    try {
      await sendOnce(port, options, ['PING']);
      return;
    } catch (error) {
      if (Date.now() > endsAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function sendOnce(
  port: number,
  { access = {} }: TestRedisOptions,
  [command, ...args]: readonly [string, ...(readonly string[])],
): Promise<unknown> {
  const { username, password, ca } = access;
  const client = new Redis({
    ...{ host: '127.0.0.1', port, lazyConnect: true, enableReadyCheck: false },
    ...{ retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: 1_000 },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { tls: { ca, servername: 'localhost' } }),
  });
  client.on('error', () => undefined); // the command rejects as well
  try {
    await client.connect();
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}
