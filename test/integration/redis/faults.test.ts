import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { keysOf } from '../../../src/adapters/redis/keys.ts';
import { epochMs } from '../../../src/base/clock.ts';
import { hasCode } from '../../../src/base/errors.ts';
import { NOT_AN_OWNER } from '../../../src/ports/store.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { aGroupId, anEvent, aPolicyId, aToken, PARTITION } from '../../support/builders.ts';
import { eventually } from '../../support/eventually.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { startProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import { aNode, commitNow, nextUnit, own, stateOf } from './redis-world.ts';
import type { TestNode } from './redis-world.ts';

describe('The store on a Redis in trouble', function faults() {
  this.timeout(20_000);
  let redis: TestRedis;
  let proxy: TcpProxy;
  let node: TestNode;
  beforeEach(async () => {
    redis = await startRedis();
    proxy = await startProxy(redis.port);
    node = await aNode({ place: { kind: 'single', url: proxy.url } });
  });
  afterEach(async () => {
    await node.store.close();
    await proxy.close();
    await redis.remove();
  });

  async function healed(): Promise<void> {
    proxy.setMode('pass');
    await eventually('the store answers again', () =>
      node.store.group(aGroupId()).then(
        () => true,
        () => false,
      ),
    );
  }

  async function eventCount(): Promise<number> {
    const request = { from: undefined, order: 'oldest-first', limit: 100 } as const;
    return (await node.store.history(aGroupId(), request)).length;
  }

  it('answers committed to the repeat of a commit whose reply was lost, and applies it once', async () => {
    const unit = await nextUnit(node.store, { events: [anEvent()], divergence: 'mark' });
    proxy.setMode('cut replies');
    const error = await rejection(node.store.commit(PARTITION, NOT_AN_OWNER, [unit]));
    expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
    await healed();

    const commit = await node.store.commit(PARTITION, NOT_AN_OWNER, [unit]);

    expect(commit).to.deep.include({ kind: 'answered', results: ['committed'] });
    expect(await eventCount()).to.equal(1);
    expect(await node.store.countGroups(unit.tenantId)).to.equal(1);
  });

  it('takes a group off its tenant’s list at the repeat of a drop whose reply was lost', async () => {
    await commitNow(node.store);
    const drop = await nextUnit(node.store, { listing: 'drop' });
    proxy.setMode('cut replies');
    await rejection(node.store.commit(PARTITION, NOT_AN_OWNER, [drop]));
    await healed();
    expect(await node.store.countGroups(drop.tenantId)).to.equal(1);

    await node.store.commit(PARTITION, NOT_AN_OWNER, [drop]);

    expect(await node.store.countGroups(drop.tenantId)).to.equal(0);
  });

  it('never sends by itself again what was under way when the connection was lost', async () => {
    const keys = ['{x}1', '{x}2', '{x}3'];
    proxy.setMode('cut replies');
    await Promise.all(keys.map((key) => rejection(node.connection.send('INCR', key))));
    await healed();
    await new Promise((resolve) => setTimeout(resolve, 300));

    const counts = await Promise.all(keys.map((key) => redis.send('GET', key)));

    expect(counts).to.deep.equal(['1', '1', '1']);
  });

  it('rejects at once while the connection is away, and does nothing of it later', async () => {
    await commitNow(node.store, { set: { state: 'before' } });
    const unit = await nextUnit(node.store, { set: { state: 'late' } });
    proxy.setMode('refuse');
    await eventually('the loss is noticed', async () =>
      hasCode(await rejection(node.store.group(aGroupId())), 'store-unavailable'),
    );
    // The next try to connect will succeed; this is too early for it.
    proxy.setMode('pass');
    const error = await rejection(node.store.commit(PARTITION, NOT_AN_OWNER, [unit]));

    expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
    await healed();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await stateOf(node.store)).to.equal('before');
  });

  it('gives up on a server that is silent, and comes back when it is not', async () => {
    proxy.setMode('hole');
    const sentAt = Date.now();

    const error = await rejection(node.store.group(aGroupId()));

    expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
    expect(Date.now() - sentAt).to.be.within(1_400, 1_900);
    // The socket is half open: only its own time-out ends it.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await healed();
    expect(await commitNow(node.store)).to.equal('committed');
  });

  for (const { name, begin, end } of [
    {
      name: 'out of memory',
      begin: [['CONFIG', 'SET', 'maxmemory', '1']],
      end: [['CONFIG', 'SET', 'maxmemory', '0']],
    },
    {
      name: 'without the replicas that it must have',
      begin: [['CONFIG', 'SET', 'min-replicas-to-write', '1']],
      end: [['CONFIG', 'SET', 'min-replicas-to-write', '0']],
    },
    {
      name: 'read-only',
      begin: [['REPLICAOF', '127.0.0.1', '1']],
      end: [['REPLICAOF', 'NO', 'ONE']],
    },
  ] as const) {
    it(`rejects writes with store-unavailable while the server is ${name}, and reads on`, async () => {
      await commitNow(node.store, {
        set: { state: 'before' },
        due: [{ policyId: aPolicyId(), dueAt: epochMs(0) }],
      });
      for (const [command, ...args] of begin) await redis.send(command, ...args);

      const error = await rejection(
        commitNow(node.store, { remove: ['state'], events: [anEvent()], set: { limits: 'l' } }),
      );

      expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
      await healed();
      expect((await node.store.due(PARTITION, 10)).policyCount).to.equal(1);
      const { group } = await node.store.group(aGroupId());
      expect(group?.fields).to.deep.equal({ state: 'before' });
      for (const [command, ...args] of end) await redis.send(command, ...args);
      await eventually('writes are taken again', () =>
        commitNow(node.store).then(
          (result) => result === 'committed',
          () => false,
        ),
      );
    });
  }

  it('stops a partition loudly where the server was emptied', async () => {
    const token = await own(node.store, aToken());
    await commitNow(node.store, {}, token);
    await redis.send('FLUSHALL');

    for (const call of [
      () => node.store.due(PARTITION, 10),
      () => node.store.divergent(PARTITION, 10),
      () => node.store.group(aGroupId()),
      () => node.store.walk(PARTITION, { after: undefined, limit: 10 }),
      () => node.store.acquire(PARTITION, token),
      () => node.store.commit(PARTITION, token, []),
    ]) {
      const error = await rejection(call());
      expect(hasCode(error, 'store-foreign'), String(error)).to.equal(true);
    }
  });

  for (const { name, key } of [
    { name: 'the group', key: keysOf(PARTITION).group(aGroupId()) },
    { name: 'its history', key: keysOf(PARTITION).history(aGroupId()) },
  ]) {
    it(`refuses a batch in which ${name} is no key of ours, and applies nothing of it`, async () => {
      await redis.send('SET', key, 'not ours');
      const units = [
        await nextUnit(node.store, { groupId: aGroupId(2) }),
        await nextUnit(node.store, { events: [anEvent()] }),
      ];

      const error = await rejection(node.store.commit(PARTITION, NOT_AN_OWNER, units));

      expect(hasCode(error, 'unit-refused'), String(error)).to.equal(true);
      const { groups } = await node.store.walk(PARTITION, { after: undefined, limit: 10 });
      expect(groups).to.deep.equal([]);
    });
  }

  it('lets one group that is no key of ours keep nobody from what else is due', async () => {
    const dueAt = epochMs(1);
    for (const number of [1, 2, 3]) {
      const fields = { groupId: aGroupId(number), due: [{ policyId: aPolicyId(), dueAt }] };
      await commitNow(node.store, fields);
    }
    await redis.send('SET', keysOf(PARTITION).group(aGroupId(2)), 'not ours');
    await redis.send('DEL', keysOf(PARTITION).group(aGroupId(1)));

    const { groups } = await node.store.due(PARTITION, 2);

    expect(groups.map(({ groupId, version }) => [groupId, version === ''])).to.deep.equal([
      [aGroupId(2), true],
      [aGroupId(3), false],
    ]);
    const walked = await node.store.walk(PARTITION, { after: undefined, limit: 1 });
    expect(walked.groups.map(({ groupId }) => groupId)).to.deep.equal([aGroupId(3)]);
  });
});
