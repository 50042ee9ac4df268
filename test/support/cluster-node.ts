/** A node of a cluster, with something between it and each server that it talks to. */
import { expect } from 'chai';
import type { FencingToken } from '../../src/domain/ids.ts';
import { urlOf } from './built-program.ts';
import type { Program, Programs } from './built-program.ts';
import { startProxy } from './tcp-proxy.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** What a node is made with. */
export interface NodePlan {
  readonly name: string;
  readonly region: string;
  /** Where it keeps what is its own. */
  readonly dataFolder: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly etcdPorts: readonly number[];
  readonly redisPorts: ReadonlyMap<string, number>;
}

/** A line of the log, of the fields that tests look at. */
export interface LoggedEvent {
  readonly event: string;
  /** Names the process, not only the node. */
  readonly node: string;
  readonly partition?: string;
  readonly token?: FencingToken;
  readonly region?: string;
  readonly reason?: string;
  readonly err?: { readonly code?: string; readonly message?: string };
}

/** What stands between a node and each server that it talks to: members of etcd, and the Redis of each region. */
interface Links {
  readonly etcd: readonly TcpProxy[];
  readonly redis: ReadonlyMap<string, TcpProxy>;
}

interface Status {
  readonly partitions: readonly {
    readonly partition: string;
    readonly token?: FencingToken;
  }[];
  readonly firings: Readonly<Record<'scaled' | 'refused' | 'skipped', number>>;
}

/** How long a node may take to answer a request of a test. */
const ANSWER_MS = 5_000;

export class ClusterNode {
  readonly #plan: NodePlan;
  readonly #programs: Programs;
  readonly #etcd: readonly TcpProxy[];
  readonly #redis: ReadonlyMap<string, TcpProxy>;
  #program: Program | undefined;
  #isCut = false;
  /** How much of what the process has written is of no interest any more. */
  #forgotten = 0;

  private constructor(plan: NodePlan, programs: Programs, proxies: Links) {
    this.#plan = plan;
    this.#programs = programs;
    this.#etcd = proxies.etcd;
    this.#redis = proxies.redis;
  }

  /** Prepares a node and starts nothing but what stands between it and its servers. */
  static async prepare(plan: NodePlan, programs: Programs): Promise<ClusterNode> {
    const etcd = await Promise.all(plan.etcdPorts.map(startProxy));
    const redis = await Promise.all(
      [...plan.redisPorts].map(async ([region, port]) => [region, await startProxy(port)] as const),
    );
    return new ClusterNode(plan, programs, { etcd, redis: new Map(redis) });
  }

  get name(): string {
    return this.#plan.name;
  }

  get region(): string {
    return this.#plan.region;
  }

  /** What stands between it and its servers. */
  get links(): Links {
    return { etcd: this.#etcd, redis: this.#redis };
  }

  get isRunning(): boolean {
    return this.#program !== undefined;
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error(`${this.name} does not run`);
    return this.#program;
  }

  /** Starts it; does not wait for it. */
  start(): void {
    const { dataFolder, settings } = this.#plan;
    this.#forgotten = 0;
    const redis = [...this.#redis].map(([region, { url }]) => `${region}=${url}`);
    this.#program = this.#programs.node(dataFolder, {
      ...settings,
      LUTRA_NODE_NAME: this.name,
      LUTRA_NODE_REGION: this.region,
      LUTRA_ETCD_ENDPOINTS: this.#etcd.map(({ port }) => `http://127.0.0.1:${port}`).join(','),
      LUTRA_REDIS_URLS: redis.join(','),
    });
  }

  async kill(): Promise<void> {
    await this.program.end('SIGKILL');
    this.#program = undefined;
  }

  /** Asks it to leave; rejects where it does not leave in peace. */
  async stop(): Promise<void> {
    const exit = await this.program.end('SIGTERM');
    this.#program = undefined;
    expect(exit, `the end of ${this.name}`).to.deep.equal({ code: 0, signal: null });
  }

  send(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.program.send(signal);
  }

  /** Cuts it off from all of etcd: nothing comes through, nothing is refused. */
  cutEtcd(): void {
    this.#isCut = true;
    for (const proxy of this.#etcd) proxy.setMode('hole');
  }

  /** Cuts it off from the Redis of a region. */
  cutRedis(region: string): void {
    this.#isCut = true;
    this.#redis.get(region)?.setMode('hole');
  }

  /** Lets everything through again. What was swallowed is lost: connections from before end. */
  mend(): void {
    if (!this.#isCut) return;
    this.#isCut = false;
    for (const proxy of [...this.#etcd, ...this.#redis.values()]) {
      proxy.setMode('refuse');
      proxy.setMode('pass');
    }
  }

  /** How the process that runs is called among the members. */
  async id(): Promise<string> {
    return this.program.said(/"node":"([^"]+)"/);
  }

  /** Leaves out of `logged` what was logged up to now. */
  forgetLog(): void {
    this.#forgotten = this.#program?.stdout.length ?? 0;
  }

  /** What the process that runs has logged under this name since `forgetLog`. */
  logged(name: string): readonly LoggedEvent[] {
    return this.program.stdout
      .slice(this.#forgotten)
      .split('\n')
      .filter((line) => line.includes(`"event":"${name}"`) && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LoggedEvent);
  }

  /** The tokens of the partitions that it works on. */
  async owned(): Promise<ReadonlyMap<string, FencingToken>> {
    const { partitions } = await this.#status();
    return new Map(
      partitions.flatMap(({ partition, token }) =>
        token === undefined ? [] : [[partition, token]],
      ),
    );
  }

  /** How many occurrences the process that runs has claimed. */
  async firedCount(): Promise<number> {
    const { firings } = await this.#status();
    return firings.scaled + firings.refused + firings.skipped;
  }

  /** The status of the answer to a question about its health. */
  async health(what: 'live' | 'ready'): Promise<number> {
    const { status } = await this.#get(`/health/${what}`);
    return status;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#etcd, ...this.#redis.values()].map((proxy) => proxy.close()));
  }

  async #status(): Promise<Status> {
    const response = await this.#get('/lutra/v1/status');
    expect(response.status, `the status of ${this.name}`).to.equal(200);
    return (await response.json()) as Status;
  }

  async #get(path: string): Promise<Response> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    return fetch(`${await urlOf(this.program)}${path}`, { signal });
  }
}
