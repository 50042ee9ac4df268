/**
 * The nodes that the tests talk to: one that stands alone on its file, or two that share one Redis and one
 * etcd. They are started once for all tests; every test has a tenant of its own.
 */
import { writeFile } from 'node:fs/promises';
import { Programs, urlOf } from '../../../support/built-program.ts';
import { startReceiver } from '../../../support/capacity-receiver.ts';
import type { CapacityReceiver } from '../../../support/capacity-receiver.ts';
import { startEtcd } from '../../../support/etcd-server.ts';
import { eventually } from '../../../support/eventually.ts';
import { aFolder } from '../../../support/folder.ts';
import type { TestFolder } from '../../../support/folder.ts';
import { freePort } from '../../../support/free-port.ts';
import { endWithUs, makeCluster } from '../../../support/ready-cluster.ts';
import { startRedis } from '../../../support/redis-server.ts';
import { SERVER } from './bodies.ts';
import { HttpClient } from './client.ts';
import type { HttpReply, HttpRequest } from './client.ts';
import { Tenant } from './tenant.ts';
import type { Nodes } from './tenant.ts';

/** Groups that a tenant may have here: few enough that a test can create one too many. */
export const GROUPS_MAX = 104;
export const POLICIES_MAX = 100;
export const WEBHOOKS_MAX = 25;
export const PAGE_MAX = 100;

export const PER_TENANT_PER_MINUTE = 1_000;
export const PER_CAPABILITY_PER_SECOND = 10;
/** What there is to launch servers with. */
export const CATALOGUE = {
  images: [
    ...[SERVER.imageRef, 'b1'].map((id) => ({ id, status: 'ACTIVE' })),
    { id: 'being-saved', status: 'SAVING' },
  ],
  flavors: [SERVER.flavorRef, '4', 'performance1-1'],
  personality: { maxFiles: 5, maxFileBytes: 1_000 },
};

const SETTINGS_FILE = 'lutra.yaml';
const FILE = {
  catalogue: CATALOGUE,
  limits: {
    maxGroups: GROUPS_MAX,
    rates: {
      perTenantPerMinute: PER_TENANT_PER_MINUTE,
      perCapabilityPerSecond: PER_CAPABILITY_PER_SECOND,
      unknownCapabilitiesPerMinute: 0, // all tests come from one address
    },
  },
};
const SETTINGS = { LUTRA_PROVIDERS_WEBHOOK_ALLOW: '127.0.0.0/8' };
const CLUSTER = { ...SETTINGS, LUTRA_CLUSTER_PARTITION_COUNT: '8' };

/** Where nodes are started, and how all of it is taken away, the last first. */
interface Site {
  readonly folder: TestFolder;
  readonly programs: Programs;
  readonly closers: (() => Promise<void>)[];
}

/** One way of running Lutra. */
export interface SetUp {
  readonly name: string;
  /** Starts its nodes; gives where each of them answers, the first of them being where links lead. */
  readonly start: (site: Site) => Promise<readonly string[]>;
}

export const ALONE: SetUp = {
  name: 'one node on SQLite',
  start: async ({ programs, folder, closers }) => {
    closers.push(() => programs.killAll());
    const node = programs.lutra(serve(folder, { name: 'n1', port: 0 }), { env: SETTINGS });
    return [await urlOf(node)];
  },
};

export const TOGETHER: SetUp = {
  name: 'two nodes on Redis and etcd',
  start: async ({ programs, folder, closers }) => {
    const etcd = await startEtcd();
    closers.push(() => etcd.remove());
    const redis = await startRedis();
    closers.push(() => redis.remove());
    closers.push(() => programs.killAll()); // before what they stand on
    const servers = { LUTRA_ETCD_ENDPOINTS: etcd.urls.join(','), LUTRA_REDIS_URLS: redis.url };
    await makeCluster(programs, { ...CLUSTER, ...servers });
    const signingKeyFile = folder.path('signing.key');
    await writeFile(signingKeyFile, `${'5e'.repeat(32)}\n`, { mode: 0o600 });
    const first = await freePort();
    const settings = {
      ...CLUSTER,
      ...servers,
      LUTRA_PROVIDERS_WEBHOOK_SIGNING_KEY_FILE: signingKeyFile,
      // Clients know one address, whichever node answers.
      LUTRA_API_URL_ROOT: `http://127.0.0.1:${String(first)}`,
    };
    const nodes = [first, 0].map((port, index) => {
      const name = `n${String(index + 1)}`;
      const env = { ...settings, LUTRA_NODE_NAME: name };
      return programs.lutra(serve(folder, { name, port }), { env });
    });
    return Promise.all(nodes.map(urlOf));
  },
};

/** How a node is started, with the file of settings in the folder, and what is its own below it. */
function serve(
  folder: TestFolder,
  node: { readonly name: string; readonly port: number },
): readonly string[] {
  const data = folder.path(node.name);
  const config = folder.path(SETTINGS_FILE);
  return ['serve', '--config', config, '--data', data, '--port', String(node.port)];
}

export class World implements Nodes {
  readonly #setUp: SetUp;
  #running: Running | undefined;
  #turn = 0;
  #tenantCount = 0;

  constructor(setUp: SetUp) {
    this.#setUp = setUp;
  }

  get root(): string {
    return this.#alive.root;
  }

  /** Where each of the nodes answers. */
  get urls(): readonly string[] {
    return this.#alive.urls;
  }

  /** Where groups of the launch type `webhook` order their servers. */
  get receiver(): CapacityReceiver {
    return this.#alive.receiver;
  }

  /** Starts everything, and resolves when all nodes are ready. */
  async start(): Promise<void> {
    const folder = await aFolder();
    const closers = [(): Promise<void> => folder.remove()];
    try {
      const receiver = await startReceiver();
      closers.push(() => receiver.close());
      const programs = new Programs();
      closers.push(endWithUs(programs));
      await writeFile(folder.path(SETTINGS_FILE), JSON.stringify(FILE)); // JSON is YAML
      const urls = await this.#setUp.start({ folder, programs, closers });
      const clients = urls.map((url) => new HttpClient(url));
      closers.push(() => {
        for (const client of clients) client.close();
        return Promise.resolve();
      });
      this.#running = { root: urls[0] ?? '', urls, clients, receiver, closers };
      await this.#untilReady();
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
  }

  async stop(): Promise<void> {
    const closers = this.#running?.closers ?? [];
    this.#running = undefined;
    await closeAll(closers);
  }

  send(request: HttpRequest): Promise<HttpReply> {
    return this.#next().send(request);
  }

  /** Sends to the node whose turn it is, and hangs up before it can be told what came of it. */
  sendAndLeave(request: HttpRequest, when: 'sent' | 'answered'): Promise<void> {
    return this.#next().sendAndLeave(request, when);
  }

  sendAll(request: HttpRequest): Promise<readonly HttpReply[]> {
    return Promise.all(this.#alive.clients.map((client) => client.send(request)));
  }

  /** Sends a text that need not be HTTP to the node whose turn it is. */
  sendText(text: string): Promise<string> {
    return this.#next().sendText(text);
  }

  /** Follows a link as it is. */
  follow(link: string): Promise<HttpReply> {
    const { pathname, search, origin } = new URL(link);
    const [first] = this.#alive.clients;
    if (first === undefined || origin !== this.root) throw new Error(`${link} leads elsewhere`);
    return first.send({ method: 'GET', path: `${pathname}${search}` });
  }

  /** Uses a capability. */
  use(link: string): Promise<HttpReply> {
    return this.send({ method: 'POST', path: new URL(link).pathname });
  }

  /** A tenant that nobody has used; the name goes into its id. */
  aTenant(name = 'tenant'): Tenant {
    this.#tenantCount += 1;
    return new Tenant(`${name}-${String(this.#tenantCount)}`, this);
  }

  get #alive(): Running {
    if (this.#running === undefined) throw new Error('it was not started');
    return this.#running;
  }

  /** Nodes take turns, so that what one wrote is read from the other. */
  #next(): HttpClient {
    const { clients } = this.#alive;
    this.#turn += 1;
    const client = clients[this.#turn % clients.length];
    if (client === undefined) throw new Error('there is no node');
    return client;
  }

  async #untilReady(): Promise<void> {
    await eventually('every node is ready', async () => {
      const replies = await this.sendAll({ method: 'GET', path: '/health/ready' });
      return replies.every(({ status }) => status === 200);
    });
  }
}

interface Running {
  readonly root: string;
  readonly urls: readonly string[];
  readonly clients: readonly HttpClient[];
  readonly receiver: CapacityReceiver;
  readonly closers: readonly (() => Promise<void>)[];
}

/** The last that was opened first; what fails does not keep the others open. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of [...closers].reverse()) {
    await close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'something could not be closed');
}
