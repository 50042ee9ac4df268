/**
 * Two nodes on one Redis and one etcd, with something between them and everybody that can lose replies: of Redis to
 * a node now and then, and of a node to a client wherever that client wants it.
 */
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Programs, urlOf } from '../../support/built-program.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import { eventually } from '../../support/eventually.ts';
import { aFolder } from '../../support/folder.ts';
import { endWithUs, makeCluster } from '../../support/ready-cluster.ts';
import { startRedis } from '../../support/redis-server.ts';
import { startProxy } from '../../support/tcp-proxy.ts';
import type { ProxyMode, TcpProxy } from '../../support/tcp-proxy.ts';
import { HttpClient } from '../api/support/client.ts';
import type { HttpRequest } from '../api/support/client.ts';

/** How many nodes there are. */
const NODE_COUNT = 2;
/** Small, so that parallel creations overrun them where anything can, and what is there fits on a page. */
export const LIMITS = { maxGroups: 12, maxPoliciesPerGroup: 40, maxWebhooksPerPolicy: 10 };

/** As many as are sent at once. */
const SOCKETS_MAX = 256;
/**
 * What is done to replies of Redis, and for how long: commands are carried out meanwhile. Held back for longer than a
 * node waits for them, they are sent again, and answered in the end; after a cut they mostly are not.
 */
const REDIS_FAULTS: readonly { readonly mode: ProxyMode; readonly ms: number }[] = [
  { mode: 'hold replies', ms: 1_700 },
  { mode: 'cut replies', ms: 15 },
];
const CLUSTER = {
  LUTRA_CLUSTER_PARTITION_COUNT: '8',
  LUTRA_PROVIDERS_WEBHOOK_ENABLED: 'false',
};

/** What a client was told; `none` where the reply did not arrive, and what came of the request is not known. */
export interface Told {
  readonly status: number | 'none';
  readonly body: unknown;
}

/** Over which node, and whether the reply arrives. */
interface Way {
  readonly whole: HttpClient;
  readonly deaf: HttpClient;
}

export class ConcurrencyLab {
  readonly #ways: readonly Way[];
  readonly #redis: readonly TcpProxy[];
  readonly #closers: readonly (() => Promise<void>)[];
  #turn = 0;
  #faultCount = 0;
  #tenantCount = 0;

  private constructor(
    ways: readonly Way[],
    redis: readonly TcpProxy[],
    closers: readonly (() => Promise<void>)[],
  ) {
    this.#ways = ways;
    this.#redis = redis;
    this.#closers = closers;
  }

  static async open(): Promise<ConcurrencyLab> {
    const closers: (() => Promise<void>)[] = [];
    try {
      const { urls, redis } = await startNodes(closers);
      const ways = await Promise.all(urls.map((url) => wayTo(url, closers)));
      const lab = new ConcurrencyLab(ways, redis, closers);
      await eventually('every node is ready', () => lab.#isReady());
      return lab;
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
  }

  /** A tenant that nobody has used. */
  aTenant(): string {
    this.#tenantCount += 1;
    return `tenant-${String(this.#tenantCount)}`;
  }

  /** Sends to the node whose turn it is. `isDeaf`: the request arrives, and its reply does not. */
  async send(request: HttpRequest, isDeaf = false): Promise<Told> {
    this.#turn += 1;
    const way = this.#ways[this.#turn % this.#ways.length];
    if (way === undefined) throw new Error('there is no node');
    try {
      const { status, text } = await (isDeaf ? way.deaf : way.whole).send(request);
      return { status, body: text === '' ? undefined : JSON.parse(text) };
    } catch {
      return { status: 'none', body: undefined }; // cut on its way
    }
  }

  /**
   * Does the work, and so many ms later keeps what Redis replies from one of the nodes. Every time it is the other
   * node's turn, and every second time another fault's.
   */
  async whileRedisFails<Result>(work: () => Promise<Result>, afterMs: number): Promise<Result> {
    const proxy = this.#redis[this.#faultCount % this.#redis.length];
    const turn = Math.floor(this.#faultCount / this.#redis.length);
    const fault = REDIS_FAULTS[turn % REDIS_FAULTS.length];
    this.#faultCount += 1;
    const failing = (async (): Promise<void> => {
      await sleep(afterMs);
      proxy?.setMode(fault?.mode ?? 'pass');
      await sleep(fault?.ms);
      proxy?.setMode('pass');
    })();
    try {
      return await work();
    } finally {
      await failing;
      await eventually('every node is ready', () => this.#isReady());
    }
  }

  /** Reads from every node, and asks that all say the same. */
  async read(path: string): Promise<unknown> {
    const replies = await Promise.all(
      this.#ways.map(({ whole }) => whole.send({ method: 'GET', path })),
    );
    const [first] = replies;
    for (const { status, text } of replies) {
      if (status !== 200 || text !== first?.text) {
        throw new Error(
          `nodes answer differently: ${replies.map((reply) => reply.text).join('\n')}`,
        );
      }
    }
    return JSON.parse(first?.text ?? '');
  }

  close(): Promise<void> {
    return closeAll(this.#closers);
  }

  async #isReady(): Promise<boolean> {
    const request = { method: 'GET', path: '/health/ready' };
    const replies = await Promise.all(this.#ways.map(({ whole }) => whole.send(request)));
    return replies.every(({ status }) => status === 200);
  }
}

async function startNodes(
  closers: (() => Promise<void>)[],
): Promise<{ readonly urls: readonly string[]; readonly redis: readonly TcpProxy[] }> {
  const folder = await aFolder();
  closers.push(() => folder.remove());
  const etcd = await startEtcd();
  closers.push(() => etcd.remove());
  const redis = await startRedis();
  closers.push(() => redis.remove());
  const proxies = await Promise.all(
    Array.from({ length: NODE_COUNT }, () => startProxy(redis.port)),
  );
  for (const proxy of proxies) closers.push(() => proxy.close());
  const programs = new Programs();
  closers.push(endWithUs(programs), () => programs.killAll());
  const settings = { ...CLUSTER, LUTRA_ETCD_ENDPOINTS: etcd.urls.join(',') };
  await makeCluster(programs, { ...settings, LUTRA_REDIS_URLS: redis.url });
  const config = folder.path('lutra.yaml');
  await writeFile(config, JSON.stringify({ limits: LIMITS })); // JSON is YAML
  const nodes = proxies.map(({ url }, index) => {
    const name = `n${String(index + 1)}`;
    const words = ['serve', '--config', config, '--data', folder.path(name), '--port', '0'];
    const own = { LUTRA_NODE_NAME: name, LUTRA_REDIS_URLS: url };
    return programs.lutra(words, {
      // Links of both nodes begin alike.
      env: { ...settings, ...own, LUTRA_API_URL_ROOT: 'http://127.0.0.1:1' },
    });
  });
  return { urls: await Promise.all(nodes.map(urlOf)), redis: proxies };
}

async function wayTo(url: string, closers: (() => Promise<void>)[]): Promise<Way> {
  const proxy = await startProxy(Number(new URL(url).port));
  closers.push(() => proxy.close());
  proxy.setMode('cut replies');
  const whole = new HttpClient(url, SOCKETS_MAX);
  const deaf = new HttpClient(`http://127.0.0.1:${String(proxy.port)}`, SOCKETS_MAX);
  closers.push(() => {
    whole.close();
    deaf.close();
    return Promise.resolve();
  });
  return { whole, deaf };
}

/** The last that was opened first; what fails does not keep the others open. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of [...closers].reverse()) {
    await close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'something could not be closed');
}
