/**
 * A whole cluster on this machine: three members of etcd, Redis with a log of its writes, and nodes in one region
 * or several. Shows who owns which partitions whenever that changes, and stops everything that it started.
 */
import { relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { assertPortsFree, noteRunning, openFolder, writeSettings } from './lib/cluster-folder.mjs';
import {
  initCluster,
  lastLines,
  startEtcd,
  startNode,
  startRedis,
  startSamples,
} from './lib/cluster-parts.mjs';
import { askCluster, ownersTable, unowned } from './lib/cluster-view.mjs';
import { durationOf } from './lib/duration.mjs';
import { interruption } from './lib/interruption.mjs';
import { stopParts } from './lib/parts.mjs';
import { makeReady } from './lib/ready.mjs';
import { ensureServices } from './lib/services.mjs';

const USAGE = `Usage: npm run cluster -- [options]

Starts a cluster on this machine: etcd (three members), Redis, and nodes that share the partitions.
Installs and builds what is missing, etcd and Redis included.

  --nodes N            how many nodes, 1 to 20 (default: 3)
  --regions A,B        the regions that the nodes are spread over (default: local)
  --redis-per-region   a Redis for each region (default: one for all)
  --fsync WHEN         when Redis syncs its log to the disk: everysec or always (default: everysec)
  --with-samples       apply the sample rules for webhooks, and show what they do
  --restart            start again, after 5 s, what dies (default: it stays dead)
  --for DURATION       end by itself after e.g. 60s or 5m
  --data FOLDER        where everything is kept (default: .lutra-cluster)
  --fresh              begin with an empty folder
  --no-install         do not install etcd and Redis where they are missing
  --help               this text

Ctrl-C stops everything. The data stays, and the next run carries on from it. Exit codes: 0 all well,
1 something went wrong, 64 wrong usage.`;

const NODES_MAX = 20;
const OWNED_LIMIT_MS = 90_000;
const POLL_MS = 500;
const RESTART_AFTER_MS = 5_000;
const NODES_STOP_LIMIT_MS = 30_000;

const options = readOptions();
const interrupted = interruption();
const stopping = new AbortController();
/** What runs, by name: servers and nodes, the latter with `url`. */
const parts = new Map();
const nodes = () =>
  [...parts.values()]
    .filter(({ url }) => url !== undefined)
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));

process.exitCode = await main().catch((error) => {
  if (interrupted.aborted) return 0; // it was stopped before it was up
  console.error(`cluster: ${error.message}`);
  return 1;
});

async function main() {
  await makeReady();
  const services = await ensureServices({ mayInstall: options.mayInstall });
  if (!services.isOk) throw new Error(`etcd and Redis are needed: ${services.reason}`);
  const folder = await openFolder(options.folder, options);
  await assertPortsFree(folder);
  try {
    await startAll(folder);
    await follow();
    return 0;
  } finally {
    await stopAll(folder);
  }
}

async function startAll(folder) {
  const servers = [
    ...folder.etcd.map(({ name }) => name),
    ...folder.redis.map(({ name, port }) => `${name} (port ${port})`),
  ];
  console.log(`starting ${servers.join(', ')} in ${shown(folder.path())}`);
  await Promise.all([
    ...folder.etcd.map((member) =>
      keep(folder, member.name, () => startEtcd(folder, member, interrupted)),
    ),
    ...folder.redis.map((store) =>
      keep(folder, store.name, () => startRedis(folder, store, options.fsync)),
    ),
  ]);
  interrupted.throwIfAborted();
  const settings = writeSettings(folder);
  await initCluster(folder, settings);
  interrupted.throwIfAborted();
  const { regions } = folder;
  const planned = Array.from({ length: options.nodeCount }, (_, index) => ({
    name: `n${index + 1}`,
    region: regions[index % regions.length],
  }));
  console.log(`starting ${planned.map(({ name, region }) => `${name} in ${region}`).join(', ')}`);
  await Promise.all(
    planned.map((node) => keep(folder, node.name, () => startNode(folder, node, settings))),
  );
  await untilOwned(folder);
  interrupted.throwIfAborted();
  const [first] = nodes();
  if (options.hasSamples) await startSamples(folder, first.url);
  showHints(folder, settings, first);
}

/** Starts a part and keeps an eye on it: its end is shown, and it is started again where that is asked for. */
async function keep(folder, name, start) {
  const part = await start();
  parts.set(name, part);
  noteRunning(
    folder,
    [...parts.values()].map(({ name, pid }) => ({ name, pid })),
  );
  void part.ended.then(async ({ code, signal }) => {
    parts.delete(name);
    if (stopping.signal.aborted || interrupted.aborted) return;
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    const then = options.isRestarting ? `starts again in ${RESTART_AFTER_MS / 1_000} s` : '';
    console.log(
      [`\n${name} (PID ${part.pid}) ended ${how}`, then, `log: ${shown(folder.log(name))}`]
        .filter(Boolean)
        .join('; '),
    );
    if (code !== 0 && signal === null) console.log(lastLines(folder, name));
    if (options.isRestarting) await startAgain(folder, name, start);
  });
}

async function startAgain(folder, name, start) {
  const isOver = () => stopping.signal.aborted || interrupted.aborted;
  await sleep(RESTART_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
  if (isOver()) return;
  await keep(folder, name, start).catch((error) => {
    if (!isOver()) console.log(`${name} could not be started again: ${error.message}`);
  });
}

async function untilOwned(folder) {
  const endsAt = performance.now() + OWNED_LIMIT_MS;
  for (;;) {
    const view = await askCluster(nodes());
    if (view !== undefined && unowned(view, nodes()).length === 0) return;
    if (interrupted.aborted) return;
    if (performance.now() > endsAt || nodes().length === 0) {
      const count = view === undefined ? 'all' : String(unowned(view, nodes()).length);
      throw new Error(
        `${count} partitions have no owner after ${OWNED_LIMIT_MS / 1_000} s; see ${shown(folder.path('logs'))}`,
      );
    }
    await pause();
  }
}

/** Shows who owns what when it has changed, once it is the same for two looks, until the time is over. */
async function follow() {
  const endsAt = options.forMs === undefined ? Infinity : performance.now() + options.forMs;
  let [seen, told] = ['', ''];
  while (!interrupted.aborted && performance.now() < endsAt) {
    const view = await askCluster(nodes());
    const before = seen;
    seen = view === undefined ? noViewText() : ownersTable(view, nodes());
    if (seen !== told && (seen === before || told === '')) {
      told = seen;
      console.log(`\n${new Date().toISOString()}\n${seen}`);
    }
    await pause(endsAt);
  }
}

function noViewText() {
  return nodes().length === 0
    ? 'no node runs'
    : 'no node can say who owns what: etcd does not answer';
}

function pause(endsAt = Infinity) {
  const ms = Math.max(Math.min(POLL_MS, endsAt - performance.now()), 1);
  return sleep(ms, undefined, { signal: interrupted }).catch(() => undefined); // interrupted
}

async function stopAll(folder) {
  stopping.abort();
  const names = nodes().map(({ name }) => name);
  if (names.length > 0) {
    console.log(
      `\nstopping ${names.join(', ')}: they give away what they own first (for up to ` +
        `${NODES_STOP_LIMIT_MS / 1_000} s)`,
    );
  }
  const servers = [...folder.etcd, ...folder.redis].map(({ name }) => name);
  await stopParts({ except: [...servers, 'receiver'], limitMs: NODES_STOP_LIMIT_MS });
  console.log('stopping Redis and etcd');
  await stopParts();
  noteRunning(folder, []);
}

function showHints(folder, settings, { name, pid, url }) {
  const lutra = 'node dist/main.js';
  console.log(`
Every partition has an owner. In another terminal:
  ${lutra} cluster status --url ${url}
  ${lutra} partitions --url ${url}
  ${lutra} drain ${name} --url ${url}
  kill -9 ${pid}    # ${name}: others take over within seconds
Settings of all nodes: ${shown(settings)}; logs: ${shown(folder.path('logs'))}`);
}

/** A path as people would type it here. */
function shown(path) {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        nodes: { type: 'string', default: '3' },
        regions: { type: 'string' },
        'redis-per-region': { type: 'boolean' },
        fsync: { type: 'string', default: 'everysec' },
        'with-samples': { type: 'boolean', default: false },
        restart: { type: 'boolean', default: false },
        for: { type: 'string' },
        data: { type: 'string', default: '.lutra-cluster' },
        fresh: { type: 'boolean', default: false },
        'no-install': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    return {
      nodeCount: nodeCountOf(values.nodes),
      regions: regionsOf(values.regions),
      isRedisPerRegion: values['redis-per-region'],
      fsync: fsyncOf(values.fsync),
      hasSamples: values['with-samples'],
      isRestarting: values.restart,
      forMs: durationOf(values.for),
      folder: resolve(values.data),
      isFresh: values.fresh,
      mayInstall: !values['no-install'],
    };
  } catch (error) {
    console.error(`cluster: ${error.message}\n\n${USAGE}`);
    process.exit(64);
  }
}

function nodeCountOf(text) {
  if (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= NODES_MAX) return Number(text);
  throw new Error(`--nodes takes a number from 1 to ${NODES_MAX}, received "${text}"`);
}

function regionsOf(text) {
  if (text === undefined) return undefined;
  const names = text.split(',');
  const isRight = (name) => /^[a-z0-9][a-z0-9-]{0,31}$/.test(name);
  if (names.every(isRight) && new Set(names).size === names.length) return names;
  throw new Error(
    `--regions takes names of small letters, digits and "-" with commas between, each once, received "${text}"`,
  );
}

function fsyncOf(text) {
  if (['always', 'everysec'].includes(text)) return text;
  throw new Error(`--fsync takes everysec or always, received "${text}"`);
}
