import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import { NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type { Store } from '../../../src/ports/store.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { aGroupId, aToken, PARTITION } from '../../support/builders.ts';
import { eventually } from '../../support/eventually.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { startReplica } from '../../support/redis-topologies.ts';
import { startProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import { aNode, commitNow, nextUnit, own, stateOf } from './redis-world.ts';
import type { TestNode } from './redis-world.ts';

const WAIT_MS = 400;
const TOKEN = aToken();

/** The writes whose success somebody outside may see. */
const SEEN_OUTSIDE = [
  { name: 'acquire', call: (store: Store) => store.acquire(PARTITION, TOKEN) },
  {
    name: 'commit for somebody who is not an owner',
    call: (store: Store) => commitNow(store, { groupId: aGroupId(2) }),
  },
  {
    name: 'lock',
    call: (store: Store) =>
      store.lock(PARTITION, TOKEN, { groupId: aGroupId(), holder: 'pass-1', ttlMs: 60_000 }),
  },
  {
    name: 'renew',
    call: (store: Store) =>
      store.renew(PARTITION, TOKEN, { groupId: aGroupId(), holder: 'pass-0', ttlMs: 60_000 }),
  },
] as const;

describe('Writes that wait for a replica', function replicas() {
  this.timeout(20_000);
  let primary: TestRedis;
  let replica: TestRedis;
  let link: TcpProxy;
  let node: TestNode;
  beforeEach(async () => {
    primary = await startRedis();
    link = await startProxy(primary.port);
    replica = await startReplica(primary, { port: link.port });
    const place = { kind: 'single', url: primary.url } as const;
    node = await aNode({ place, waitReplicas: 1, waitTimeoutMs: WAIT_MS });
    const lock = { groupId: aGroupId(), holder: 'pass-0', ttlMs: 60_000 };
    await untilReplicated(() => own(node.store, TOKEN));
    await untilReplicated(() => commitNow(node.store));
    await untilReplicated(() => node.store.lock(PARTITION, TOKEN, lock));
  });
  afterEach(async () => {
    await node.store.close();
    await Promise.all([replica.remove(), primary.remove()]);
    await link.close();
  });

  /** Writes what a test rests on, again where a busy machine's replica was slower than the node waits. */
  async function untilReplicated(write: () => Promise<unknown>): Promise<void> {
    await eventually('the replica has what was prepared', async () => {
      try {
        await write();
        return true;
      } catch (error) {
        if (!hasCode(error, 'store-unavailable')) throw error;
        return false;
      }
    });
  }

  async function cutOff(): Promise<void> {
    link.setMode('refuse');
    await eventually('the replica is missed', async () =>
      String(await primary.send('INFO', 'replication')).includes('connected_slaves:0'),
    );
  }

  async function inStep(): Promise<void> {
    link.setMode('pass');
    await eventually('the replica is back', async () =>
      String(await replica.send('INFO', 'replication')).includes('master_link_status:up'),
    );
  }

  /** How many writes the primary has carried out. */
  async function writeCount(): Promise<number> {
    const info = String(await primary.send('INFO', 'persistence'));
    return Number(/rdb_changes_since_last_save:(\d+)/.exec(info)?.[1]);
  }

  for (const write of SEEN_OUTSIDE) {
    it(`${write.name}: resolves when the replica has it, and rejects where it has not`, async () => {
      expect(await write.call(node.store)).not.to.equal(undefined);
      await cutOff();
      const sentAt = Date.now();

      const error = await rejection(write.call(node.store));

      expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
      expect(Date.now() - sentAt).to.be.within(WAIT_MS - 20, WAIT_MS + 600);
      await inStep();
      expect(await write.call(node.store)).not.to.equal(undefined);
    });
  }

  it('waits for the repeat of a commit as well, though it changes nothing', async () => {
    await cutOff();
    const unit = await nextUnit(node.store, { set: { state: 'once' } });
    await rejection(node.store.commit(PARTITION, NOT_AN_OWNER, [unit]));

    const error = await rejection(node.store.commit(PARTITION, NOT_AN_OWNER, [unit]));

    expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
    await inStep();
    const commit = await node.store.commit(PARTITION, NOT_AN_OWNER, [unit]);
    expect(commit).to.deep.include({ kind: 'answered', results: ['committed'] });
    expect(await stateOf(node.store)).to.equal('once');
  });

  it('writes something at the repeat of a commit, so that there is something to wait for', async () => {
    const unit = await nextUnit(node.store);
    await node.store.commit(PARTITION, NOT_AN_OWNER, [unit]);
    const before = await writeCount();

    await node.store.commit(PARTITION, NOT_AN_OWNER, [unit]);

    expect(await writeCount()).to.equal(before + 1);
  });

  it('writes something at the repeat of a removal as well', async () => {
    const unit = await nextUnit(node.store, { remove: 'group' });
    await node.store.commit(PARTITION, NOT_AN_OWNER, [unit]);
    const before = await writeCount();

    await node.store.commit(PARTITION, NOT_AN_OWNER, [unit]);

    expect(await writeCount()).to.equal(before + 1);
  });

  it('does not make the commits of an owner wait', async () => {
    await cutOff();
    const waiting = rejection(commitNow(node.store, { groupId: aGroupId(2) }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const sentAt = Date.now();

    expect(await commitNow(node.store, {}, TOKEN)).to.equal('committed');

    expect(Date.now() - sentAt).to.be.lessThan(WAIT_MS / 2);
    await waiting;
  });
});
