import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import type { Coordination } from '../../../src/ports/coordination.ts';
import { FIRST, SECOND, Told, win } from '../../contract/coordination/world.ts';
import type { Joined } from '../../contract/coordination/world.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { PARTITION } from '../../support/builders.ts';
import { anEtcdWorld } from '../../support/etcd-fixture.ts';
import type { EtcdNode, EtcdWorld } from '../../support/etcd-fixture.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';

const CALL_MS = 1_000;
/** What a busy machine may add to a limit. */
const SLACK_MS = 700;

describe('etcd behind a bad line', () => {
  let etcd: TestEtcd;
  let proxy: TcpProxy;
  let world: EtcdWorld;
  before(async () => {
    etcd = await startEtcd();
  });
  beforeEach(async () => {
    proxy = await startProxy(etcd.members[0]?.port ?? 0);
    // Sessions outlast the longest silence here.
    const times = { ttlMs: 30_000, callTimeoutMs: CALL_MS };
    world = await anEtcdWorld({ endpoints: etcd.urls, ...times });
  });
  afterEach(async () => {
    await world.close();
    await proxy.close();
  });
  after(() => etcd.remove());

  /** A node whose only way to etcd is the proxy. */
  function behindProxy(): EtcdNode {
    return world.node({ endpoints: [`http://127.0.0.1:${proxy.port}`] });
  }

  async function joined(node: EtcdNode, member = FIRST): Promise<Joined & EtcdNode> {
    return { ...node, session: await node.coordination.open(member) };
  }

  it('answers a campaign again whose answer was lost, whatever was written in between', async () => {
    const near = await joined(world.node(), SECOND);
    const far = await joined(behindProxy());
    let lostCount = 0;
    for (let round = 0; round < 40 && lostCount < 5; round += 1) {
      const partition = partitionId('here', round);
      await far.coordination.read();
      proxy.setMode('cut replies');
      await rejection(far.coordination.campaign(far.session, partition, `claim-${round}`));
      proxy.setMode('pass');
      await win(near, `other-${round}`, partitionId('there', round));
      const before = (await near.coordination.read()).owners;
      if (before.some((owner) => owner.partition === partition)) lostCount += 1;

      const token = await win(far, `claim-${round}`, partition);

      const { owners } = await near.coordination.read();
      expect(owners).to.deep.include({ partition, node: FIRST.node, token });
    }
    expect(lostCount).to.equal(5);
  });

  it('gives up every call in time where nothing comes back, and works when that is over', async () => {
    const far = await joined(behindProxy());
    const token = await win(far, 'claim-1');
    const { coordination, session } = far;
    const calls: Record<string, () => Promise<unknown>> = {
      open: () => coordination.open(FIRST),
      renew: () => coordination.renew(session),
      publish: () => coordination.publish(session, FIRST),
      read: () => coordination.read(),
      campaign: () => coordination.campaign(session, PARTITION, 'claim-2'),
      resign: () => coordination.resign(PARTITION, token),
      raiseEpoch: () => coordination.raiseEpoch(PARTITION, token, 7),
      close: () => coordination.close(session),
    };
    proxy.setMode('hole');
    for (const [name, call] of Object.entries(calls)) {
      const { error, tookMs } = await timed(call);
      expect(hasCode(error, 'coordination-unavailable'), `${name}: ${String(error)}`).to.equal(
        true,
      );
      expect(tookMs, name).to.be.lessThan(CALL_MS + SLACK_MS);
    }
    proxy.setMode('pass');

    await eventually('calls are answered again', () => isAnswered(coordination));
    expect(await win(far, 'claim-1')).to.deep.equal(token);
  });

  it('gives up in time where it never got through', async () => {
    proxy.setMode('hole');

    const { error, tookMs } = await timed(() => behindProxy().coordination.read());

    expect(hasCode(error, 'coordination-unavailable'), String(error)).to.equal(true);
    expect(tookMs).to.be.lessThan(CALL_MS + SLACK_MS);
  });

  it('goes to another member where one turns it away, within the same call', async () => {
    proxy.setMode('refuse');
    const endpoints = [`http://127.0.0.1:${proxy.port}`, ...etcd.urls];
    const nodes = Array.from({ length: 6 }, () => world.node({ endpoints }));

    for (const { coordination } of nodes) {
      expect(await coordination.read()).to.include({ epoch: 0 });
    }
  });

  it('goes to another member where one does not answer, with the next call', async () => {
    const endpoints = [`http://127.0.0.1:${proxy.port}`, ...etcd.urls];
    const { coordination, connection } = world.node({ endpoints });
    if (connection.place.endpoint !== endpoints[0]) connection.leave(connection.place);
    proxy.setMode('hole');
    await rejection(coordination.read());

    const startedAt = performance.now();
    await coordination.read();

    expect(performance.now() - startedAt).to.be.lessThan(SLACK_MS);
    expect(connection.place.endpoint).to.equal(etcd.urls[0]);
  });

  it('takes up its watch again after a cut, and tells of what it did not hear', async () => {
    const near = await joined(world.node(), SECOND);
    const far = behindProxy();
    const told = new Told();
    const stop = far.coordination.watch(told.onChange);
    await told.after(0);
    proxy.setMode('refuse');
    const token = await win(near, 'claim-1');
    await near.coordination.resign(PARTITION, token);
    await etcd.ctl('compact', '--physical', String(token.revision + 1));
    const before = told.count;
    proxy.setMode('pass');

    await told.after(before);

    const again = told.count;
    await win(near, 'claim-2');
    await told.after(again);
    stop();
  });

  it('moves its watch along with its calls from a member that fell silent', async function () {
    this.timeout(5_000); // it would notice by itself after twelve seconds
    const near = await joined(world.node(), SECOND);
    const endpoints = [`http://127.0.0.1:${proxy.port}`, ...etcd.urls];
    const { coordination, connection } = world.node({ endpoints });
    if (connection.place.endpoint !== endpoints[0]) connection.leave(connection.place);
    const told = new Told();
    const stop = coordination.watch(told.onChange);
    await told.after(0);
    proxy.setMode('hole');
    await rejection(coordination.read());
    await told.after(1);
    const before = told.count;

    await win(near, 'claim-1');

    await told.after(before);
    stop();
  });

  it('watches at the member in use, whatever made it the one', async function () {
    this.timeout(5_000); // it would notice by itself after twelve seconds
    const near = await joined(world.node(), SECOND);
    const endpoints = [`http://127.0.0.1:${proxy.port}`, ...etcd.urls];
    const { coordination, connection } = world.node({ endpoints });
    if (connection.place.endpoint !== endpoints[0]) connection.leave(connection.place);
    const told = new Told();
    const stop = coordination.watch(told.onChange);
    await told.after(0);
    const begun = told.count;
    connection.leave(connection.place);
    proxy.setMode('hole');
    await told.after(begun);
    const before = told.count;

    await win(near, 'claim-1');

    await told.after(before);
    stop();
  });

  it('rejects at once after it was closed, and its watch has ended', async () => {
    const { coordination, connection } = world.node();
    const told = new Told();
    coordination.watch(told.onChange);
    await told.after(0);
    connection.close();
    const before = told.count;
    const near = await joined(world.node(), SECOND);
    await win(near, 'claim-1');

    const error = await rejection(coordination.read());

    expect(hasCode(error, 'coordination-unavailable'), String(error)).to.equal(true);
    expect(told.count).to.equal(before);
  });
});

async function timed(
  call: () => Promise<unknown>,
): Promise<{ readonly error: unknown; readonly tookMs: number }> {
  const startedAt = performance.now();
  const error = await rejection(call());
  return { error, tookMs: performance.now() - startedAt };
}

async function isAnswered(coordination: Coordination): Promise<boolean> {
  try {
    await coordination.read();
    return true;
  } catch {
    return false;
  }
}
