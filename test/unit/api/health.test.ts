import { expect } from 'chai';
import { describe, it } from 'mocha';
import { checkHealth } from '../../../src/api/health.ts';
import { partitionOf } from '../../../src/domain/partition/partition-of.ts';
import { FaultyStore, hangBefore } from '../../support/faulty-store.ts';
import { aGroup, aPolicy, aScaling, finish } from '../../support/scaling.ts';

const HEALTHY = { details: {}, healthy: true };

describe('checkHealth', () => {
  it('is content while nothing is overdue by more than a minute', async () => {
    const { clock, deps } = aScaling();
    await aGroup(deps, {
      policies: [aPolicy({ schedule: { kind: 'at', at: '2026-01-01T00:00:20Z' } })],
    });
    await clock.advance(80_000);

    expect(await checkHealth(deps)).to.deep.equal({
      healthy: true,
      scheduler: HEALTHY,
      store: HEALTHY,
    });
  });

  it('names the partitions in which something is', async () => {
    const { clock, deps, store } = aScaling();
    const { groupId } = await aGroup(deps, {
      policies: [aPolicy({ schedule: { kind: 'at', at: '2026-01-01T00:00:20Z' } })],
    });
    await clock.advance(80_001);

    expect(await checkHealth(deps)).to.deep.equal({
      healthy: false,
      scheduler: {
        details: {
          old_events: [{ overdueMs: 60_001, partition: partitionOf(groupId, store.layout) }],
        },
        healthy: false,
      },
      store: HEALTHY,
    });
  });

  it('takes a store that does not answer within five seconds for ill', async () => {
    const { clock, deps, store } = aScaling();
    const hanging = new FaultyStore(store);
    hanging.plan = () => hangBefore;

    const health = await finish(clock, checkHealth({ ...deps, store: hanging }));

    const ill = { details: { reason: 'the store did not answer within 5000 ms' }, healthy: false };
    expect(health).to.deep.equal({ healthy: false, scheduler: ill, store: ill });
    expect(clock.monotonicMs()).to.equal(5_000);
  });
});
