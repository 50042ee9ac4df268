import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { EtcdTokenRegistry } from '../../../src/adapters/etcd/token-registry.ts';
import { NO_LEASE, put } from '../../../src/adapters/etcd/requests.ts';
import { tokenRegistryContract } from '../../contract/token-registry-contract.ts';
import { anAccessToken } from '../../support/access-tokens.ts';
import { anEtcdWorld } from '../../support/etcd-fixture.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';

describe('Access tokens in etcd', () => {
  let etcd: TestEtcd | undefined;
  before(async () => {
    etcd = await startEtcd();
  });
  after(() => etcd?.remove());

  tokenRegistryContract({
    name: 'etcd',
    hearsOthers: true,
    async open() {
      const world = await anEtcdWorld({ endpoints: etcd?.urls ?? [] });
      return {
        process: () => Promise.resolve(new EtcdTokenRegistry(world.node().connection)),
        spoil: async () => {
          const { connection } = world.node();
          const key = connection.keys.token('x');
          const then = [put(key, 'no token', NO_LEASE)];
          await connection.transact('spoiling', { when: [], then, otherwise: [] });
        },
        close: () => world.close(),
      };
    },
  });

  it('are no part of what ownership reads and watches, and outlive every session', async () => {
    const world = await anEtcdWorld({ endpoints: etcd?.urls ?? [] });
    const { connection } = world.node();
    await new EtcdTokenRegistry(connection).put(anAccessToken(), 9);

    const read = await connection.range('looking', connection.keys.all);
    const tokens = await connection.range('looking', connection.keys.tokens);
    await world.close();

    expect(read.map(({ key }) => key).filter((key) => key.includes('token'))).to.deep.equal([]);
    expect(read).not.to.be.empty;
    expect(tokens.map(({ lease }) => lease)).to.deep.equal([NO_LEASE]);
  });

  it('of two clusters in one etcd are apart', async () => {
    const [one, two] = [
      await anEtcdWorld({ endpoints: etcd?.urls ?? [] }),
      await anEtcdWorld({ endpoints: etcd?.urls ?? [] }),
    ];
    await new EtcdTokenRegistry(one.node().connection).put(anAccessToken(), 9);

    const { tokens } = await new EtcdTokenRegistry(two.node().connection).list();
    await Promise.all([one.close(), two.close()]);

    expect(tokens).to.deep.equal([]);
  });
});
