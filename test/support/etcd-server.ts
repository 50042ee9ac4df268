/**
 * Private etcd servers for tests: on free ports, in folders of their own, gone when the test is.
 *
 * The contract also runs against the etcd that LUTRA_TEST_ETCD_URL names, in clusters of names of their own.
 * Tests that stop, cut off or empty a server start one, from `etcd` and `etcdctl` on the PATH.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Certificate } from './certificate.ts';
import { aFolder } from './folder.ts';
import type { TestFolder } from './folder.ts';
import { freePort } from './free-port.ts';

export interface TestEtcd {
  /** Where its members answer. */
  readonly urls: readonly string[];
  readonly members: readonly TestEtcdMember[];
  /** What `etcdctl` says to these arguments, as the administrator where there is one. */
  readonly ctl: (...args: readonly string[]) => Promise<string>;
  /** The member that leads, once there is one. */
  readonly leader: () => Promise<TestEtcdMember>;
  /** Stops all members, takes what they had stored, and starts them anew. */
  readonly wipe: () => Promise<void>;
  /** Ends all members, and takes their folder away. */
  readonly remove: () => Promise<void>;
}

export interface TestEtcdMember {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  /** Ends it at once, as a crash does. */
  readonly kill: () => Promise<void>;
  /** Starts it again, on the same ports and folder; resolves when it answers. */
  readonly start: () => Promise<void>;
  /** Freezes or thaws it. */
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** Its process, while there is one. */
  readonly pid: () => number | undefined;
}

export interface TestEtcdOptions {
  readonly memberCount?: 1 | 3;
  /** `on` where a test is about what survives a crash of the machine. */
  readonly fsync?: 'on' | 'off';
  /** Answers over TLS, to those alone who have this same certificate. */
  readonly certificate?: Certificate;
  /** Arguments beside those that every server here has. */
  readonly args?: readonly string[];
  /** How `ctl` says who it is: `name:password`. */
  readonly administrator?: string;
}

const PROGRAMS = { server: 'etcd', control: 'etcdctl' };
const START_TIMEOUT_MS = 15_000;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The addresses that the contract is to run against; of a server that is started, unless one is named. */
export async function etcdForContract(): Promise<Pick<TestEtcd, 'urls' | 'remove'>> {
  const url = process.env['LUTRA_TEST_ETCD_URL'];
  return url === undefined
    ? startEtcd()
    : { urls: url.split(','), remove: () => Promise.resolve() };
}

/** Starts as many members as are asked for. Rejects with what to do where there is nothing to start. */
export async function startEtcd(options: TestEtcdOptions = {}): Promise<TestEtcd> {
  const folder = await aFolder();
  const ports = await freePorts((options.memberCount ?? 1) * 3);
  const plans = Array.from({ length: options.memberCount ?? 1 }, (_, index) =>
    planOf(`m${index + 1}`, ports.slice(index * 3, index * 3 + 3), options),
  );
  const initial = plans.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
  const members = plans.map((plan) => aMember(plan, { folder, initial, options }));
  const urls = plans.map(({ url }) => url);
  const ctl = ctlFor(urls, options);
  await startAll(members);

  return {
    urls,
    members,
    ctl,
    leader: () => leaderOf(members, ctl),
    wipe: async () => {
      await Promise.all(members.map((member) => member.kill()));
      for (const { name } of members) await rm(folder.path(name), { recursive: true });
      await startAll(members);
    },
    remove: async () => {
      await Promise.all(members.map((member) => member.kill()));
      await folder.remove();
    },
  };
}

/** What one member is called and where it listens. */
interface Plan {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  readonly listenUrl: string;
  readonly peerUrl: string;
  /** Where it says, without TLS, whether it is well. */
  readonly healthUrl: string;
}

function planOf(name: string, ports: readonly number[], { certificate }: TestEtcdOptions): Plan {
  const [port = 0, peerPort = 0, healthPort = 0] = ports;
  const protocol = certificate === undefined ? 'http' : 'https';
  return {
    name,
    port,
    // A certificate is for a name; etcd listens on addresses only.
    url: `${protocol}://${certificate === undefined ? '127.0.0.1' : 'localhost'}:${port}`,
    listenUrl: `${protocol}://127.0.0.1:${port}`,
    peerUrl: `http://127.0.0.1:${peerPort}`,
    healthUrl: `http://127.0.0.1:${healthPort}`,
  };
}

async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** All at once: each alone waits for the others. */
async function startAll(members: readonly TestEtcdMember[]): Promise<void> {
  await Promise.all(members.map((member) => member.start()));
}

function aMember(
  plan: Plan,
  place: {
    readonly folder: TestFolder;
    readonly initial: string;
    readonly options: TestEtcdOptions;
  },
): TestEtcdMember {
  let child: ChildProcess | undefined;
  return {
    name: plan.name,
    port: plan.port,
    url: plan.url,
    kill: async () => {
      if (child?.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    start: async () => {
      const { folder, initial, options } = place;
      child = await spawnEtcd(plan, argumentsFor(plan, folder.path(plan.name), initial, options));
    },
    signal: (signal) => void child?.kill(signal),
    pid: () => child?.pid,
  };
}

function argumentsFor(
  plan: Plan,
  dataFolder: string,
  initial: string,
  { fsync = 'off', certificate, args = [] }: TestEtcdOptions,
): readonly string[] {
  return [
    ...['--name', plan.name, '--data-dir', dataFolder],
    ...['--listen-client-urls', plan.listenUrl, '--advertise-client-urls', plan.url],
    ...['--listen-peer-urls', plan.peerUrl, '--initial-advertise-peer-urls', plan.peerUrl],
    ...['--initial-cluster', initial, '--listen-metrics-urls', plan.healthUrl],
    ...['--logger', 'zap', '--log-level', 'warn'],
    ...(fsync === 'off' ? ['--unsafe-no-fsync'] : []),
    ...(certificate === undefined
      ? []
      : [
          ...['--cert-file', certificate.certPath, '--key-file', certificate.keyPath],
          ...['--client-cert-auth', '--trusted-ca-file', certificate.certPath],
        ]),
    ...args,
  ];
}

async function spawnEtcd(plan: Plan, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(PROGRAMS.server, args, {
    env: withoutEtcd(),
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
      const message =
        'these tests need etcd 3.4 or newer: put etcd and etcdctl on the PATH or, for the contract ' +
        'alone, name a server in LUTRA_TEST_ETCD_URL';
      reject(new Error(message, { cause }));
    });
    child.once('exit', (code) => {
      reject(new Error(`etcd ended with ${String(code)} and said:\n${said}`));
    });
  });
  failed.catch(() => undefined); // heard below, or of no interest any more
  await Promise.race([failed, untilHealthy(plan)]);
  return child;
}

/** Settings of another etcd in the environment are not for ours. */
function withoutEtcd(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD')),
  );
}

async function untilHealthy({ healthUrl }: Plan): Promise<void> {
  const endsAt = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const isHealthy = await fetch(`${healthUrl}/health`, { signal: AbortSignal.timeout(1_000) })
      .then(async (response) => (await response.text()).includes('true'))
      .catch(() => false);
    if (isHealthy) return;
    if (Date.now() > endsAt) throw new Error(`etcd is not well after ${START_TIMEOUT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function ctlFor(
  urls: readonly string[],
  { certificate, administrator }: TestEtcdOptions,
): TestEtcd['ctl'] {
  const access = [
    ...(certificate === undefined
      ? []
      : [
          ...['--cacert', certificate.certPath],
          ...['--cert', certificate.certPath, '--key', certificate.keyPath],
        ]),
    ...(administrator === undefined ? [] : ['--user', administrator]),
  ];
  return async (...args) => {
    const env = { ...withoutEtcd(), ETCDCTL_API: '3' };
    const all = ['--endpoints', urls.join(','), ...access, ...args];
    const { stdout } = await promisify(execFile)(PROGRAMS.control, all, { env });
    return stdout;
  };
}

async function leaderOf(
  members: readonly TestEtcdMember[],
  ctl: TestEtcd['ctl'],
): Promise<TestEtcdMember> {
  const endsAt = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    // Columns: endpoint, id, version, size, whether it leads, ...
    const rows = (await ctl('endpoint', 'status')).split('\n').map((row) => row.split(', '));
    const url = rows.find((columns) => columns[4] === 'true')?.[0];
    const leader = members.find((member) => member.url === url);
    if (leader !== undefined) return leader;
    if (Date.now() > endsAt) throw new Error('no member of etcd came to lead');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
