/**
 * Goal: whatever dies, stands still or is cut off in a cluster, every planned occurrence is claimed once or
 * recorded as missed, and capacities follow. Method: one cluster of real processes lives through one fault
 * after the other while hundreds of policies fire every few seconds; after each, a checker with a calendar
 * of its own judges the whole history, and what a receiver outside was ordered.
 *
 * Counts are asserted; times only bound what hangs. SEED=<n> chooses the nodes and moments of an earlier
 * run; the rest is up to the machine.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import type { FencingToken } from '../../../src/domain/ids.ts';
import { eventually } from '../../support/eventually.ts';
import { seededRandom } from '../../support/random.ts';
import { ClusterLab, NORTH, SOUTH, TTL_MS } from './lab.ts';
import type { ClusterNode } from '../../support/cluster-node.ts';

const IS_LONG = process.env['LUTRA_TEST_LONG'] === '1';
const SEED = Number(process.env['SEED'] ?? Math.floor(systemRandom.fraction() * 1e9));
const KILL_SPAN_MS = IS_LONG ? 120_000 : 8_000;
const ETCD_DOWN_MS = IS_LONG ? 60_000 : 5_000;
const MEMBER_DOWN_MS = IS_LONG ? 30_000 : 3_000;
const REDIS_DOWN_MS = IS_LONG ? 20_000 : 2_000;
const RESTART_ROUNDS = IS_LONG ? 5 : 1;
const SCENARIO_TIMEOUT_MS = IS_LONG ? 600_000 : 150_000;

describe(`a cluster (SEED=${String(SEED)})`, function () {
  this.timeout(SCENARIO_TIMEOUT_MS);
  const random = seededRandom(SEED);
  let lab: ClusterLab;

  function any<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(random.fraction() * items.length)];
    if (item === undefined) throw new Error('there is nothing to choose from');
    return item;
  }

  before(async () => {
    lab = await ClusterLab.open();
  });

  after(() => lab.close());

  beforeEach(async () => {
    await lab.settled();
    for (const node of lab.nodes) node.forgetLog();
  });

  afterEach(() => lab.repair());

  it('whose nodes are killed again and again', async () => {
    const endsAt = Date.now() + KILL_SPAN_MS;
    let ownedCount = 0;
    while (Date.now() < endsAt) {
      await sleep(500 + random.fraction() * 2_000);
      const victim = any(lab.nodes);
      ownedCount += (await victim.owned().catch(() => new Map())).size; // it may not be up yet
      await lab.kill(victim);
      await sleep(random.fraction() * 500);
      victim.start();
    }

    await lab.settled();
    const facts = await lab.check();
    expect(ownedCount, 'partitions whose owner was killed').to.be.at.least(1);
    expect(facts.firedCount, 'occurrences that fired').to.be.at.least(100);
  });

  it('one of whose nodes stands still, and wakes without etcd', async () => {
    const victim = any(lab.nodesOf(NORTH));
    const held = await victim.owned();
    const askedAt = Date.now();
    const firedBefore = await victim.firedCount();
    victim.send('SIGSTOP');
    const stoppedAt = Date.now();
    lab.convergence.passesLost(1);
    victim.cutEtcd(); // now, so that no news waits for it in a buffer
    await sleep(3 * TTL_MS);
    await lab.moved(held.keys(), lab.neighboursOf(victim));
    const firedCounts = await firedCountsOf(lab.nodes.filter((node) => node !== victim));

    victim.send('SIGCONT');

    await refused(victim, held);
    await eventually('it works on nothing', async () => (await victim.owned()).size === 0);
    const firedAfter = await victim.firedCount();
    await expectAllFired(firedCounts);
    victim.mend();
    await lab.settled();
    await lab.check();
    // Nobody else could claim there before its session had ended.
    const own = lab.ledger.firedBetween(held.keys(), askedAt, stoppedAt + TTL_MS / 2);
    expect(firedAfter - firedBefore, 'claims of a node that stood still').to.be.at.most(own);
  });

  it('that is restarted node by node: nothing is missed', async () => {
    const beforeIt = await lab.check();
    const startedAt = Date.now();
    for (let round = 0; round < RESTART_ROUNDS; round += 1) {
      for (const node of lab.nodes) {
        await node.stop();
        node.start();
        await eventually(`${node.name} is ready`, () => isHealth(node, 200));
      }
      await lab.settled();
    }
    const afterIt = await lab.check();
    expect(afterIt.missedCount - beforeIt.missedCount, 'missed occurrences').to.equal(0);
    const latenesses = lab.ledger.latenessesMs(startedAt);
    const at = (share: number): number => latenesses[Math.ceil(share * latenesses.length) - 1] ?? 0;
    say(`claims meanwhile were late by ${at(0.5)} ms (p50), ${at(0.99)} (p99), ${at(1)} at most`);
  });

  it('without etcd goes on firing on every node', async () => {
    const beforeIt = await lab.check();
    const held = await tokensOf(lab.nodes);
    await Promise.all(lab.etcd.members.map((member) => member.kill()));
    try {
      await eventually('every node knows that it is in doubt', () =>
        lab.nodes.every((node) => node.logged('ownership.doubtful').length > 0),
      );
      const firedCounts = await firedCountsOf(lab.nodes);
      await sleep(ETCD_DOWN_MS);
      await expectAllFired(firedCounts);
      expect(await tokensOf(lab.nodes), 'who works on what').to.deep.equal(held);
    } finally {
      await Promise.all(lab.etcd.members.map((member) => member.start()));
    }
    await lab.settled();
    const afterIt = await lab.check();
    expect(afterIt.missedCount - beforeIt.missedCount, 'missed occurrences').to.equal(0);
  });

  it('without the leader of etcd goes on, and still elects owners', async () => {
    const beforeIt = await lab.check();
    const leader = await lab.etcd.leader();
    await leader.kill();
    try {
      await sleep(MEMBER_DOWN_MS);
      const node = any(lab.nodesOf(NORTH));
      await node.stop();
      node.start();
      await lab.settled();
    } finally {
      await leader.start();
    }
    const afterIt = await lab.check();
    expect(afterIt.missedCount - beforeIt.missedCount, 'missed occurrences').to.equal(0);
  });

  it('whose Redis is killed and restarted keeps what it acknowledged', async () => {
    await lab.check(); // what was read is what has to be there afterwards
    const redis = lab.redis(NORTH);
    const elsewhere = lab.nodesOf(SOUTH);
    await redis.kill();
    lab.convergence.passesLost(lab.nodes.length);
    try {
      const firedCounts = await firedCountsOf(elsewhere);
      await sleep(REDIS_DOWN_MS);
      await expectAllFired(firedCounts);
    } finally {
      await redis.start();
    }
    await lab.ledger.readable();
    await lab.settled();
    await lab.check();
  });

  it('one of whose nodes is cut off from etcd only', async () => {
    const victim = any(lab.nodesOf(NORTH));
    const held = await victim.owned();
    const cutAt = Date.now();
    victim.cutEtcd();
    lab.convergence.passesLost(1);
    await lab.moved(held.keys(), lab.neighboursOf(victim));
    say(`its partitions had moved after ${Date.now() - cutAt} ms (TTL ${TTL_MS})`);
    await refused(victim, held);
    victim.mend();
    await lab.settled();
    await lab.check();
  });

  it('one of whose nodes is cut off from its Redis only', async () => {
    const victim = any(lab.nodesOf(NORTH));
    const held = await victim.owned();
    const cutAt = Date.now();
    victim.cutRedis(NORTH);
    lab.convergence.passesLost(1);
    await lab.moved(held.keys(), lab.neighboursOf(victim));
    say(`its partitions had moved after ${Date.now() - cutAt} ms (TTL ${TTL_MS})`);
    const unfit = victim.logged('node.unfit').filter(({ region }) => region === NORTH);
    expect(unfit.length, 'times that it said to be unfit').to.be.at.least(1);
    victim.mend();
    await lab.settled();
    await lab.check();
  });

  it('whose etcd is emptied heals itself by raising the epoch once', async () => {
    const epochs = await epochsOf(lab);
    await lab.etcd.wipe();
    await lab.settled();
    await lab.check();
    const refills = lab.nodes.flatMap((node) => node.logged('cluster.refilled'));
    expect(refills.length, 'times that a node filled it').to.be.at.least(1);
    expect([...(await epochsOf(lab))]).to.deep.equal([Math.max(...epochs) + 1]);
  });

  it('two of whose nodes believe to own one partition', async () => {
    const [victim, other] = [lab.node('n1'), lab.node('n2')];
    const held = [...(await victim.owned())];
    const [[deleted] = ['']] = held;
    const [, [forged, token] = ['', undefined]] = held;
    expect(token, 'the second partition of its owner').not.to.equal(undefined);
    victim.cutEtcd(); // or it would learn of it before it writes again
    lab.convergence.passesLost(1);

    await lab.forgeOwner(deleted, undefined);
    const claimId = 'forged';
    await lab.forgeOwner(forged, { node: await other.id(), epoch: token?.epoch, claimId });

    await refused(victim, held.slice(0, 2));
    const refusals = other.logged('partition.fenced').map(({ partition }) => partition);
    expect(refusals, 'what the store refused to the other one').to.include(forged);
    victim.mend();
    await lab.settled();
    await lab.check();
  });

  it('the last node of one of whose regions is killed, and comes back', async () => {
    const victim = lab.node('s1');
    const held = await victim.owned();
    await lab.kill(victim);
    await lab.moved(held.keys(), lab.nodesOf(NORTH));

    victim.start();

    await lab.settled(); // which asks for all of a region's partitions on its own nodes
    await lab.check();
  });

  it('one of whose stores is emptied stops there, and says why', async () => {
    await lab.check();
    await lab.convergence.checkAll();
    lab.ledger.drop(SOUTH);
    const owner = lab.node('s1');
    const beforeIt = await lab.check();

    await lab.redis(SOUTH).send('FLUSHALL');

    await eventually('its owner says what has become of it', () => {
      return saidForeign(owner, SOUTH);
    });
    await eventually('every node says that it cannot work there, and why', () =>
      lab.nodes.every((node) =>
        node.logged('node.unfit').some(({ region, reason = '' }) => {
          return region === SOUTH && reason.includes('LUTRA_FOREIGN');
        }),
      ),
    );
    await eventually('nobody works there', async () => {
      const partitions = (await tokensOf(lab.nodes)).map(([partition]) => partition);
      return !partitions.some((partition) => partition.startsWith(`${SOUTH}/`));
    });
    await eventually('its owner is not ready', () => isHealth(owner, 503));
    await sleep(2 * TTL_MS); // nobody takes it up again, either
    expect(await lab.redis(SOUTH).send('DBSIZE'), 'keys in the emptied store').to.equal(0);
    const afterIt = await lab.check();
    expect(afterIt.missedCount - beforeIt.missedCount, 'missed occurrences elsewhere').to.equal(0);
  });
});

/** Waits until the store has refused something that the node wrote under each of these tokens. */
async function refused(
  node: ClusterNode,
  held: Iterable<readonly [string, FencingToken]>,
): Promise<void> {
  const expected = [...held].map(([, { claimId }]) => claimId);
  await eventually(`the store refuses what ${node.name} still writes`, () => {
    const fenced = new Set(node.logged('partition.fenced').map(({ token }) => token?.claimId));
    return expected.every((claimId) => fenced.has(claimId));
  });
}

/** Whether the node answers a question after its readiness with this status, and in time. */
async function isHealth(node: ClusterNode, status: number): Promise<boolean> {
  return (await node.health('ready').catch(() => undefined)) === status;
}

async function firedCountsOf(
  nodes: readonly ClusterNode[],
): Promise<ReadonlyMap<ClusterNode, number>> {
  return new Map(
    await Promise.all(nodes.map(async (node) => [node, await node.firedCount()] as const)),
  );
}

/** Waits until each of them has fired more: policies are due every few seconds, and less than that may have passed. */
async function expectAllFired(before: ReadonlyMap<ClusterNode, number>): Promise<void> {
  for (const [node, count] of before) {
    await eventually(`${node.name} goes on firing`, async () => (await node.firedCount()) > count);
  }
}

async function tokensOf(
  nodes: readonly ClusterNode[],
): Promise<readonly (readonly [string, FencingToken])[]> {
  return (await Promise.all(nodes.map(async (node) => [...(await node.owned())]))).flat();
}

async function epochsOf(lab: ClusterLab): Promise<ReadonlySet<number>> {
  return new Set([...(await lab.owners()).values()].map(({ epoch }) => epoch));
}

/** Whether the node has said that a store is not what it was, and of which region. */
function saidForeign(node: ClusterNode, region: string): boolean {
  return node.logged('loop.failed').some(({ err }) => {
    return err?.code === 'store-foreign' && err.message?.includes(`{${region}/`) === true;
  });
}

/** Figures that no test asserts. */
function say(text: string): void {
  console.log(`      ${text}`);
}
