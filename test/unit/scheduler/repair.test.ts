import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { definitionField, encodeField } from '../../../src/domain/group/fields.ts';
import { TIMER_ID } from '../../../src/domain/plan/timer.ts';
import { dueInstants } from '../../../src/domain/schedule/jitter.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import type { OwnerTerm } from '../../../src/ports/owner-term.ts';
import type { CommitResult } from '../../../src/ports/store.ts';
import { repairPage } from '../../../src/scheduler/repair.ts';
import { tick } from '../../../src/scheduler/tick.ts';
import { precededBy } from '../../support/faulty-store.ts';
import { after, PARTITION, policyId, World } from '../../support/world.ts';

const NEVER = new AbortController().signal;
const LOST = { cron: '* * * * *', dueAt: 'never' } as const;

describe('repairPage', () => {
  let world: World;
  let term: OwnerTerm;

  beforeEach(async () => {
    world = new World();
    term = await world.newTerm(NEVER);
  });

  async function repair(isFirstWalk = true): Promise<CommitResult | undefined> {
    const page = await world.truth.walk(PARTITION, { after: undefined, limit: 100 });
    const deps = { ...world.schedulerDeps(), occurrencesOf: compileSchedule, timeZones: '2030a' };
    return repairPage(term, deps, { ...page, isFirstWalk });
  }

  it('arms a policy that has lost its due entry from its cursor, and says so', async () => {
    const groupId = await world.addGroup({
      policies: { up: { ...LOST, progress: { plannedAt: after(-60_000), touchedAt: after(-9) } } },
    });

    const commit = await repair();

    expect(commit).to.deep.equal({ kind: 'answered', at: after(0), results: ['committed'] });
    expect(await world.dueAt(groupId, 'up')).to.equal(after(-60_000));
    expect(await world.progressOf(groupId, 'up')).to.deep.equal({
      plannedAt: after(-60_000),
      touchedAt: after(-9),
    });
    expect(world.events).to.deep.equal([
      {
        event: 'policy.rearmed',
        ...{ partition: PARTITION, tenantId: 'tenant', groupId, policyId: 'up' },
        plannedAt: after(-60_000),
      },
    ]);
    const stored = await world.stored(groupId);
    expect([stored.isDivergent, await world.history(groupId)]).to.deep.equal([false, []]);
  });

  it('arms one with jitter for when its occurrence is due', async () => {
    const groupId = await world.addGroup({ policies: { up: LOST } });
    const schedule = { kind: 'cron', cron: '* * * * *', jitterSeconds: 60 } as const;
    const definition = encodeField({
      ...{ name: 'up', cooldownSeconds: 0, adjustment: { kind: 'change', amount: 1 } },
      schedule,
    });
    await world.write(groupId, { set: { [definitionField(policyId('up'))]: definition } });

    await repair();

    const dueOf = dueInstants(policyId('up'), schedule, compileSchedule(schedule));
    expect(dueOf(after(60_000))).to.be.above(after(60_000));
    expect(await world.dueAt(groupId, 'up')).to.equal(dueOf(after(60_000)));
    expect(await world.progressOf(groupId, 'up')).to.deep.equal({ plannedAt: after(60_000) });
  });

  it('arms one without a cursor for its first occurrence that was not claimed', async () => {
    const groupId = await world.addGroup({
      policies: { up: { ...LOST, progress: { claimedAt: after(180_000) } } },
    });

    await repair();

    expect(await world.dueAt(groupId, 'up')).to.equal(after(240_000));
    expect(await world.progressOf(groupId, 'up')).to.deep.equal({
      claimedAt: after(180_000),
      plannedAt: after(240_000),
    });
  });

  it('arms the timer of a group whose override or pause has lost its end', async () => {
    const override = { max: 3, since: after(0), until: after(90_000), by: 'a', reason: 'b' };
    const overridden = await world.addGroup({ state: { override } });
    const paused = await world.addGroup({ state: { isPaused: true, pausedUntil: after(60_000) } });

    await repair();

    expect((await world.stored(overridden)).due.get(TIMER_ID)).to.equal(after(90_000));
    expect((await world.stored(paused)).due.get(TIMER_ID)).to.equal(after(60_000));
    expect(world.told('policy.rearmed').map(({ plannedAt }) => plannedAt)).to.have.members([
      ...[after(90_000), after(60_000)],
    ]);
  });

  it('leaves a timer alone that is armed, and a group with nothing to end', async () => {
    const override = { max: 3, since: after(0), until: after(90_000), by: 'a', reason: 'b' };
    const groupId = await world.addGroup({ state: { override } });
    await world.addGroup({});
    await world.write(groupId, { due: [{ policyId: TIMER_ID, dueAt: after(90_000) }] });

    expect(await repair()).to.equal(undefined);
  });

  it('arms all lost policies of a group in one unit, and those of several groups in one commit', async () => {
    const both = await world.addGroup({ policies: { a: LOST, b: LOST, c: { cron: '5 * * * *' } } });
    const single = await world.addGroup({ policies: { a: LOST } });

    await repair();

    expect(world.store.count('commit')).to.equal(1);
    expect((await world.stored(both)).due).to.deep.equal(
      new Map([
        [policyId('a'), after(60_000)],
        [policyId('b'), after(60_000)],
        [policyId('c'), after(300_000)],
      ]),
    );
    expect(await world.dueAt(single, 'a')).to.equal(after(60_000));
  });

  for (const { what, policy } of [
    { what: 'that is armed', policy: { cron: '* * * * *' } },
    { what: 'without a schedule', policy: {} },
    { what: 'that is parked', policy: { ...LOST, progress: { parked: 'too large' } } },
    {
      what: 'whose one time was claimed',
      policy: { at: after(-5), dueAt: 'never', progress: { claimedAt: after(-5) } } as const,
    },
    {
      what: 'whose one time was claimed before the clock was set back',
      policy: { at: after(500), dueAt: 'never', progress: { claimedAt: after(500) } } as const,
    },
  ]) {
    it(`leaves a policy alone ${what}`, async () => {
      const groupId = await world.addGroup({ policies: { up: policy } });
      const before = await world.stored(groupId);

      expect(await repair()).to.be.undefined;

      expect(await world.stored(groupId)).to.deep.equal(before);
      expect(world.events).to.deep.equal([]);
    });
  }

  it('leaves a group alone that is being deleted', async () => {
    await world.addGroup({ state: { isDeleting: true }, policies: { up: LOST } });

    expect(await repair()).to.be.undefined;
  });

  it('leaves a policy parked that the scheduler parked', async () => {
    const groupId = await world.addGroup({
      policies: { up: { cron: '* * * * *', stored: { progress: '7' } } },
    });
    await world.clock.advance(60_000);
    await tick(term, world.schedulerDeps(), { batchMax: 200 });

    expect(await repair()).to.be.undefined;

    expect((await world.progressOf(groupId, 'up')).parked).to.be.a('string');
    expect(await world.dueAt(groupId, 'up')).to.be.undefined;
  });

  for (const { what, policy } of [
    { what: 'definition', policy: { ...LOST, stored: { definition: '{}' } } },
    { what: 'progress', policy: { ...LOST, stored: { progress: '{"plannedAt":0.5}' } } },
    { what: 'schedule', policy: { ...LOST, cron: 'never' } },
  ]) {
    it(`reports a policy with a malformed ${what} and arms the others of its group`, async () => {
      const groupId = await world.addGroup({ policies: { bad: policy, good: LOST } });

      await repair();

      expect((await world.stored(groupId)).due).to.deep.equal(
        new Map([[policyId('good'), after(60_000)]]),
      );
      expect(world.told('group.record-malformed')).to.have.length(1);
      expect(world.told('group.record-malformed')[0]).to.include({ groupId, tenantId: 'tenant' });
    });
  }

  it('reports a group whose state is malformed and arms the policies of the others', async () => {
    const bad = await world.addGroup({ fields: { state: 'x' }, policies: { up: LOST } });
    const good = await world.addGroup({ policies: { up: LOST } });

    await repair();

    expect(await world.dueAt(bad, 'up')).to.be.undefined;
    expect(await world.dueAt(good, 'up')).to.equal(after(60_000));
    expect(world.told('group.record-malformed').map(({ groupId }) => groupId)).to.deep.equal([bad]);
  });

  it('says nothing of a group that moved after the read', async () => {
    const moved = await world.addGroup({ policies: { up: LOST } });
    const still = await world.addGroup({ policies: { up: LOST } });
    world.store.plan = () => precededBy(() => world.write(moved, {}));

    await repair();

    expect(await world.dueAt(moved, 'up')).to.be.undefined;
    expect(world.told('policy.rearmed').map(({ groupId }) => groupId)).to.deep.equal([still]);
  });

  it('tells where a newer owner has the partition', async () => {
    const groupId = await world.addGroup({ policies: { up: LOST } });
    const newer = await world.newTerm(NEVER);

    expect(await repair()).to.deep.equal({ kind: 'fenced', newest: newer.token });

    expect(await world.dueAt(groupId, 'up')).to.be.undefined;
    expect(world.events).to.deep.equal([]);
  });
});
