import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { ConnectionTrouble } from '../../../src/adapters/redis/troubles.ts';
import type { Wake } from '../../../src/ports/store.ts';
import { PARTITION } from '../../support/builders.ts';
import { eventually } from '../../support/eventually.ts';
import { closeRedis, connectRedis } from '../../support/redis-fixture.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { startProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import { aNode, commitNow } from './redis-world.ts';
import type { TestNode } from './redis-world.ts';

describe('Wakes by way of Redis', function wakes() {
  this.timeout(20_000);
  let redis: TestRedis;
  let proxy: TcpProxy;
  let listener: TestNode;
  let writer: TestNode;
  let heard: Wake[];
  beforeEach(async () => {
    redis = await startRedis();
    proxy = await startProxy(redis.port);
    listener = await aNode({ place: { kind: 'single', url: proxy.url } });
    writer = await aNode({ place: { kind: 'single', url: redis.url } });
    heard = [];
    listener.store.subscribe(PARTITION, (wake) => heard.push(wake));
  });
  afterEach(async () => {
    await closeRedis();
    await proxy.close();
    await redis.remove();
  });

  /** Resolves when the listener was told that its subscription took effect, and forgets that. */
  async function untilSubscribed(): Promise<void> {
    await eventually('the subscription takes effect', () => heard.length >= 2);
    expect(heard.splice(0)).to.deep.equal(['due', 'divergent']);
  }

  it('are heard from other nodes, and need no term', async () => {
    await untilSubscribed();

    await commitNow(writer.store, { divergence: 'mark' });

    await eventually('the wake is heard', () => heard.length > 0);
    expect(heard).to.deep.equal(['divergent']);
  });

  for (const { mode, outageMs } of [
    { mode: 'refuse', outageMs: 500 },
    // Longer than a beat and the patience with a silent server.
    { mode: 'hole', outageMs: 4_500 },
  ] as const) {
    it(`are made up for, and heard again, after an outage (${mode})`, async () => {
      await untilSubscribed();
      proxy.setMode(mode);
      await commitNow(writer.store, { divergence: 'mark' });
      await new Promise((resolve) => setTimeout(resolve, outageMs));
      expect(heard).to.deep.equal([]);
      proxy.setMode('pass');
      await untilSubscribed();

      await commitNow(writer.store, { divergence: 'mark' });

      await eventually('the wake is heard', () => heard.length > 0);
      expect(heard).to.deep.equal(['divergent']);
    });
  }

  it('tells of trouble once in a while, and not of every try', async () => {
    const troubles: ConnectionTrouble[] = [];
    const place = { kind: 'single', url: proxy.url } as const;
    const connection = await connectRedis({ place }, (trouble) => troubles.push(trouble));
    await redis.kill();
    await eventually('there is trouble', () => troubles.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await connection.close();

    expect(troubles.map((trouble) => trouble.connection)).to.deep.equal(['commands']);
  });
});
