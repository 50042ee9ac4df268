import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { EtcdCalendarRegistry } from '../../../src/adapters/etcd/calendar-registry.ts';
import { NO_LEASE, put } from '../../../src/adapters/etcd/requests.ts';
import type { TenantId } from '../../../src/domain/ids.ts';
import { calendarRegistryContract } from '../../contract/calendar-registry-contract.ts';
import { anEtcdWorld } from '../../support/etcd-fixture.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';

const ACME = 'acme' as TenantId;

describe('Calendars in etcd', () => {
  let etcd: TestEtcd | undefined;
  before(async () => {
    etcd = await startEtcd();
  });
  after(() => etcd?.remove());

  calendarRegistryContract({
    name: 'etcd',
    async open() {
      const world = await anEtcdWorld({ endpoints: etcd?.urls ?? [] });
      return {
        process: () => Promise.resolve(new EtcdCalendarRegistry(world.node().connection)),
        spoil: async (tenantId, name) => {
          const { connection } = world.node();
          const key = connection.keys.calendars(tenantId).calendars.start + name;
          const then = [put(key, 'no calendar', NO_LEASE)];
          await connection.transact('spoiling', { when: [], then, otherwise: [] });
        },
        close: () => world.close(),
      };
    },
  });

  it('are no part of what ownership reads and watches, and outlive every session', async () => {
    const world = await anEtcdWorld({ endpoints: etcd?.urls ?? [] });
    const { connection } = world.node();
    await new EtcdCalendarRegistry(connection).put(ACME, { name: 'a', entries: [] }, 0);

    const read = await connection.range('looking', connection.keys.all);
    const { calendars } = connection.keys.calendars(ACME);
    const kept = await connection.range('looking', calendars);
    await world.close();

    expect(read).not.to.be.empty;
    expect(read.map(({ key }) => key).filter((key) => key.includes('tenants'))).to.deep.equal([]);
    expect(kept.map(({ lease }) => lease)).to.deep.equal([NO_LEASE]);
  });

  it('of two clusters in one etcd are apart', async () => {
    const [one, two] = [
      await anEtcdWorld({ endpoints: etcd?.urls ?? [] }),
      await anEtcdWorld({ endpoints: etcd?.urls ?? [] }),
    ];
    const first = new EtcdCalendarRegistry(one.node().connection);
    await first.put(ACME, { name: 'a', entries: [] }, 0);

    const { calendars } = await new EtcdCalendarRegistry(two.node().connection).list(ACME);
    await Promise.all([one.close(), two.close()]);

    expect(calendars).to.deep.equal([]);
  });
});
