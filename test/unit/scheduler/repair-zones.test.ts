import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { EpochMs } from '../../../src/base/clock.ts';
import { LutraError } from '../../../src/base/errors.ts';
import { encodeField } from '../../../src/domain/group/fields.ts';
import type {
  PolicyDefinition,
  PolicyProgress,
  Schedule,
} from '../../../src/domain/group/policy.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import type { Occurrences } from '../../../src/domain/schedule/occurrences.ts';
import type { OwnerTerm } from '../../../src/ports/owner-term.ts';
import type { CommitResult } from '../../../src/ports/store.ts';
import { repairPage } from '../../../src/scheduler/repair.ts';
import { tick } from '../../../src/scheduler/tick.ts';
import { precededBy } from '../../support/faulty-store.ts';
import { after, PARTITION, World } from '../../support/world.ts';
import type { PolicySpec } from '../../support/world.ts';

const NEVER = new AbortController().signal;
const HOUR_MS = 3_600_000;
/** Nine o'clock in the zone by the release 2030a, and an hour later by 2030b, in ms after START. */
const OLD_MS = 8 * HOUR_MS;
const NEW_MS = 9 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;

const SCHEDULE = { kind: 'cron', cron: '0 9 * * *', timezone: 'Europe/Berlin' } as const;

/** A compiler with the data of a release, in which nine o'clock in the zone is always at `hour` in UTC. */
function release(hour: number): (schedule: Schedule) => Occurrences {
  return (schedule) =>
    schedule.kind === 'cron' && schedule.timezone !== undefined
      ? compileSchedule({ kind: 'cron', cron: schedule.cron.replace('9', String(hour)) })
      : compileSchedule(schedule);
}

const OLD = { timeZones: '2030a', occurrencesOf: release(8) };
const NEW = { timeZones: '2030b', occurrencesOf: release(9) };
const ZONELESS = {
  timeZones: '2030b',
  occurrencesOf: (): Occurrences => {
    throw new LutraError('record-malformed', 'there is no such zone');
  },
};

function aPolicy(
  progress: PolicyProgress = { plannedAt: after(OLD_MS) },
  definition: Partial<PolicyDefinition> = {},
  dueAt: EpochMs = after(OLD_MS),
): PolicySpec {
  const whole: PolicyDefinition = {
    ...{ name: 'up', cooldownSeconds: 0, adjustment: { kind: 'change', amount: 1 } },
    schedule: SCHEDULE,
    ...definition,
  };
  const stored = { definition: encodeField(whole), progress: encodeField(progress) };
  return { stored, dueAt };
}

describe('repairPage, with other time zone data than what is armed was planned with', () => {
  let world: World;
  let term: OwnerTerm;

  beforeEach(async () => {
    world = new World();
    term = await world.newTerm(NEVER);
  });

  async function sweep(data = NEW, isFirstWalk = true): Promise<CommitResult | undefined> {
    const page = await world.truth.walk(PARTITION, { after: undefined, limit: 100 });
    return repairPage(term, { ...world.schedulerDeps(), ...data }, { ...page, isFirstWalk });
  }

  async function fire(data = NEW): Promise<void> {
    const { occurrencesOf } = data;
    await tick(term, { ...world.schedulerDeps(), occurrencesOf }, { batchMax: 200 });
  }

  /** The instants that the policy of a group fired for, in ms after START. */
  async function firedMs(groupId: GroupId): Promise<readonly number[]> {
    const history = await world.history(groupId);
    return history.flatMap((event) =>
      event.event === 'policy.fired' ? [event.plannedAt - after(0)] : [],
    );
  }

  it('arms what comes at another instant anew, and tells so in the same commit', async () => {
    const progress = { plannedAt: after(OLD_MS), claimedAt: after(OLD_MS - DAY_MS) };
    const groupId = await world.addGroup({ policies: { up: aPolicy(progress) } });

    const commit = await sweep();

    expect(commit).to.deep.equal({ kind: 'answered', at: after(0), results: ['committed'] });
    expect(await world.dueAt(groupId, 'up')).to.equal(after(NEW_MS));
    expect(await world.progressOf(groupId, 'up')).to.deep.equal({
      ...progress,
      plannedAt: after(NEW_MS),
    });
    const moved = { policyId: 'up', from: after(OLD_MS), to: after(NEW_MS), timeZones: '2030b' };
    expect(await world.history(groupId)).to.deep.equal([{ event: 'policy.moved', ...moved }]);
    expect(world.events).to.deep.equal([
      { event: 'policy.moved', partition: PARTITION, tenantId: 'tenant', groupId, ...moved },
    ]);
  });

  it('looks for that in the first walk of a term, and not again', async () => {
    const groupId = await world.addGroup({ policies: { up: aPolicy() } });

    expect(await sweep(NEW, false)).to.be.undefined;

    expect(await world.dueAt(groupId, 'up')).to.equal(after(OLD_MS));
  });

  for (const { what, policy, data } of [
    { what: 'that comes at the same instant', policy: aPolicy(), data: OLD },
    { what: 'whose zone is gone', policy: aPolicy(), data: ZONELESS },
    {
      what: 'that is in no zone',
      policy: aPolicy(undefined, { schedule: { kind: 'cron', cron: '0 10 * * *' } }),
      data: NEW,
    },
    {
      what: 'whose zone this node does not know',
      policy: aPolicy(undefined, { schedule: { ...SCHEDULE, timezone: 'Europe/Nowhere' } }),
      data: { timeZones: '2030b', occurrencesOf: compileSchedule },
    },
  ]) {
    it(`leaves a policy alone ${what}`, async () => {
      const groupId = await world.addGroup({ policies: { up: policy } });
      const before = await world.stored(groupId);

      expect(await sweep(data)).to.be.undefined;

      expect(await world.stored(groupId)).to.deep.equal(before);
      expect(world.events).to.deep.equal([]);
    });
  }

  it('disarms a schedule that has ended by the newer rules', async () => {
    const schedule = { kind: 'at', at: '2030-01-01T09:00:00', timezone: 'Europe/Berlin' } as const;
    const policy = aPolicy({ plannedAt: after(OLD_MS) }, { schedule });
    const groupId = await world.addGroup({ policies: { up: policy } });
    const gone: Occurrences = {
      ...compileSchedule({ kind: 'cron', cron: '0 9 * * *' }),
      next: () => undefined,
      latest: () => undefined,
    };

    await sweep({ timeZones: '2030b', occurrencesOf: () => gone });

    expect(await world.dueAt(groupId, 'up')).to.be.undefined;
    expect(await world.progressOf(groupId, 'up')).to.deep.equal({});
    expect(await world.history(groupId)).to.deep.equal([
      { event: 'policy.moved', policyId: 'up', from: after(OLD_MS), timeZones: '2030b' },
    ]);
  });

  it('reads a group anew that was written after the read, and moves what is armed then', async () => {
    const groupId = await world.addGroup({ policies: { up: aPolicy() } });
    let writeCount = 0;
    world.store.plan = (call) => {
      if (call.method !== 'commit' || writeCount === 2) return undefined;
      writeCount += 1;
      return precededBy(() => world.write(groupId, {}));
    };

    await sweep();

    expect(writeCount).to.equal(2);
    expect(await world.dueAt(groupId, 'up')).to.equal(after(NEW_MS));
    expect(world.told('policy.moved')).to.have.length(1);
  });

  it('decides anew where a claim came first', async () => {
    const groupId = await world.addGroup({ policies: { up: aPolicy() } });
    await world.clock.advance(OLD_MS - 120_000);
    let isClaimed = false;
    world.store.plan = (call) => {
      if (call.method !== 'commit' || isClaimed) return undefined;
      isClaimed = true;
      return precededBy(async () => {
        world.clock.stepWall(120_000);
        await fire(OLD);
      });
    };

    await sweep();

    expect(await firedMs(groupId)).to.deep.equal([OLD_MS]);
    // What fired at eight was nine o'clock by the older rules: the next is that of tomorrow.
    expect(await world.dueAt(groupId, 'up')).to.equal(after(NEW_MS + DAY_MS));
  });

  it('fires once a day while nodes with different data own the partition in turn', async () => {
    const groupId = await world.addGroup({ policies: { up: aPolicy() } });
    await world.clock.advance(HOUR_MS);
    await sweep(NEW);
    await sweep(OLD);
    world.clock.stepWall(OLD_MS - HOUR_MS);
    await fire(OLD);
    await sweep(NEW);
    world.clock.stepWall(2 * HOUR_MS);
    await fire(NEW);
    await sweep(OLD);
    await sweep(NEW);
    world.clock.stepWall(DAY_MS);
    await fire(NEW);

    expect(await firedMs(groupId)).to.deep.equal([OLD_MS, NEW_MS + DAY_MS]);
  });

  it('fires once what falls due before a sweep has come to it', async () => {
    const groupId = await world.addGroup({ policies: { up: aPolicy() } });
    await world.clock.advance(OLD_MS);
    await fire(NEW);

    expect(await world.dueAt(groupId, 'up')).to.equal(after(NEW_MS + DAY_MS));
    await sweep(NEW);
    world.clock.stepWall(2 * HOUR_MS);
    await fire(NEW);

    expect(await firedMs(groupId)).to.deep.equal([OLD_MS]);
  });

  it('fires at once what would have come by now', async () => {
    const groupId = await world.addGroup({
      policies: { up: aPolicy({ plannedAt: after(NEW_MS) }, {}, after(NEW_MS)) },
    });
    await world.clock.advance(OLD_MS + HOUR_MS / 2);

    await sweep(OLD);
    await fire(OLD);

    expect(await firedMs(groupId)).to.deep.equal([OLD_MS]);
    expect(await world.dueAt(groupId, 'up')).to.equal(after(OLD_MS + DAY_MS));
  });

  it('is due at once with a window that should be open by the newer rules', async () => {
    const adjustment = {
      kind: 'window',
      min: 2,
      durationSeconds: 7_200,
      measured: 'elapsed',
      priority: 0,
    } as const;
    const groupId = await world.addGroup({
      policies: { up: aPolicy({ plannedAt: after(NEW_MS) }, { adjustment }, after(NEW_MS)) },
    });
    await world.clock.advance(OLD_MS + HOUR_MS / 2);

    await sweep(OLD);
    await fire(OLD);

    expect((await world.stateOf(groupId)).desired).to.equal(2);
    expect(await world.dueAt(groupId, 'up')).to.equal(after(OLD_MS + 2 * HOUR_MS));
  });

  it('tells where a newer owner has the partition', async () => {
    const groupId = await world.addGroup({ policies: { up: aPolicy() } });
    const newer = await world.newTerm(NEVER);

    expect(await sweep()).to.deep.equal({ kind: 'fenced', newest: newer.token });

    expect(await world.dueAt(groupId, 'up')).to.equal(after(OLD_MS));
    expect(world.events).to.deep.equal([]);
  });
});
