/**
 * A cluster of two regions with everything that it stands on: three members of etcd, a Redis for each region,
 * nodes with something between each of them and each server, and a receiver that no fault reaches.
 */
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { messageOf } from '../../../src/base/errors.ts';
import type { FencingToken } from '../../../src/domain/ids.ts';
import type { PartitionLayout } from '../../../src/domain/partition/partition-of.ts';
import { allPartitions } from '../../../src/domain/partition/partition-of.ts';
import type { Store } from '../../../src/ports/store.ts';
import { Programs } from '../../support/built-program.ts';
import { startReceiver } from '../../support/capacity-receiver.ts';
import type { CapacityReceiver } from '../../support/capacity-receiver.ts';
import { openClusterStore } from '../../support/cluster-store.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';
import { eventually } from '../../support/eventually.ts';
import { aFolder } from '../../support/folder.ts';
import type { TestFolder } from '../../support/folder.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { putGroup } from '../../support/seeded-store.ts';
import { Convergence, LOCK_TTL_MS, PASSES_MAX } from './convergence.ts';
import { firingGroups } from './firing-groups.ts';
import { Ledger } from './ledger.ts';
import type { LedgerFacts, LedgerGroup } from './ledger.ts';
import { ClusterNode } from '../../support/cluster-node.ts';

/** The region with three nodes, and the one with a single node. */
export const [NORTH, SOUTH] = ['north', 'south'];
/** How long a session lasts. */
export const TTL_MS = 3_000;
/** After its last node's session, until others take a region's partitions. */
const GRACE_MS = 5_000;
const LAYOUT: PartitionLayout = { regions: [NORTH, SOUTH], count: 8 };
const GROUPS_PER_REGION = { [NORTH]: 80, [SOUTH]: 30 };
const NODES = [
  ...['n1', 'n2', 'n3'].map((name) => ({ name, region: NORTH })),
  { name: 's1', region: SOUTH },
];
const SETTINGS = {
  LUTRA_CLUSTER_REGIONS: LAYOUT.regions.join(','),
  LUTRA_CLUSTER_PARTITION_COUNT: String(LAYOUT.count),
  LUTRA_ETCD_SESSION_TTL_MS: String(TTL_MS),
  LUTRA_ETCD_REGION_GRACE_MS: String(GRACE_MS),
  LUTRA_OWNERSHIP_READ_INTERVAL_MS: '500',
  LUTRA_PROVIDERS_PROCESS_ENABLED: 'false',
  LUTRA_PROVIDERS_WEBHOOK_ALLOW: '127.0.0.0/8',
  LUTRA_CONVERGER_CALL_TIMEOUT_MS: '30000',
  LUTRA_CONVERGER_LOCK_TTL_MS: String(LOCK_TTL_MS),
  LUTRA_CONVERGER_CONCURRENCY_PER_TENANT: String(PASSES_MAX),
  LUTRA_CONVERGER_BACKOFF_FIRST_MS: '100',
  LUTRA_CONVERGER_BACKOFF_MAX_MS: '1000',
};
/** Long enough for any change of owners, a session's end and a grace included. */
const SETTLE_TIMEOUT_MS = 45_000;

const FAULTS_SHOWN_MAX = 20;

/** Who holds a partition's key in etcd. */
interface Holder {
  readonly node: string;
  readonly epoch: number;
  readonly revision: number;
}

/** What everything is made of. */
interface Parts {
  readonly folder: TestFolder;
  readonly programs: Programs;
  readonly etcd: TestEtcd;
  readonly redis: ReadonlyMap<string, TestRedis>;
  readonly stores: ReadonlyMap<string, Store>;
  readonly receiver: CapacityReceiver;
  readonly nodes: readonly ClusterNode[];
}

export class ClusterLab {
  readonly etcd: TestEtcd;
  readonly nodes: readonly ClusterNode[];
  readonly ledger: Ledger;
  readonly convergence: Convergence;
  readonly #parts: Parts;
  readonly #closers: readonly (() => Promise<void>)[];

  private constructor(
    parts: Parts,
    groups: readonly LedgerGroup[],
    closers: readonly (() => Promise<void>)[],
  ) {
    this.#parts = parts;
    this.etcd = parts.etcd;
    this.nodes = parts.nodes;
    this.ledger = new Ledger(groups);
    this.convergence = new Convergence(this.ledger, parts.receiver);
    this.#closers = closers;
  }

  /** Starts all servers and the receiver, makes the cluster and its groups, and starts all nodes. */
  static async open(): Promise<ClusterLab> {
    const closers: (() => Promise<void>)[] = [];
    try {
      const parts = await openParts(closers);
      const groups = await putGroups(parts);
      const lab = new ClusterLab(parts, groups, closers);
      closers.push(endWithUs(lab.nodes));
      for (const node of lab.nodes) node.start();
      return lab;
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
  }

  /** Ends everything, whatever a test has left running. */
  close(): Promise<void> {
    return closeAll(this.#closers);
  }

  node(name: string): ClusterNode {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`there is no node "${name}"`);
    return found;
  }

  /** The other nodes of a node's region. */
  neighboursOf(node: ClusterNode): readonly ClusterNode[] {
    return this.nodesOf(node.region).filter((other) => other !== node);
  }

  nodesOf(region: string): readonly ClusterNode[] {
    return this.nodes.filter((node) => node.region === region);
  }

  redis(region: string): TestRedis {
    const found = this.#parts.redis.get(region);
    if (found === undefined) throw new Error(`there is no region "${region}"`);
    return found;
  }

  /** Brings back what a test that failed has left cut off, frozen or dead. */
  repair(): void {
    for (const node of this.nodes) {
      node.mend();
      if (node.isRunning) node.send('SIGCONT');
      else node.start();
    }
  }

  async kill(node: ClusterNode): Promise<void> {
    await node.kill();
    this.convergence.passesLost(1);
  }

  /** The partitions that have an owner, by their keys in etcd. */
  async owners(): Promise<ReadonlyMap<string, Holder>> {
    const prefix = '/lutra/lutra/owners/';
    const text = await this.etcd.ctl('get', '--prefix', prefix, '-w', 'json');
    const { kvs = [] } = JSON.parse(text) as {
      readonly kvs?: readonly Readonly<Record<'key' | 'value' | 'create_revision', string>>[];
    };
    const plain = (encoded: string): string => Buffer.from(encoded, 'base64').toString('utf8');
    return new Map(
      kvs.map(({ key, value, create_revision: revision }) => {
        const { node, epoch } = JSON.parse(plain(value)) as Pick<Holder, 'node' | 'epoch'>;
        return [plain(key).slice(prefix.length), { node, epoch, revision: Number(revision) }];
      }),
    );
  }

  /** Puts something into the place of a partition's key in etcd, or nothing. */
  async forgeOwner(partition: string, value: object | undefined): Promise<void> {
    const key = `/lutra/lutra/owners/${partition}`;
    if (value === undefined) await this.etcd.ctl('del', key);
    else await this.etcd.ctl('put', key, JSON.stringify(value));
  }

  /**
   * Waits until every partition has one owner that works on it, a node of its own region, and the loads of a
   * region's nodes differ by one at most.
   */
  async settled(): Promise<void> {
    const endsAt = Date.now() + SETTLE_TIMEOUT_MS;
    for (;;) {
      const why = await this.#whyUnsettled().catch(messageOf);
      if (why === undefined) return;
      if (Date.now() > endsAt) throw new Error(`the cluster does not settle: ${why}`);
      await sleep(100);
    }
  }

  /** Waits until the keys of all these partitions are held by some of these nodes. */
  async moved(partitions: Iterable<string>, to: readonly ClusterNode[]): Promise<void> {
    const moving = [...partitions];
    const ids = new Set<string | undefined>(await Promise.all(to.map((node) => node.id())));
    await eventually(
      `${moving.join(', ')} are owned by ${to.map(({ name }) => name).join(' or ')}`,
      async () => {
        const owners = await this.owners();
        return moving.every((partition) => ids.has(owners.get(partition)?.node));
      },
      SETTLE_TIMEOUT_MS,
    );
  }

  /**
   * Judges everything that has happened so far: every planned occurrence is in the history once, desired
   * capacities are the replay, and what was ordered last is what is desired.
   */
  async check(): Promise<LedgerFacts> {
    const facts = await this.ledger.check();
    if (facts.faults.length > 0) throw new Error(told(facts.faults));
    await this.convergence.check();
    return facts;
  }

  async #whyUnsettled(): Promise<string | undefined> {
    const owners = await this.owners();
    let sum = 0;
    for (const region of LAYOUT.regions) {
      const loads: number[] = [];
      for (const node of this.nodesOf(region).filter(({ isRunning }) => isRunning)) {
        const owned = await node.owned();
        const why = whyNotOurs(await node.id(), region, { owners, owned });
        if (why !== undefined) return why;
        loads.push(owned.size);
        sum += owned.size;
      }
      if (Math.max(...loads) - Math.min(...loads) > 1) return `loads are ${loads.join(', ')}`;
    }
    const count = allPartitions(LAYOUT).length;
    if (sum === count && owners.size === count) return undefined;
    return `of ${String(count)} partitions ${String(owners.size)} have keys, ${String(sum)} are worked on`;
  }
}

/** Some of what is wrong, in lines of its own: an assertion would cut them short. */
function told(faults: readonly string[]): string {
  const shown = faults.slice(0, FAULTS_SHOWN_MAX).map((fault) => `\n  ${fault}`);
  return `the history has ${String(faults.length)} faults:${shown.join('')}`;
}

/** What is wrong with what a node of the region works on; undefined where it holds the keys to all of it. */
function whyNotOurs(
  id: string,
  region: string,
  found: {
    readonly owners: ReadonlyMap<string, Holder>;
    readonly owned: ReadonlyMap<string, FencingToken>;
  },
): string | undefined {
  for (const [partition, { revision }] of found.owned) {
    const owner = found.owners.get(partition);
    const isOwn = owner?.node === id && owner.revision === revision;
    if (!isOwn) return `${id} works on ${partition}, the key of ${String(owner?.node)}`;
    if (!partition.startsWith(`${region}/`)) return `${id} works on ${partition}`;
  }
  return undefined;
}

async function openParts(closers: (() => Promise<void>)[]): Promise<Parts> {
  const folder = await aFolder();
  closers.push(() => folder.remove());
  const etcd = await startEtcd({ memberCount: 3, fsync: 'on' });
  closers.push(() => etcd.remove());
  const redis = new Map<string, TestRedis>();
  for (const region of LAYOUT.regions) {
    const server = await startRedis({ fsync: 'always' });
    closers.push(() => server.remove());
    redis.set(region, server);
  }
  const receiver = await startReceiver();
  closers.push(() => receiver.close());
  const programs = new Programs();
  const signingKeyFile = folder.path('webhook-signing.key');
  await writeFile(signingKeyFile, `${'5e'.repeat(32)}\n`, { mode: 0o600 });
  const settings = { ...SETTINGS, LUTRA_PROVIDERS_WEBHOOK_SIGNING_KEY_FILE: signingKeyFile };
  // Added before the nodes are there, so that they end after what stands between them and the servers.
  const nodes: ClusterNode[] = [];
  for (const { name, region } of NODES) {
    const plan = {
      ...{ name, region, dataFolder: folder.path(name), settings },
      etcdPorts: etcd.members.map(({ port }) => port),
      redisPorts: new Map([...redis].map(([of, { port }]) => [of, port])),
    };
    const node = await ClusterNode.prepare(plan, programs);
    closers.push(() => node.close());
    nodes.push(node);
  }
  closers.push(() => programs.killAll());
  const stores = new Map<string, Store>();
  await makeCluster(programs, { etcd, redis });
  for (const [region, { url }] of redis) {
    const store = await openClusterStore(url, LAYOUT);
    closers.push(() => store.close());
    stores.set(region, store);
  }
  return { folder, programs, etcd, redis, stores, receiver, nodes };
}

async function makeCluster(
  programs: Programs,
  { etcd, redis }: Pick<Parts, 'etcd' | 'redis'>,
): Promise<void> {
  const made = programs.lutra(['cluster', 'init'], {
    env: {
      ...SETTINGS,
      LUTRA_NODE_REGION: NORTH,
      LUTRA_ETCD_ENDPOINTS: etcd.urls.join(','),
      LUTRA_REDIS_URLS: [...redis].map(([region, { url }]) => `${region}=${url}`).join(','),
    },
  });
  const { code } = await made.exited;
  expect(code, `lutra cluster init: ${made.stdout}${made.stderr}`).to.equal(0);
}

async function putGroups({ stores, receiver }: Parts): Promise<readonly LedgerGroup[]> {
  const groups: LedgerGroup[] = [];
  for (const [region, store] of stores) {
    const count = GROUPS_PER_REGION[region] ?? 0;
    for (const seed of firingGroups(region, count, receiver.urlOf)) {
      const seeded = await putGroup(store, seed, LAYOUT.regions.indexOf(region));
      groups.push({ seeded, region, store });
    }
  }
  return groups;
}

/** Sees to it that nodes end with this process, however that ends. Returns what undoes this. */
function endWithUs(nodes: readonly ClusterNode[]): () => Promise<void> {
  const end = (): void => {
    for (const node of nodes) if (node.isRunning) process.kill(node.program.pid, 'SIGKILL');
  };
  const exit = (): never => process.exit(143);
  process.once('exit', end).once('SIGTERM', exit);
  return () => {
    process.off('exit', end).off('SIGTERM', exit);
    return Promise.resolve();
  };
}

/** The last that was opened first; what fails does not keep the others open. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of [...closers].reverse()) {
    await close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'something could not be closed');
}
