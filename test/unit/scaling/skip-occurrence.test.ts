import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { EpochMs } from '../../../src/base/clock.ts';
import type { PolicyDefinition } from '../../../src/domain/group/policy.ts';
import type { CommitId, PolicyId } from '../../../src/domain/ids.ts';
import { dueInstants } from '../../../src/domain/schedule/jitter.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import { NOT_AN_OWNER } from '../../../src/ports/store.ts';
import { changePolicy } from '../../../src/scaling/change-policies.ts';
import { skipOccurrence } from '../../../src/scaling/skip-occurrence.ts';
import { partitionOfTarget } from '../../../src/scaling/write-group.ts';
import { claimDue } from '../../../src/scheduler/claim.ts';
import { claimAllDue } from '../../support/claims.ts';
import { aPolicy, aScaling, after, commitDirectly, finish } from '../../support/scaling.ts';
import type { ScalingFixture } from '../../support/scaling.ts';

import { aSkipLab, HOUR_MS, HOURLY, hour, skipped } from '../../support/skip-lab.ts';
import type { SkipLab } from '../../support/skip-lab.ts';

async function fired({ events }: SkipLab): Promise<readonly EpochMs[]> {
  return (await events()).flatMap((event) =>
    event.event === 'policy.fired' ? [event.plannedAt] : [],
  );
}

async function rewrite(
  { deps, target, policyId, clock }: SkipLab,
  definition: Partial<PolicyDefinition>,
): Promise<void> {
  const request = { definition: { ...HOURLY, ...definition }, by: 'tester' };
  const result = await finish(clock, changePolicy(deps, { ...target, policyId }, request));
  expect(result.kind).to.equal('changed');
}

describe('skipOccurrence of a policy with a schedule', () => {
  it('arms the one after the next, says so in the history, and counts it as claimed', async () => {
    const subject = await aSkipLab();

    expect(await subject.skip()).to.deep.equal(skipped(hour(1), hour(2)));

    expect(await subject.progress()).to.deep.equal({
      ...{ claimedAt: hour(1), plannedAt: hour(2) },
      skipped: { first: hour(1), last: hour(1) },
    });
    expect(await subject.dueAt()).to.equal(hour(2));
    expect((await subject.events()).at(-1)).to.deep.equal({
      ...{ event: 'policy.skipped', by: 'tester' },
      ...{ policyId: subject.policyId, plannedAt: hour(1) },
    });
  });

  it('has it not fire, and the next one after it', async () => {
    const subject = await aSkipLab();
    await subject.skip();

    await subject.claimAt(1);
    expect(await fired(subject)).to.deep.equal([]);
    await subject.claimAt(2);

    expect(await fired(subject)).to.deep.equal([hour(2)]);
    expect((await subject.progress()).plannedAt).to.equal(hour(3));
  });

  it('stays left out where the policy is written anew with the same schedule', async () => {
    const subject = await aSkipLab();
    await subject.skip();

    await rewrite(subject, { name: 'renamed' });

    expect(await subject.dueAt()).to.equal(hour(2));
    expect(await subject.skip(hour(1))).to.deep.equal(skipped(hour(1), hour(2)));
  });

  it('is forgotten with the schedule that it was an occurrence of', async () => {
    const yearly = { schedule: { kind: 'cron', cron: '0 0 1 6 *' } } as const;
    const subject = await aSkipLab(aPolicy(yearly));
    await subject.skip();

    await rewrite(subject, HOURLY);

    expect(await subject.dueAt()).to.equal(hour(1));
    expect(await subject.progress()).to.deep.equal({ plannedAt: hour(1) });
  });

  it('leaves out one more each time', async () => {
    const subject = await aSkipLab();

    await subject.skip();
    expect(await subject.skip()).to.deep.equal(skipped(hour(2), hour(3)));

    expect((await subject.progress()).skipped).to.deep.equal({ first: hour(1), last: hour(2) });
  });

  it('stays so where the policy is written anew', async () => {
    const subject = await aSkipLab();
    await subject.skip();

    await changePolicy(
      subject.deps,
      { ...subject.target, policyId: subject.policyId },
      { definition: { ...HOURLY, name: 'renamed' }, by: 'tester' },
    );

    expect(await subject.dueAt()).to.equal(hour(2));
  });

  it('keeps the cooldown going', async () => {
    const subject = await aSkipLab();
    await subject.write(HOURLY, { plannedAt: hour(1), touchedAt: after(-1) });

    await subject.skip();

    expect((await subject.progress()).touchedAt).to.equal(after(-1));
  });

  it('leaves out one that is due already and was not claimed, and so the claim does not fire it', async () => {
    const subject = await aSkipLab();
    await subject.clock.advance(HOUR_MS + 5);

    expect(await subject.skip()).to.deep.equal(skipped(hour(1), hour(2)));
    await claimAllDue(subject, subject.groupId);

    expect(await fired(subject)).to.deep.equal([]);
  });

  it('leaves out one that jitter holds back, and arms the next for when it is due', async () => {
    const schedule = { kind: 'cron', cron: '0 * * * *', jitterSeconds: 3_600 } as const;
    const subject = await aSkipLab(aPolicy({ schedule }));
    await subject.clock.advance(HOUR_MS);
    const dueOf = dueInstants(subject.policyId, schedule, compileSchedule(schedule));
    expect(dueOf(hour(1))).to.be.above(hour(1));

    expect(await subject.skip()).to.deep.equal(skipped(hour(1), hour(2)));

    expect(await subject.dueAt()).to.equal(dueOf(hour(2)));
  });

  it('disarms the policy where it was the last', async () => {
    const subject = await aSkipLab(
      aPolicy({ schedule: { kind: 'at', at: '2026-01-01T01:00:00Z' } }),
    );

    expect(await subject.skip()).to.deep.equal(skipped(hour(1), undefined));

    expect(await subject.dueAt()).to.equal(undefined);
    expect(await subject.skip()).to.deep.equal({ kind: 'nothing-to-skip' });
  });

  it('takes the one that is named where it is next, and once', async () => {
    const subject = await aSkipLab();

    expect(await subject.skip(hour(1))).to.deep.equal(skipped(hour(1), hour(2)));
    expect(await subject.skip(hour(1))).to.deep.equal(skipped(hour(1), hour(2)));

    const told = (await subject.events()).filter(({ event }) => event === 'policy.skipped');
    expect(told).to.have.length(1);
    expect(await subject.dueAt()).to.equal(hour(2));
  });

  it('refuses one that is not next, and says which is', async () => {
    const subject = await aSkipLab();

    expect(await subject.skip(hour(2))).to.deep.equal({ kind: 'not-next', next: hour(1) });

    expect((await subject.events()).at(-1)).to.deep.equal({
      ...{ event: 'change.refused', outcome: 'refused', wanted: 'policy.skipped' },
      ...{ policyId: subject.policyId, by: 'tester', reason: 'not-next' },
    });
  });

  it('does not take a time between two that are left out for one', async () => {
    const subject = await aSkipLab();
    await subject.skip();
    await subject.skip();

    expect(await subject.skip(hour(1.5))).to.deep.equal({ kind: 'not-next', next: hour(3) });
  });

  for (const { it: what, policy, progress, result } of [
    {
      it: 'has no schedule',
      policy: aPolicy(),
      progress: {},
      result: { kind: 'nothing-to-skip' },
    },
    {
      it: 'is used up',
      policy: HOURLY,
      progress: { claimedAt: hour(0) },
      result: { kind: 'nothing-to-skip' },
    },
    {
      it: 'is parked',
      policy: HOURLY,
      progress: { parked: 'bad cron' },
      result: { kind: 'parked', reason: 'bad cron' },
    },
  ] as const) {
    it(`refuses a policy that ${what}`, async () => {
      const subject = await aSkipLab();
      const { policyId } = subject;
      await subject.write(policy, progress);
      await commitDirectly(subject.store, subject.groupId, {
        due: [{ policyId, dueAt: undefined }],
      });

      expect(await subject.skip()).to.deep.equal(result);
    });
  }

  it('says so where there is no such policy', async () => {
    const subject = await aSkipLab();
    const policyId = 'nobody' as PolicyId;

    const result = await skipOccurrence(
      subject.deps,
      { ...subject.target, policyId },
      { by: 'tester' },
    );

    expect(result).to.deep.equal({ kind: 'no-such-policy' });
  });
});

describe('skipOccurrence and others at once', () => {
  it('leaves out two where two ask, and one where both mean the same', async () => {
    const subject = await aSkipLab();
    const { deps, target, policyId, clock } = subject;
    const other = aScaling({ store: subject.store, clock });
    const ask = (from: ScalingFixture, occurrence?: EpochMs): Promise<unknown> =>
      skipOccurrence(from.deps, { ...target, policyId }, { occurrence, by: 'tester' });
    const both = (first: Promise<unknown>, second: Promise<unknown>): Promise<unknown> =>
      finish(clock, Promise.all([first, second]));

    const results = await both(ask({ ...subject, deps }), ask(other));
    expect(results).to.have.deep.members([skipped(hour(1), hour(2)), skipped(hour(2), hour(3))]);

    const same = await both(ask({ ...subject, deps }, hour(3)), ask(other, hour(3)));
    expect(same).to.deep.equal([skipped(hour(3), hour(4)), skipped(hour(3), hour(4))]);
    expect(await subject.dueAt()).to.equal(hour(4));
  });

  it('makes a claim that was decided before stale, and that claims nothing when it is decided again', async () => {
    const subject = await aSkipLab();
    const { store, groupId, deps } = subject;
    await subject.clock.advance(HOUR_MS);
    const partition = partitionOfTarget(store, groupId);
    if (partition === undefined) throw new Error('the group has a partition');
    const { now, groups } = await store.due(partition, 10);
    const commitId = 'claim' as CommitId;
    const { occurrencesOf } = deps;
    const units = groups.map((group) => claimDue(group, { now, commitId, occurrencesOf }));

    await subject.skip(hour(1));
    const commit = await store.commit(partition, NOT_AN_OWNER, units);

    expect(commit).to.deep.include({ results: ['stale'] });
    expect((await store.due(partition, 10)).groups).to.deep.equal([]);
    expect(await fired(subject)).to.deep.equal([]);
  });

  it('is refused where the claim came first, with what is next now', async () => {
    const subject = await aSkipLab();
    await subject.claimAt(1);

    expect(await subject.skip(hour(1))).to.deep.equal({ kind: 'not-next', next: hour(2) });

    expect(await fired(subject)).to.deep.equal([hour(1)]);
  });
});
