import { expect } from 'chai';
import { describe, it } from 'mocha';
import { checkHealth } from '../../../src/api/health.ts';
import {
  allPartitions,
  partitionId,
  partitionOf,
} from '../../../src/domain/partition/partition-of.ts';
import { LAYOUT } from '../../support/builders.ts';
import { FaultyStore, hangBefore, rejectWith } from '../../support/faulty-store.ts';
import { aGroup, aPolicy, aScaling, finish } from '../../support/scaling.ts';

const HEALTHY = { details: {}, healthy: true };
const TIME_ZONES = { details: { version: '2030a' }, healthy: true };
const ALL = { region: 'here', partitions: allPartitions(LAYOUT), zonesVersion: '2030a' };

describe('checkHealth', () => {
  it('is content while nothing is overdue by more than a minute', async () => {
    const { clock, deps } = aScaling();
    await aGroup(deps, {
      policies: [aPolicy({ schedule: { kind: 'at', at: '2026-01-01T00:00:20Z' } })],
    });
    await clock.advance(80_000);

    expect(await checkHealth(deps, ALL)).to.deep.equal({
      healthy: true,
      scheduler: HEALTHY,
      store: HEALTHY,
      timeZones: TIME_ZONES,
    });
  });

  it('names the partitions in which something is', async () => {
    const { clock, deps, store } = aScaling();
    const { groupId } = await aGroup(deps, {
      policies: [aPolicy({ schedule: { kind: 'at', at: '2026-01-01T00:00:20Z' } })],
    });
    await clock.advance(80_001);

    expect(await checkHealth(deps, ALL)).to.deep.equal({
      healthy: false,
      scheduler: {
        details: {
          old_events: [{ overdueMs: 60_001, partition: partitionOf(groupId, store.layout) }],
        },
        healthy: false,
      },
      store: HEALTHY,
      timeZones: TIME_ZONES,
    });
  });

  it('leaves the partitions of others to them', async () => {
    const { clock, deps, store } = aScaling();
    const { groupId } = await aGroup(deps, {
      policies: [aPolicy({ schedule: { kind: 'at', at: '2026-01-01T00:00:20Z' } })],
    });
    await clock.advance(80_001);
    const reading = new FaultyStore(store);
    const own = allPartitions(LAYOUT).filter(
      (partition) => partition !== partitionOf(groupId, LAYOUT),
    );

    const health = await checkHealth({ ...deps, store: reading }, { ...ALL, partitions: own });

    expect(health).to.deep.equal({
      ...{ healthy: true, scheduler: HEALTHY, store: HEALTHY, timeZones: TIME_ZONES },
    });
    expect(reading.calls.map(({ args: [partition] }) => partition)).to.deep.equal(own);
  });

  it('asks the store of its region where it owns nothing, and lags behind in nothing', async () => {
    const { deps, store } = aScaling();
    const ill = new FaultyStore(store);
    ill.plan = ({ args }) =>
      args[0] === partitionId('there', 0) ? rejectWith('store-unavailable') : undefined;
    const faulty = { ...deps, store: ill };

    const here = await checkHealth(faulty, { ...ALL, partitions: [] });
    const there = await checkHealth(faulty, { ...ALL, region: 'there', partitions: [] });

    expect({ here: here.healthy, there: there.healthy }).to.deep.equal({
      here: true,
      there: false,
    });
  });

  it('takes a store that does not answer within five seconds for ill', async () => {
    const { clock, deps, store } = aScaling();
    const hanging = new FaultyStore(store);
    hanging.plan = () => hangBefore;

    const health = await finish(clock, checkHealth({ ...deps, store: hanging }, ALL));

    const ill = { details: { reason: 'the store did not answer within 5000 ms' }, healthy: false };
    expect(health).to.deep.equal({
      ...{ healthy: false, scheduler: ill, store: ill, timeZones: TIME_ZONES },
    });
    expect(clock.monotonicMs()).to.equal(5_000);
  });
});
