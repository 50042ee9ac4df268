/** A cluster with everything that it stands on, every link of which can be cut. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import type { FencingToken } from '../../src/domain/ids.ts';
import type { PartitionLayout } from '../../src/domain/partition/partition-of.ts';
import { allPartitions } from '../../src/domain/partition/partition-of.ts';
import type { Store } from '../../src/ports/store.ts';
import { Programs } from '../support/built-program.ts';
import { startReceiver } from '../support/capacity-receiver.ts';
import type { CapacityReceiver } from '../support/capacity-receiver.ts';
import { openClusterStore } from '../support/cluster-store.ts';
import { startEtcd } from '../support/etcd-server.ts';
import type { TestEtcd } from '../support/etcd-server.ts';
import { endWithUs, makeCluster, makeReady } from '../support/ready-cluster.ts';
import { putGroup } from '../support/seeded-store.ts';
import type { SeededGroup } from '../support/seeded-store.ts';
import { NORMAL } from './bounds.ts';
import { loadOf } from './load.ts';
import { FaultNode } from './node.ts';
import { OrderBook } from './order-book.ts';
import { openRedis } from './redis.ts';
import type { Redis } from './redis.ts';

/** How a cluster is to be. */
export interface ClusterPlan {
  readonly folder: string;
  /** Where what nodes say is kept. */
  readonly logFolder: string;
  readonly nodeCount: number;
  readonly ttlMs: number;
  readonly policyCount: number;
  readonly hasReplica: boolean;
  /** The library that sets clocks; undefined where there is none. */
  readonly faketime: string | undefined;
}

export const LAYOUT: PartitionLayout = { regions: ['local'], count: 64 };
const OWNERS = '/lutra/lutra/owners/';
/** The least that is allowed where there are webhooks. */
const CALL_TIMEOUT_MS = 30_000;
/** Longer than the longest pause, so that the lock of a pass outlasts it. */
export function lockTtlMs(ttlMs: number): number {
  return Math.max(CALL_TIMEOUT_MS, 5 * ttlMs) + 500;
}
const STORED_AT_ONCE = 16;

export class FaultCluster {
  readonly plan: ClusterPlan;
  readonly etcd: TestEtcd;
  readonly redis: Redis;
  readonly receiver: CapacityReceiver;
  readonly orders: OrderBook;
  readonly nodes: readonly FaultNode[];
  readonly groups: readonly SeededGroup[];
  readonly #closers: readonly (() => Promise<void>)[];

  private constructor(
    plan: ClusterPlan,
    parts: Pick<FaultCluster, 'etcd' | 'redis' | 'receiver' | 'orders' | 'nodes' | 'groups'>,
    closers: readonly (() => Promise<void>)[],
  ) {
    this.plan = plan;
    this.etcd = parts.etcd;
    this.redis = parts.redis;
    this.receiver = parts.receiver;
    this.orders = parts.orders;
    this.nodes = parts.nodes;
    this.groups = parts.groups;
    this.#closers = closers;
  }

  /** Builds the program where that must be, starts all servers, makes the cluster and its groups; starts no node. */
  static async open(plan: ClusterPlan): Promise<FaultCluster> {
    await makeReady();
    const closers: (() => Promise<void>)[] = [];
    try {
      const etcd = await startEtcd({ memberCount: 3, fsync: 'on' });
      closers.push(() => etcd.remove());
      const programs = new Programs();
      closers.push(() => programs.killAll());
      const redis = await openRedis({
        hasReplica: plan.hasReplica,
        openStore: (url) => openClusterStore(url, LAYOUT),
      });
      closers.push(() => redis.close());
      const orders = new OrderBook();
      const receiver = await startReceiver((order, occurrence) => {
        orders.take(order, occurrence, Date.now());
      });
      closers.push(() => receiver.close());
      const settings = await settingsFor(plan);
      await makeCluster(programs, {
        ...settings,
        LUTRA_ETCD_ENDPOINTS: etcd.urls.join(','),
        LUTRA_REDIS_URLS: redis.url(),
      });
      await redis.openStore();
      const groups = await putGroups(redis.store(), plan, receiver);
      const nodes = await prepareNodes(plan, { etcd, redis, programs, settings }, closers);
      closers.push(endWithUs(programs));
      return new FaultCluster(plan, { etcd, redis, receiver, orders, nodes, groups }, closers);
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
  }

  /** The nodes' names. */
  get names(): readonly string[] {
    return this.nodes.map(({ name }) => name);
  }

  get store(): Store {
    return this.redis.store();
  }

  /** What never should have happened to a process, and to whom. */
  get breaches(): readonly string[] {
    return this.nodes.flatMap(({ breaches }) => breaches);
  }

  node(name: string): FaultNode {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`there is no node "${name}"`);
    return found;
  }

  /** Who holds the keys to the partitions, as etcd has it, and under which revision. */
  async owners(): Promise<
    ReadonlyMap<string, { readonly node: string; readonly revision: number }>
  > {
    const text = await this.etcd.ctl('get', '--prefix', OWNERS, '-w', 'json');
    const { kvs = [] } = JSON.parse(text) as {
      readonly kvs?: readonly Readonly<Record<'key' | 'value' | 'create_revision', string>>[];
    };
    const plain = (encoded: string): string => Buffer.from(encoded, 'base64').toString('utf8');
    return new Map(
      kvs.map(({ key, value, create_revision: revision }) => {
        const { node } = JSON.parse(plain(value)) as { readonly node: string };
        return [plain(key).slice(OWNERS.length), { node, revision: Number(revision) }];
      }),
    );
  }

  /** Why not every partition has one live owner that works on it; undefined where each has. */
  async whyUnsettled(): Promise<string | undefined> {
    try {
      const owners = await this.owners();
      let workedOn = 0;
      for (const node of this.nodes) {
        if (!node.isRunning) return `${node.name} does not run`;
        const owned = await node.owned();
        const why = whyForeign(await node.id(), owned, owners);
        if (why !== undefined) return why;
        workedOn += owned.size;
      }
      if (workedOn === LAYOUT.count && owners.size === LAYOUT.count) return undefined;
      return `of ${LAYOUT.count} partitions ${owners.size} have keys, ${workedOn} are worked on`;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Whether partitions are still to be handed over before all nodes have as many. */
  async isMoving(): Promise<boolean> {
    const counts = new Map<string, number>();
    for (const { node } of (await this.owners()).values()) {
      counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    const [least, most] = [Math.min(...counts.values()), Math.max(...counts.values())];
    return counts.size < this.nodes.length || most - least > 1;
  }

  /** Why something is not decided that was due by `endedAt`, or for longer than is normal; undefined where nothing is. */
  async whyOverdue(endedAt: number): Promise<string | undefined> {
    try {
      const lists = await Promise.all(
        allPartitions(LAYOUT).map(async (partition) => ({
          partition,
          list: await this.store.due(partition, 1),
        })),
      );
      for (const { partition, list } of lists) {
        const dueAt = list.groups[0]?.policies[0]?.dueAt;
        if (dueAt === undefined) continue;
        const lateMs = list.now - dueAt;
        if (dueAt > endedAt && lateMs <= NORMAL.maxMs) continue;
        return `something in ${partition} is late by ${lateMs} ms`;
      }
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Ends everything, whatever is left running. */
  close(): Promise<void> {
    return closeAll(this.#closers);
  }
}

function whyForeign(
  id: string,
  owned: ReadonlyMap<string, FencingToken>,
  owners: ReadonlyMap<string, { readonly node: string; readonly revision: number }>,
): string | undefined {
  for (const [partition, { revision }] of owned) {
    const owner = owners.get(partition);
    if (owner?.node === id && owner.revision === revision) continue;
    return `${id} works on ${partition}, the key of ${String(owner?.node)}`;
  }
  return undefined;
}

async function settingsFor(plan: ClusterPlan): Promise<Readonly<Record<string, string>>> {
  await mkdir(plan.folder, { recursive: true });
  const keyFile = join(plan.folder, 'webhook-signing.key');
  await writeFile(keyFile, `${'5e'.repeat(32)}\n`, { mode: 0o600 });
  return {
    LUTRA_CLUSTER_PARTITION_COUNT: String(LAYOUT.count),
    LUTRA_ETCD_SESSION_TTL_MS: String(plan.ttlMs),
    LUTRA_PROVIDERS_PROCESS_ENABLED: 'false',
    LUTRA_PROVIDERS_WEBHOOK_ALLOW: '127.0.0.0/8',
    LUTRA_PROVIDERS_WEBHOOK_SIGNING_KEY_FILE: keyFile,
    LUTRA_CONVERGER_CALL_TIMEOUT_MS: String(CALL_TIMEOUT_MS),
    LUTRA_CONVERGER_LOCK_TTL_MS: String(lockTtlMs(plan.ttlMs)),
    LUTRA_CONVERGER_BACKOFF_FIRST_MS: '100',
    LUTRA_CONVERGER_BACKOFF_MAX_MS: '1000',
    ...(plan.hasReplica ? { LUTRA_REDIS_WAIT_REPLICAS: '1' } : {}),
  };
}

async function prepareNodes(
  plan: ClusterPlan,
  parts: {
    readonly etcd: TestEtcd;
    readonly redis: Redis;
    readonly programs: Programs;
    readonly settings: Readonly<Record<string, string>>;
  },
  closers: (() => Promise<void>)[],
): Promise<readonly FaultNode[]> {
  const nodes: FaultNode[] = [];
  for (let number = 1; number <= plan.nodeCount; number += 1) {
    const name = `n${number}`;
    const node = await FaultNode.prepare(
      {
        ...{ name, region: 'local', dataFolder: join(plan.folder, name), settings: parts.settings },
        etcdPorts: parts.etcd.members.map(({ port }) => port),
        redisPorts: new Map([['local', parts.redis.port()]]),
        faketime: number === plan.nodeCount ? plan.faketime : undefined,
        logFile: join(plan.logFolder, `${name}.log`),
      },
      parts.programs,
    );
    closers.push(() => node.close());
    nodes.push(node);
  }
  return nodes;
}

async function putGroups(
  store: Store,
  { policyCount }: ClusterPlan,
  receiver: CapacityReceiver,
): Promise<readonly SeededGroup[]> {
  const left = [...loadOf(policyCount, receiver.urlOf)];
  const groups: SeededGroup[] = [];
  const writers = Array.from({ length: STORED_AT_ONCE }, async () => {
    for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
      groups.push(await putGroup(store, seed));
    }
  });
  await Promise.all(writers);
  return groups;
}

/** The last that was opened first; what fails does not keep the others open. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of [...closers].reverse()) {
    await close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'something could not be closed');
}
