import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import { FIRST, OTHER, SECOND, win } from '../../contract/coordination/world.ts';
import type { Joined } from '../../contract/coordination/world.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { PARTITION } from '../../support/builders.ts';
import { anEtcdWorld } from '../../support/etcd-fixture.ts';
import type { EtcdNode, EtcdWorld } from '../../support/etcd-fixture.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';

describe('What others do in etcd between two of our calls', () => {
  let etcd: TestEtcd;
  let world: EtcdWorld;
  let first: Joined & EtcdNode;
  let second: Joined & EtcdNode;
  before(async () => {
    etcd = await startEtcd();
  });
  beforeEach(async () => {
    world = await anEtcdWorld({ endpoints: etcd.urls });
    first = await joined(FIRST);
    second = await joined(SECOND);
  });
  afterEach(() => world.close());
  after(() => etcd.remove());

  async function joined(member = FIRST): Promise<Joined & EtcdNode> {
    const node = world.node();
    return { ...node, session: await node.coordination.open(member) };
  }

  /** Does something before each transaction of the node that is still to come. */
  function beforeTransactions({ connection }: EtcdNode, interfere: () => Promise<void>): void {
    const transact = connection.transact.bind(connection);
    connection.transact = async (...args) => {
      await interfere();
      return transact(...args);
    };
  }

  /** The partition goes from one to the other. */
  async function changeHands(): Promise<void> {
    await etcd.ctl('del', first.connection.keys.owner(PARTITION));
    await win(second, 'claim-2');
  }

  it('does not give back what somebody else has taken', async () => {
    const token = await win(first, 'claim-1');
    beforeTransactions(first, changeHands);

    await first.coordination.resign(PARTITION, token);

    const { owners } = await second.coordination.read();
    expect(owners.map(({ node }) => node)).to.deep.equal([SECOND.node]);
  });

  it('does not raise the epoch for one who has lost the partition', async () => {
    const token = await win(first, 'claim-1');
    beforeTransactions(first, changeHands);

    await first.coordination.raiseEpoch(PARTITION, token, 7);

    expect((await second.coordination.read()).epoch).to.equal(0);
  });

  it('does not lower an epoch that somebody else has raised', async () => {
    const token = await win(first, 'claim-1');
    const other = await win(second, 'claim-2', OTHER);
    beforeTransactions(first, () => second.coordination.raiseEpoch(OTHER, other, 20));

    await first.coordination.raiseEpoch(PARTITION, token, 7);

    expect((await second.coordination.read()).epoch).to.equal(21);
  });

  it('gives up a campaign whose epoch never stays the same', async () => {
    const other = await win(second, 'claim-2', OTHER);
    let raisedCount = 0;
    beforeTransactions(first, async () => {
      raisedCount += 1;
      await second.coordination.raiseEpoch(OTHER, other, raisedCount);
    });

    const error = await rejection(first.coordination.campaign(first.session, PARTITION, 'claim-1'));

    expect(hasCode(error, 'coordination-unavailable'), String(error)).to.equal(true);
    expect(raisedCount).to.equal(3);
    const { owners } = await second.coordination.read();
    expect(owners.map(({ partition }) => partition)).to.deep.equal([OTHER]);
  });

  it('wins nothing for a session that ends on the way', async () => {
    beforeTransactions(first, async () => {
      await etcd.ctl('lease', 'revoke', BigInt(first.session.id).toString(16));
    });

    const answer = await first.coordination.campaign(first.session, PARTITION, 'claim-1');

    expect(answer).to.deep.equal({ kind: 'session-ended' });
    expect((await second.coordination.read()).owners).to.deep.equal([]);
  });
});
