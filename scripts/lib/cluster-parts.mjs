/** The programs of a local cluster: etcd, Redis and nodes, each with its own folder and log. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ROOT } from './install.mjs';
import { startPart } from './parts.mjs';

const MAIN = join(ROOT, 'dist', 'main.js');
const HEALTHY_LIMIT_MS = 30_000;
const POLL_MS = 100;
const SHOWN_LINES = 5;
/** Settings that would lead a node of ours to somebody else's servers or data. The others may be tried out. */
const OURS_ALONE =
  /^(ETCD|LUTRA_(NODE|API|STORE|CLUSTER|ETCD|REDIS)_|LUTRA_(DATA_FOLDER|URL|CONFIG)$)/;

/** Starts one member of etcd; resolves when it answers reads, which takes a majority of them. */
export async function startEtcd(folder, member, signal) {
  const { name, port, peerPort } = member;
  const peers = folder.etcd.map((peer) => `${peer.name}=http://127.0.0.1:${peer.peerPort}`);
  const client = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const part = await start(folder, name, {
    command: 'etcd',
    args: [
      ...['--name', name, '--data-dir', folder.path(name)],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', peers.join(','), '--initial-cluster-token', 'lutra-local'],
      // Old revisions are of no use to anybody, and would fill etcd in the end.
      ...['--auto-compaction-mode', 'periodic', '--auto-compaction-retention', '1h'],
      ...['--logger', 'zap', '--log-level', 'warn'],
    ],
  });
  await untilHealthy(folder, part, `${client}/health`, signal);
  return part;
}

/** Starts a Redis that keeps a log of its writes; resolves when it has loaded it. */
export async function startRedis(folder, { name, port }, fsync) {
  mkdirSync(folder.path(name), { recursive: true });
  return start(folder, name, {
    command: 'redis-server',
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder.path(name)],
      ...['--appendonly', 'yes', '--appendfsync', fsync, '--save', ''],
      ...['--maxmemory-policy', 'noeviction'],
      // Most groups then stay in the compact encoding of hashes; see config/deploy/redis.conf.
      ...['--hash-max-listpack-value', '1024', '--hash-max-listpack-entries', '64'],
    ],
    readyWhen: /(Ready to accept connections)/,
  });
}

/** Makes the cluster in etcd and Redis, or finds it made. */
export async function initCluster(folder, settings) {
  const { ended } = await start(folder, 'init', {
    args: [MAIN, 'cluster', 'init', '--config', settings],
  });
  const { code } = await ended;
  if (code === 0) return;
  throw new Error(`making the cluster ended with exit code ${code}:\n${lastLines(folder, 'init')}`);
}

/** Starts a node; resolves with `url` when it answers. */
export async function startNode(folder, { name, region }, settings) {
  const part = await start(folder, name, {
    args: [MAIN, 'serve', '--config', settings, '--data', folder.path(name), '--port', '0'],
    env: { LUTRA_NODE_NAME: name, LUTRA_NODE_REGION: region },
    readyWhen: /answers at (http[^\s;]+)/,
  });
  return { ...part, region, url: part.match };
}

/** Starts what the sample rules call, and applies them. */
export async function startSamples(folder, url) {
  const samples = join(ROOT, 'config', 'samples');
  const receiver = await startPart('receiver', [join(samples, 'receiver.mjs'), '0'], {
    env: { LUTRA_SAMPLE_KEY_FILE: folder.path('webhook-signing.key') },
    readyWhen: /listens at (\S+)/,
  });
  const applied = await startPart(
    'apply',
    [MAIN, 'apply', '--url', url, '-f', join(samples, 'webhook.yaml')],
    { env: { ...withoutOthers(), LUTRA_SAMPLE_RECEIVER_URL: receiver.match }, isShown: true },
  );
  const { code } = await applied.ended;
  if (code !== 0) throw new Error(`applying the sample rules ended with exit code ${code}`);
  return receiver;
}

/** The end of what a part wrote to its log. */
export function lastLines(folder, name) {
  try {
    const lines = readFileSync(folder.log(name), 'utf8').trimEnd().split('\n');
    return lines.slice(-SHOWN_LINES).join('\n');
  } catch {
    return ''; // it wrote nothing
  }
}

function start(folder, name, { command, args, env, readyWhen }) {
  return startPart(name, args, {
    command,
    readyWhen,
    env: { ...withoutOthers(), ...env },
    logFile: folder.log(name),
  });
}

/** Undefined takes a variable away. */
function withoutOthers() {
  const names = Object.keys(process.env).filter((name) => OURS_ALONE.test(name));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

async function untilHealthy(folder, { name, ended }, url, signal) {
  const endsAt = performance.now() + HEALTHY_LIMIT_MS;
  let end;
  void ended.then((how) => (end = how));
  while (!signal.aborted) {
    const isHealthy = await fetch(url, { signal: AbortSignal.timeout(1_000) })
      .then(async (response) => (await response.text()).includes('true'))
      .catch(() => false); // not yet
    if (isHealthy && end === undefined) return;
    if (end !== undefined || performance.now() > endsAt) {
      const what = end === undefined ? 'does not get well' : `ended (${end.signal ?? end.code})`;
      throw new Error(`${name} ${what}; it said:\n${lastLines(folder, name)}`);
    }
    await sleep(POLL_MS);
  }
}
