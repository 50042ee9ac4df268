import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { aToken } from '../../support/builders.ts';
import { eventually } from '../../support/eventually.ts';
import { closeRedis } from '../../support/redis-fixture.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { startReplica, startSentinel } from '../../support/redis-topologies.ts';
import { aNode, commitNow, own, stateOf } from './redis-world.ts';

describe('Redis watched by Sentinel', function redisSentinel() {
  this.timeout(60_000);
  const servers: TestRedis[] = [];
  let primary: TestRedis;
  let sentinel: TestRedis;
  before(async () => {
    primary = await startRedis();
    servers.push(primary, await startReplica(primary));
    sentinel = await startSentinel(primary);
    servers.push(sentinel);
  });
  afterEach(closeRedis);
  after(async () => {
    await Promise.all(servers.map((server) => server.remove()));
  });

  it('goes on with the promoted replica, where owners acquire anew and others need not', async () => {
    const place = { kind: 'sentinel', urls: [sentinel.url], name: 'store' } as const;
    const { store } = await aNode({ place, waitReplicas: 1 });
    const patient = await aNode({ place });
    const token = await own(store, aToken());
    // Waits for the replica, so the fail-over cannot lose it.
    expect(await commitNow(store, { set: { state: 'kept' } })).to.equal('committed');
    await primary.kill();

    const error = await rejection(commitNow(store, {}, token));
    expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
    await eventually('the replica is promoted', async () =>
      stateOf(patient.store).then(
        (state) => state === 'kept',
        () => false,
      ),
    );

    const changed = await rejection(commitNow(patient.store, {}, token));
    expect(hasCode(changed, 'store-changed'), String(changed)).to.equal(true);
    expect(await commitNow(patient.store, { set: { state: 'after' } })).to.equal('committed');
    await own(patient.store, token);
    expect(await commitNow(patient.store, {}, token)).to.equal('committed');
    await Promise.all([store.close(), patient.store.close()]);
  });
});
