import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { createMemoryState } from '../../../src/adapters/memory/state.ts';
import type { MemoryState } from '../../../src/adapters/memory/state.ts';
import { hasCode } from '../../../src/base/errors.ts';
import type { FencingToken, NodeId } from '../../../src/domain/ids.ts';
import { isGreater } from '../../contract/coordination/world.ts';
import { anEtcdWorld } from '../../support/etcd-fixture.ts';
import type { EtcdWorld } from '../../support/etcd-fixture.ts';
import { startOwning } from '../../support/etcd-nodes.ts';
import type { OwningNode } from '../../support/etcd-nodes.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';
import { eventually } from '../../support/eventually.ts';

const COUNT = 64;
const MADE = { identity: 'the store', layout: { regions: ['here'], count: COUNT } };
/** Long enough that nothing below can be the end of a lease. */
const TTL_MS = 30_000;

describe('Ownership on etcd', () => {
  let etcd: TestEtcd;
  let world: EtcdWorld;
  let state: MemoryState;
  let running: OwningNode[];
  before(async () => {
    etcd = await startEtcd({ memberCount: 3, fsync: 'on' });
  });
  beforeEach(async () => {
    world = await anEtcdWorld({ endpoints: etcd.urls, ttlMs: TTL_MS }, MADE);
    state = createMemoryState(MADE);
    running = [];
  });
  afterEach(async () => {
    for (const node of running) node.stop();
    await Promise.allSettled(running.map(({ ended }) => ended));
    await world.close();
  });
  after(() => etcd.remove());

  function start(name: string): OwningNode {
    const node = startOwning(world, state, name);
    running.push(node);
    return node;
  }

  /** Resolves when every partition has exactly one owner among these. */
  function untilAllOwned(...nodes: readonly OwningNode[]): Promise<void> {
    return eventually('all partitions are owned', () => {
      const count = nodes.reduce((sum, { owned }) => sum + owned.size, 0);
      return count === COUNT && nodes.every(({ owned }) => owned.size > 0);
    });
  }

  function tokensOf(...nodes: readonly OwningNode[]): ReadonlyMap<string, FencingToken> {
    return new Map(nodes.flatMap(({ owned }) => [...owned]));
  }

  /** Two members; the first came alone and owns everything, for members have not settled since. */
  async function twoNodes(): Promise<readonly [OwningNode, OwningNode]> {
    const one = start('one');
    await untilAllOwned(one);
    const two = start('two');
    await eventually('both are members', async () => {
      const { members } = await one.coordination.read();
      return members.length === 2;
    });
    return [one, two];
  }

  it('passes to the others at once what a node gives back that stops, though its lease would last', async () => {
    const [one, two] = await twoNodes();
    const before = tokensOf(one);
    expect(before.size).to.be.greaterThan(0);
    const startedAt = performance.now();
    one.stop();

    expect(await one.ended).to.deep.equal({ kind: 'stopped' });
    await untilAllOwned(two);

    expect(performance.now() - startedAt).to.be.lessThan(TTL_MS / 3);
    for (const [partition, token] of before) {
      expect(isGreater(two.owned.get(partition as never) ?? token, token)).to.equal(true);
    }
    const { members, owners } = await two.coordination.read();
    expect(members.map(({ node }) => node)).to.deep.equal(['two']);
    expect(owners).to.have.length(COUNT);
  });

  it('passes on at once what a node has that is asked to drain, which stays a member', async () => {
    const [one, two] = await twoNodes();
    expect(await two.coordination.requestDrain('one' as NodeId)).to.equal(true);

    await untilAllOwned(two);

    await eventually('it was told', () => one.told('node.drained'));
    const { members } = await two.coordination.read();
    expect(members.map(({ node, isDraining }) => ({ node, isDraining }))).to.have.deep.members([
      { node: 'one', isDraining: true },
      { node: 'two', isDraining: false },
    ]);
  });

  it('heals itself where etcd was emptied: one raise of the epoch, and greater tokens for all', async () => {
    const [one, two] = await twoNodes();
    const before = tokensOf(one, two);

    await etcd.wipe();
    await eventually('all partitions have newer owners', () => {
      const now = tokensOf(one, two);
      return (
        now.size === COUNT &&
        [...now].every(([partition, { epoch }]) => epoch > (before.get(partition)?.epoch ?? epoch))
      );
    });

    // One may have taken all before the other is back, which is given its share then.
    await eventually('both are members, and every partition has its owner', async () => {
      const { members, owners } = await two.coordination.read();
      return members.length === 2 && owners.length === COUNT;
    });
    expect((await two.coordination.read()).epoch).to.equal(1);
    expect([...one.refills, ...two.refills]).to.include(1);
    expect(new Set([...one.refills, ...two.refills])).to.deep.equal(new Set([1]));
    for (const [partition, token] of tokensOf(one, two)) {
      expect(isGreater(token, before.get(partition) ?? token)).to.equal(true);
    }
    expect(one.told('partition.fenced') || two.told('partition.fenced')).to.equal(false);
  });

  it('ends where another cluster was made in its etcd', async () => {
    const one = start('one');
    await untilAllOwned(one);
    // In one write: with a moment between, the node would give etcd back what it knows.
    const text = JSON.stringify({ format: 1, ...MADE, identity: 'another' });
    await etcd.ctl('put', one.connection.keys.settings, text);

    const error: unknown = await one.ended.catch((reason: unknown) => reason);

    expect(hasCode(error, 'coordination-foreign'), String(error)).to.equal(true);
    expect(String(error)).to.include('another');
    expect(one.owned.size).to.equal(0);
  });
});
