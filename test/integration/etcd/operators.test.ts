import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { refillCluster } from '../../../src/adapters/etcd/init.ts';
import { hasCode } from '../../../src/base/errors.ts';
import { ZERO_TOKEN } from '../../../src/domain/ids.ts';
import { aMember, FIRST, isGreater, SECOND, Told, win } from '../../contract/coordination/world.ts';
import type { Joined } from '../../contract/coordination/world.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { PARTITION } from '../../support/builders.ts';
import { anEtcdWorld, MADE } from '../../support/etcd-fixture.ts';
import type { EtcdNode, EtcdWorld } from '../../support/etcd-fixture.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';

describe('etcd in the hands of operators', () => {
  let etcd: TestEtcd;
  let world: EtcdWorld;
  before(async () => {
    etcd = await startEtcd();
  });
  beforeEach(async () => {
    world = await anEtcdWorld({ endpoints: etcd.urls });
  });
  afterEach(() => world.close());
  after(() => etcd.remove());

  async function joined(member = FIRST): Promise<Joined & EtcdNode> {
    const node = world.node();
    return { ...node, session: await node.coordination.open(member) };
  }

  function key(name: string): string {
    return `/lutra/${world.settings.cluster}/${name}`;
  }

  it('sees that somebody deleted an owner key, and gives it to the next with a greater token', async () => {
    const [first, second] = [await joined(FIRST), await joined(SECOND)];
    const token = await win(first, 'claim-1');
    const told = new Told();
    const stop = first.coordination.watch(told.onChange);
    await told.after(0);
    const before = told.count;
    await etcd.ctl('del', key(`owners/${PARTITION}`));
    await told.after(before);

    const { owners } = await first.coordination.read();
    const next = await win(second, 'claim-2');
    await first.coordination.resign(PARTITION, token);

    expect(owners).to.deep.equal([]);
    expect(isGreater(next, token)).to.equal(true);
    expect((await first.coordination.read()).owners).to.have.length(1);
    stop();
  });

  it('ends a session whose member key somebody deleted', async () => {
    const { coordination, session } = await joined();
    await etcd.ctl('del', key(`members/${FIRST.node}`));

    expect(await coordination.campaign(session, PARTITION, 'claim-1')).to.deep.equal({
      kind: 'session-ended',
    });
    expect(await coordination.renew(session)).to.equal('ended');
  });

  for (const { name, isHome } of [
    { name: 'whose lease', isHome: false },
    { name: 'whose longer lease, that of its home,', isHome: true },
  ]) {
    it(`ends a session ${name} somebody revoked`, async () => {
      const { coordination, session } = await joined();
      const homeKey = key(`homes/${FIRST.region}/${FIRST.node}`);
      const lease = isHome ? await leaseOf(homeKey) : BigInt(session.id).toString(16);
      await etcd.ctl('lease', 'revoke', lease);

      expect(await coordination.renew(session)).to.equal('ended');
      expect((await coordination.read()).members).to.have.length(isHome ? 1 : 0);
    });
  }

  it('does not mind that a session which ended is closed', async () => {
    const { coordination, session } = await joined();
    await etcd.ctl('lease', 'revoke', BigInt(session.id).toString(16));
    await coordination.close(session);

    expect(await coordination.renew(session)).to.equal('ended');
  });

  /** As etcdctl takes it. From the text: 63 bits do not fit into a number of JavaScript. */
  async function leaseOf(name: string): Promise<string> {
    const [, lease = ''] = /"lease":(\d+)/.exec(await etcd.ctl('get', name, '-w', 'json')) ?? [];
    return BigInt(lease).toString(16);
  }

  for (const { name, lost } of [
    { name: 'its settings', lost: 'settings' },
    { name: 'its epoch', lost: 'epoch' },
  ]) {
    it(`says that etcd is empty where a cluster has lost ${name}, until it is refilled`, async () => {
      const { coordination, connection, session } = await joined();
      await etcd.ctl('del', key(lost));

      const errors = [await rejection(coordination.read())];
      if (lost === 'settings') errors.push(await rejection(world.node().coordination.open(SECOND)));
      else errors.push(await rejection(coordination.campaign(session, PARTITION, 'claim-1')));
      await refillCluster(connection, MADE, 4);

      for (const error of errors) expect(hasCode(error, 'coordination-empty')).to.equal(true);
      expect((await coordination.read()).epoch).to.equal(lost === 'epoch' ? 5 : 0);
    });
  }

  it('says which key it cannot read, where somebody wrote into the one it campaigns for', async () => {
    const { coordination, session } = await joined();
    await etcd.ctl('put', key(`owners/${PARTITION}`), 'mine');

    const error = await rejection(coordination.campaign(session, PARTITION, 'claim-1'));

    expect(hasCode(error, 'record-malformed'), String(error)).to.equal(true);
    expect(String(error)).to.include(key(`owners/${PARTITION}`));
  });

  it('keeps a cluster apart from others whose names begin alike', async () => {
    const other = await anEtcdWorld({
      endpoints: etcd.urls,
      cluster: `${world.settings.cluster}-2`,
    });
    const elsewhere = other.node();
    await elsewhere.coordination.open(SECOND);
    const { coordination } = await joined();

    expect((await coordination.read()).members).to.deep.equal([FIRST]);
    await other.close();
  });

  it('gives each of two that race for a key fifty times to exactly one of them, with ever greater tokens', async () => {
    const nodes = [await joined(aMember('a')), await joined(aMember('b'))];
    const onlooker = world.node();
    let last = ZERO_TOKEN;
    const wins = [0, 0];
    for (let round = 0; round < 50; round += 1) {
      const results = await Promise.all(
        nodes.map(({ coordination, session }, index) =>
          coordination.campaign(session, PARTITION, `${round}-${index}`),
        ),
      );
      const { owners } = await onlooker.coordination.read();
      const winner = results.findIndex(({ kind }) => kind === 'won');
      const [won, lost] = [results[winner], results[1 - winner]];
      if (won?.kind !== 'won') throw new Error(`nobody won round ${round}`);
      expect(lost).to.deep.equal({ kind: 'held', owner: owners[0] });
      expect(owners[0]?.token).to.deep.equal(won.token);
      expect(isGreater(won.token, last), `round ${round}`).to.equal(true);
      last = won.token;
      wins[winner] = (wins[winner] ?? 0) + 1;
      await nodes[winner]?.coordination.resign(PARTITION, won.token);
    }
    expect(wins[0] ?? 0).to.be.greaterThan(0);
    expect(wins[1] ?? 0).to.be.greaterThan(0);
  });
});
