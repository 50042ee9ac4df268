/** Carries faults out, one at a time, and waits until the cluster has recovered from each. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestEtcdMember } from '../support/etcd-server.ts';
import { storedOf } from './accounts.ts';
import type { Span } from './attribution.ts';
import { boundOf, whileMoving } from './bounds.ts';
import type { FaultCluster } from './cluster.ts';
import { mendLinks, setLinks } from './node.ts';
import { labelOf } from './schedule.ts';
import type { LinkBlow, NodeBlow, ServerBlow, Strike } from './schedule.ts';

/** A fault as it was carried out. */
export interface Struck extends Span {
  readonly label: string;
  /** When what was done to the cluster was undone. */
  readonly endedAt: number;
  /** From then until every partition had a live owner and nothing was overdue; undefined where that never came. */
  readonly recoveryMs: number | undefined;
  /** What was the matter when the time to recover was over. */
  readonly why: string | undefined;
}

/** In TTLs: how long recovery may take. */
const RECOVERY_TTLS = 3;
const POLL_MS = 200;
const PROGRESS_MIN_MS = 5;

export class Nemesis {
  readonly struck: Struck[] = [];
  /** Groups of which a fail-over lost commits, each time counted. */
  lostCommitCount = 0;
  /** What was ordered because of commits that were lost. */
  readonly lostEffects: string[] = [];
  readonly #cluster: FaultCluster;
  /** What is being done now, for people. */
  now = '';

  constructor(cluster: FaultCluster) {
    this.#cluster = cluster;
  }

  /** Strikes once and waits for the recovery, but no longer than is promised. */
  async strike(strike: Strike): Promise<Struck> {
    const isMoving = await this.#cluster.isMoving();
    const from = Date.now();
    this.now = labelOf(strike);
    await this.#perform(strike);
    const bound = boundOf(strike, this.#cluster.plan.ttlMs);
    return this.finish(strike, from, isMoving ? whileMoving(bound, strike) : bound);
  }

  /** Writes down a fault that somebody else has carried out since `from`, once the cluster has recovered. */
  async finish(
    strike: Strike,
    from: number,
    bound = boundOf(strike, this.#cluster.plan.ttlMs),
  ): Promise<Struck> {
    const endedAt = Date.now();
    this.now = `recovering from ${labelOf(strike)}`;
    const { recoveryMs, why } = await this.recovered(endedAt);
    const struck: Struck = {
      ...{ number: strike.number, kind: strike.kind, label: labelOf(strike) },
      ...{ from, endedAt, until: Date.now(), bound, recoveryMs, why },
    };
    this.struck.push(struck);
    this.now = '';
    return struck;
  }

  /** Waits until the cluster has recovered from what ended at this moment, and answers how long that took. */
  async recovered(endedAt: number): Promise<Pick<Struck, 'recoveryMs' | 'why'>> {
    // A fault that is over by itself may show only after the next renewal or probe.
    const { ttlMs } = this.#cluster.plan;
    const endsAt = endedAt + RECOVERY_TTLS * ttlMs;
    for (;;) {
      const askedAt = Date.now();
      const why = (await this.#cluster.whyUnsettled()) ?? (await this.#cluster.whyOverdue(endedAt));
      if (why === undefined) {
        return { recoveryMs: Math.max(askedAt - endedAt, PROGRESS_MIN_MS), why: undefined };
      }
      if (askedAt > endsAt) return { recoveryMs: undefined, why };
      await sleep(POLL_MS);
    }
  }

  #perform(strike: Strike): Promise<void> {
    if (isOfNode(strike)) return this.#strikeNode(strike);
    if (isOfLinks(strike)) return this.#strikeLinks(strike);
    return this.#strikeServers(strike);
  }

  async #strikeServers(strike: Strike<ServerBlow>): Promise<void> {
    const { etcd, redis } = this.#cluster;
    switch (strike.kind) {
      case 'owner-and-leader':
        return this.#strikeOwnerAndLeader(strike.node, strike.forMs);
      case 'store-failed-over':
        return this.#failOver(strike.forMs);
      case 'etcd-wiped':
        return etcd.wipe();
      case 'etcd-down':
        return takeDown(etcd.members, strike.forMs);
      case 'member-killed':
        return takeDown([await this.#member(strike.member)], strike.forMs);
      case 'store-restarted':
        return takeDown([redis.server()], strike.forMs);
    }
  }

  async #member(which: number | 'leader'): Promise<TestEtcdMember> {
    const { etcd } = this.#cluster;
    const member = which === 'leader' ? await etcd.leader() : etcd.members[which];
    if (member === undefined) throw new Error(`etcd has no member ${which}`);
    return member;
  }

  async #strikeNode(strike: Strike<NodeBlow>): Promise<void> {
    const node = this.#cluster.node(strike.node);
    if (strike.kind === 'loop-blocked') await node.block(strike.forMs);
    if (strike.kind === 'node-paused') node.signal('SIGSTOP');
    if (strike.kind === 'node-killed') await node.kill();
    if (strike.kind === 'node-restarted') await node.stop();
    if (strike.kind === 'clock-shifted') await node.setClock(strike.byMs);
    await sleep(strike.forMs);
    if (strike.kind === 'clock-shifted') await node.setClock(0);
    if (strike.kind === 'node-paused') node.signal('SIGCONT');
    if (!node.isRunning) node.start();
  }

  async #strikeLinks(strike: Strike<LinkBlow>): Promise<void> {
    const node = this.#cluster.node(strike.node);
    const isEtcd = strike.kind === 'etcd-cut' || strike.kind === 'etcd-slow';
    const links = isEtcd ? node.etcdLinks : node.storeLinks;
    if ('how' in strike) {
      setLinks(links, strike.how);
      await sleep(strike.forMs);
      mendLinks(links, strike.how);
    } else {
      for (const link of links) link.setDelay(strike.delayMs);
      await sleep(strike.forMs);
      for (const link of links) link.setDelay(0);
    }
  }

  async #strikeOwnerAndLeader(name: string, forMs: number): Promise<void> {
    const node = this.#cluster.node(name);
    const leader = await this.#cluster.etcd.leader();
    await Promise.all([node.kill(), leader.kill()]);
    await sleep(forMs);
    await leader.start();
    node.start();
  }

  /**
   * The replica misses what is written for a while, and takes the primary's place. Before any node gets to it,
   * it is asked which commits are lost, and whether anything was ordered because of them.
   */
  async #failOver(forMs: number): Promise<void> {
    const { redis, nodes, groups, orders } = this.#cluster;
    redis.cutReplica('hole');
    await sleep(forMs);
    const before = await Promise.all(groups.map((group) => storedOf(redis.store(), group)));
    const port = await redis.promote();
    for (const [index, group] of groups.entries()) {
      const survived = await storedOf(redis.store(), group);
      if (survived.version !== before[index]?.version) this.lostCommitCount += 1;
      const ordered = orders.generationOf(group.name);
      if (ordered <= survived.generation) continue;
      const what = `generation ${ordered} was ordered, and ${survived.generation} is what survived`;
      this.lostEffects.push(`${group.name}: ${what}`);
    }
    for (const link of nodes.flatMap((node) => node.storeLinks)) link.setTarget(port);
    await redis.addReplica();
  }
}

function isOfNode(strike: Strike): strike is Strike<NodeBlow> {
  return 'node' in strike && !isOfLinks(strike) && strike.kind !== 'owner-and-leader';
}

function isOfLinks(strike: Strike): strike is Strike<LinkBlow> {
  return 'how' in strike || 'delayMs' in strike;
}

/** Kills servers and starts them again with what they had stored. */
async function takeDown(
  servers: readonly Pick<TestEtcdMember, 'kill' | 'start'>[],
  forMs: number,
): Promise<void> {
  await Promise.all(servers.map((server) => server.kill()));
  await sleep(forMs);
  await Promise.all(servers.map((server) => server.start()));
}
