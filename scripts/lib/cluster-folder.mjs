/** The folder of a local cluster: what it was made with, its ports, its settings, and who runs in it. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const RECORD = 'cluster.json';
const ETCD_MEMBERS = 3;
const KEY_BYTES = 32;
const PARTITIONS_PER_REGION = 64;
/** Below the ports that systems give to outgoing connections, so that ours are likely free next time, too. */
const PORTS = { first: 20_000, count: 10_000 };
const PORT_TRIES_MAX = 200;

/**
 * Opens the folder, or makes it. What it was made with stays: ports, regions and stores. Answers with them
 * and with the paths in it. Throws where it is something else, or was made with other regions than `regions` or
 * `isRedisPerRegion` ask for (undefined: whatever there is).
 */
export async function openFolder(folder, { regions, isRedisPerRegion, isFresh }) {
  const record = join(folder, RECORD);
  assertOurs(folder);
  if (isFresh) rmSync(folder, { recursive: true, force: true });
  const isNew = !existsSync(record);
  const made = isNew
    ? await makeRecord(regions ?? ['local'], isRedisPerRegion === true)
    : JSON.parse(readFileSync(record, 'utf8'));
  assertSame(folder, made, { regions, isRedisPerRegion });
  mkdirSync(join(folder, 'logs'), { recursive: true });
  if (isNew) writeFileSync(record, `${JSON.stringify(made, null, 2)}\n`);
  const within = (...names) => join(folder, ...names);
  return { ...made, isNew, path: within, log: (name) => within('logs', `${name}.log`) };
}

/** Throws where something listens on one of the folder's ports, saying who may be to blame. */
export async function assertPortsFree(folder) {
  const places = [
    ...folder.etcd.flatMap(({ name, port, peerPort }) => [
      { name, port },
      { name, port: peerPort },
    ]),
    ...folder.redis,
  ];
  for (const { name, port } of places) {
    if (await isFree(port)) continue;
    const left = leftRunning(folder);
    const hint =
      left.length === 0
        ? 'end what listens there, or use another folder (--data)'
        : `an earlier run may have left these: ${left.join(', ')}; end them first`;
    throw new Error(
      `port ${port} of ${name} is taken (${folder.path(RECORD)} says which ports there are): ${hint}`,
    );
  }
}

/** Notes who runs, for a later run that finds the ports taken. */
export function noteRunning(folder, processes) {
  const file = folder.path('running.json');
  if (processes.length === 0) rmSync(file, { force: true });
  else writeFileSync(file, `${JSON.stringify(processes)}\n`);
}

/** Writes the settings that all nodes share, and the key that they sign with; answers with the path of the former. */
export function writeSettings(folder) {
  const keyFile = folder.path('webhook-signing.key');
  if (!existsSync(keyFile)) {
    writeFileSync(keyFile, randomBytes(KEY_BYTES).toString('hex'), { mode: 0o600 });
  }
  const { regions, etcd, redis } = folder;
  const urls = redis.map(({ region, port }) => {
    const url = `redis://127.0.0.1:${port}`;
    return region === undefined ? url : `${region}=${url}`;
  });
  const endpoints = etcd.map(({ port }) => `http://127.0.0.1:${port}`);
  const file = folder.path('lutra.yaml');
  // What JSON.stringify makes is YAML, too.
  writeFileSync(
    file,
    `# Settings of all nodes of this cluster; written anew at every start.
cluster:
  name: lutra
  regions: ${JSON.stringify(regions)}
  partitionCount: ${PARTITIONS_PER_REGION}
etcd:
  endpoints: ${JSON.stringify(endpoints)}
redis:
  urls: ${JSON.stringify(urls)}
providers:
  webhook:
    allow: [127.0.0.0/8]
    signingKeyFile: ${JSON.stringify(keyFile)}
`,
  );
  return file;
}

/** Nothing is removed or written to that this script did not make. */
function assertOurs(folder) {
  if (!existsSync(folder) || existsSync(join(folder, RECORD))) return;
  if (readdirSync(folder).length === 0) return;
  throw new Error(`${folder} holds something else: name an empty folder, or one that is not there`);
}

function assertSame(folder, made, { regions, isRedisPerRegion }) {
  const [had, wanted] = [made.regions, regions ?? made.regions].map((list) => list.join(','));
  const isPerRegion = made.redis.some(({ region }) => region !== undefined);
  if (had === wanted && (isRedisPerRegion ?? isPerRegion) === isPerRegion) return;
  throw new Error(
    `${folder} was made with --regions ${had}${isPerRegion ? ' --redis-per-region' : ''}, and that ` +
      'stays: leave these options out, or begin anew with --fresh, or use another folder (--data)',
  );
}

async function makeRecord(regions, isRedisPerRegion) {
  const stores = isRedisPerRegion
    ? regions.map((region) => ({ name: `redis-${region}`, region }))
    : [{ name: 'redis' }];
  const ports = await freePorts(ETCD_MEMBERS * 2 + stores.length);
  return {
    regions,
    etcd: Array.from({ length: ETCD_MEMBERS }, (_, index) => ({
      name: `etcd-${index + 1}`,
      port: ports.pop(),
      peerPort: ports.pop(),
    })),
    redis: stores.map((store) => ({ ...store, port: ports.pop() })),
  };
}

async function freePorts(count) {
  const ports = new Set();
  for (let tries = 0; ports.size < count && tries < PORT_TRIES_MAX; tries += 1) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if (await isFree(port)) ports.add(port);
  }
  if (ports.size < count)
    throw new Error('this machine has too few free ports from 20000 to 29999');
  return [...ports];
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function leftRunning(folder) {
  try {
    const noted = JSON.parse(readFileSync(folder.path('running.json'), 'utf8'));
    return noted.filter(({ pid }) => isAlive(pid)).map(({ name, pid }) => `${name} (PID ${pid})`);
  } catch {
    return []; // nobody noted anything, or was interrupted in it
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
