import { after, before, describe } from 'mocha';
import { coordinationContract } from '../../contract/coordination-contract.ts';
import { anEtcdWorld } from '../../support/etcd-fixture.ts';
import { etcdForContract } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';

describe('Coordination on etcd', () => {
  let etcd: Pick<TestEtcd, 'urls' | 'remove'> | undefined;
  before(async () => {
    etcd = await etcdForContract();
  });
  after(() => etcd?.remove());

  coordinationContract({
    name: 'etcd',
    seats: 'many',
    open: () => anEtcdWorld({ endpoints: etcd?.urls ?? [] }),
  });
});
