import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { initCluster, isClusterComplete, readSettings } from '../../../src/adapters/etcd/init.ts';
import { hasCode } from '../../../src/base/errors.ts';
import { FIRST, SECOND, win } from '../../contract/coordination/world.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { PARTITION } from '../../support/builders.ts';
import { anEtcdWorld, MADE } from '../../support/etcd-fixture.ts';
import type { EtcdNode, EtcdWorld } from '../../support/etcd-fixture.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';

const FOREIGN = { ...MADE, identity: 'of others' };

describe('The cluster in etcd', () => {
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

  async function lose(): Promise<void> {
    await etcd.ctl('del', '--prefix', `/lutra/${world.settings.cluster}/`);
  }

  async function aReader(): Promise<EtcdNode> {
    const node = world.node();
    await node.coordination.read();
    return node;
  }

  describe('when etcd has lost it', () => {
    it('is given back by whoever has read it, with a greater epoch, when that reads', async () => {
      const { coordination, connection, refills } = await aReader();
      await lose();

      const view = await coordination.read();

      expect([view.epoch, view.members, refills]).to.deep.equal([1, [], [1]]);
      expect(await readSettings(connection)).to.deep.equal(MADE);
      expect(await isClusterComplete(connection)).to.equal(true);
    });

    it('is given back when one that has read it joins', async () => {
      const { coordination, refills } = await aReader();
      await lose();

      const session = await coordination.open(FIRST);

      expect(refills).to.deep.equal([1]);
      expect((await win({ coordination, session }, 'claim-1')).epoch).to.equal(1);
    });

    it('is given back once, however many know it', async () => {
      const nodes = await Promise.all([aReader(), aReader(), aReader()]);
      await lose();

      const views = await Promise.all(nodes.map(({ coordination }) => coordination.read()));

      expect(views.map(({ epoch }) => epoch)).to.deep.equal([1, 1, 1]);
    });

    it('is given back with an epoch above the greatest that was read', async () => {
      const node = await aReader();
      const session = await node.coordination.open(FIRST);
      const token = await win({ ...node, session }, 'claim-1');
      await node.coordination.raiseEpoch(PARTITION, token, 6);
      await node.coordination.read();
      await lose();

      expect((await node.coordination.read()).epoch).to.equal(8);
    });

    it('stays lost for one that has never read it', async () => {
      const { coordination, connection, refills } = world.node();
      await lose();

      for (const call of [() => coordination.read(), () => coordination.open(FIRST)]) {
        const error = await rejection(call());
        expect(hasCode(error, 'coordination-empty'), String(error)).to.equal(true);
      }
      expect([refills, await readSettings(connection)]).to.deep.equal([[], undefined]);
    });
  });

  describe('when another is in its place', () => {
    it('is neither read nor joined, and nothing is written', async () => {
      const known = await aReader();
      await lose();
      await initCluster(world.node().connection, FOREIGN);

      for (const { coordination } of [known, world.node()]) {
        for (const call of [() => coordination.read(), () => coordination.open(FIRST)]) {
          const error = await rejection(call());
          expect(hasCode(error, 'coordination-foreign'), String(error)).to.equal(true);
          expect(String(error)).to.include(FOREIGN.identity).and.to.include(MADE.identity);
        }
      }
      expect(known.refills).to.deep.equal([]);
      expect(await isClusterComplete(known.connection)).to.equal(false);
      expect(await readSettings(known.connection)).to.deep.equal(FOREIGN);
    });

    it('does not get stores that count as made from one that gives back what it knows', async () => {
      const known = await aReader();
      await lose();
      // Its making was interrupted before its epoch.
      const text = JSON.stringify({ format: 1, ...FOREIGN });
      await etcd.ctl('put', known.connection.keys.settings, text);

      const error = await rejection(known.coordination.read());

      expect(hasCode(error, 'coordination-foreign'), String(error)).to.equal(true);
      expect(await isClusterComplete(known.connection)).to.equal(false);
    });
  });

  describe('with keys that are not of its making', () => {
    for (const { name, keyOf, text } of [
      {
        name: 'a member',
        keyOf: (node: EtcdNode) => node.connection.keys.members + 'x',
        text: 'x',
      },
      {
        name: 'a member under the key of another',
        keyOf: (node: EtcdNode) => node.connection.keys.members + 'x',
        text: JSON.stringify(SECOND),
      },
      {
        name: 'an owner',
        keyOf: (node: EtcdNode) => node.connection.keys.owners + 'here/1',
        text: '{}',
      },
    ]) {
      it(`goes on without ${name}, and says so once, and again after a change`, async () => {
        const node = world.node();
        const session = await node.coordination.open(FIRST);
        const token = await win({ ...node, session }, 'claim-1');
        await etcd.ctl('put', keyOf(node), text);
        for (let round = 0; round < 3; round += 1) {
          const { members, owners } = await node.coordination.read();
          expect(members).to.deep.equal([FIRST]);
          expect(owners.map((owner) => owner.token)).to.deep.equal([token]);
        }
        expect(node.malformed.map(({ code }) => code)).to.deep.equal(['record-malformed']);
        expect(String(node.malformed[0])).to.include(keyOf(node));

        await etcd.ctl('put', keyOf(node), text);
        await node.coordination.read();

        expect(node.malformed).to.have.length(2);
      });
    }
  });
});
