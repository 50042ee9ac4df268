import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { PolicyId } from '../../../src/domain/ids.ts';
import { changeConfig, deleteGroup, pauseGroup } from '../../../src/scaling/change-group.ts';
import { executePolicy } from '../../../src/scaling/execute-policy.ts';
import { removeOverride } from '../../../src/scaling/override-group.ts';
import type { OverrideRequest, SetOverrideResult } from '../../../src/scaling/override-group.ts';
import { claimAllDue } from '../../support/claims.ts';
import { after, storedGroupOf } from '../../support/scaling.ts';
import { aPlannedGroup, BY, DAY_MS, HOUR_MS } from '../../support/planned-group.ts';

describe('setOverride', () => {
  it('has the group keep to it, and arms when it ends', async () => {
    const subject = await aPlannedGroup({ changedBy: 'somebody' });

    const result = await subject.set({ min: 5 });

    const override = { min: 5, since: after(0), until: after(HOUR_MS), reason: 'launch', ...BY };
    expect(result).to.deep.equal({ kind: 'set', override });
    const state = await subject.state();
    expect(state).to.deep.include({ desired: 5, base: 2, override });
    expect(state).to.not.have.property('changedBy');
    expect(await subject.timer()).to.equal(after(HOUR_MS));
    expect((await storedGroupOf(subject.store, subject.groupId)).isDivergent).to.equal(true);
    expect((await subject.events()).at(-1)).to.deep.equal({
      ...{ event: 'override.set', desiredBefore: 2, desiredAfter: 5, ...BY },
    });
  });

  it('tells old and new values in the history', async () => {
    const subject = await aPlannedGroup();
    await subject.set({ min: 5 });
    await subject.set({ desired: 3 });

    const [recorded] = await subject.store.history(subject.groupId, {
      ...{ from: undefined, order: 'newest-first', limit: 1 },
    });

    expect(recorded?.event).to.deep.include({
      changes: [
        { path: 'desired', after: 3 },
        { path: 'min', before: 5 },
      ],
    });
  });

  it('takes the place of an earlier one as a whole', async () => {
    const subject = await aPlannedGroup();
    await subject.set({ min: 5, max: 9 });

    await subject.set({ max: 1, until: after(2 * HOUR_MS) });

    const { override, desired } = await subject.state();
    expect([override?.min, override?.max, desired]).to.deep.equal([undefined, 1, 1]);
    expect(await subject.timer()).to.equal(after(2 * HOUR_MS));
  });

  it('ends when it is due, and the group wants what it did before', async () => {
    const subject = await aPlannedGroup();
    await subject.set({ desired: 7 });

    await subject.clock.advance(HOUR_MS);
    expect(await claimAllDue(subject, subject.groupId)).to.deep.equal(['committed']);

    const state = await subject.state();
    expect(state.desired).to.equal(2);
    expect(state).to.not.have.any.keys('override', 'base');
    expect(await subject.timer()).to.equal(undefined);
    expect((await subject.events()).at(-1)).to.deep.include({
      ...{ event: 'override.ended', desiredBefore: 7, desiredAfter: 2 },
    });
  });

  it('has executions move what the group returns to', async () => {
    const subject = await aPlannedGroup();
    await subject.set({ desired: 7 });
    const policyId = subject.policyIds[0];
    if (policyId === undefined) throw new Error('the group has a policy');
    await executePolicy(subject.deps, { ...subject.target, policyId }, BY);

    await removeOverride(subject.deps, subject.target, BY);

    expect((await subject.state()).desired).to.equal(3);
  });

  it('does not have a paused group looked at, and has it keep to it all the same', async () => {
    const subject = await aPlannedGroup({ isPaused: true });
    const { store } = subject;
    const commit = store.commit.bind(store);
    const divergences: string[] = [];
    Object.assign(store, {
      commit: (...call: Parameters<typeof commit>) => {
        divergences.push(...call[2].map(({ divergence }) => divergence));
        return commit(...call);
      },
    });

    await subject.set({ desired: 7 });

    expect((await subject.state()).desired).to.equal(7);
    expect(divergences).to.deep.equal(['keep']);
  });

  it('is kept by a change of configuration', async () => {
    const subject = await aPlannedGroup();
    await subject.set({ min: 5 });

    await changeConfig(subject.deps, subject.target, {
      ...{ labels: { name: 'web', metadata: {} }, ...BY },
      limits: { minEntities: 0, maxEntities: 20, cooldownSeconds: 0 },
    });

    expect(await subject.state()).to.deep.include({ desired: 5, base: 2 });
    expect(await subject.timer()).to.equal(after(HOUR_MS));
  });

  it('is disarmed where the group is deleted', async () => {
    const subject = await aPlannedGroup();
    await subject.set({ min: 5 });

    await deleteGroup(subject.deps, subject.target, { isForced: true, ...BY });

    expect(await subject.timer()).to.equal(undefined);
  });

  const refused: readonly {
    readonly it: string;
    readonly request: Partial<OverrideRequest>;
    readonly result: SetOverrideResult;
  }[] = [
    {
      it: 'an end that is not to come',
      request: { min: 1, until: after(0) },
      result: { kind: 'end-passed', now: after(0) },
    },
    {
      it: 'an end that is more than 366 days ahead',
      request: { min: 1, until: after(366 * DAY_MS + 1) },
      result: { kind: 'end-too-far', latest: after(366 * DAY_MS) },
    },
    { it: 'one that sets nothing', request: {}, result: { kind: 'nothing-set' } },
    {
      it: 'bounds that contradict each other',
      request: { min: 5, max: 4 },
      result: { kind: 'min-above-max', min: 5, max: 4 },
    },
    {
      it: "a min above the group's max",
      request: { min: 11 },
      result: { kind: 'min-above-max', min: 11, max: 10 },
    },
    {
      it: 'a size outside of its own bounds',
      request: { min: 3, desired: 2 },
      result: { kind: 'desired-outside', min: 3, max: 10 },
    },
    {
      it: "a size above the group's max",
      request: { desired: 11 },
      result: { kind: 'desired-outside', min: 0, max: 10 },
    },
  ];
  for (const { it: what, request, result } of refused) {
    it(`refuses ${what}, changes nothing, and says so in the history`, async () => {
      const subject = await aPlannedGroup();
      const before = await subject.state();

      expect(await subject.set(request)).to.deep.equal(result);

      expect(await subject.state()).to.deep.equal(before);
      expect((await subject.events()).at(-1)).to.deep.equal({
        ...{ event: 'change.refused', outcome: 'refused', wanted: 'override.set', ...BY },
        reason: result.kind,
      });
    });
  }

  it('takes bounds and sizes beyond those of the group where it sets both', async () => {
    const subject = await aPlannedGroup();

    const { kind } = await subject.set({ max: 50, desired: 40 });

    expect([kind, (await subject.state()).desired]).to.deep.equal(['set', 40]);
  });

  it('takes a size that windows lead to, though they contradict the bounds of the group', async () => {
    const window = { opensAt: after(-1), closesAt: after(HOUR_MS), priority: 0, min: 12 };
    const policyId = 'day' as PolicyId;
    const subject = await aPlannedGroup({ windows: [{ policyId, ...window }] });

    expect(await subject.set({ desired: 13 })).to.deep.equal({
      ...{ kind: 'desired-outside', min: 12, max: 12 },
    });
    expect((await subject.set({ desired: 12 })).kind).to.equal('set');
  });

  it('takes an end that is 366 days ahead', async () => {
    const subject = await aPlannedGroup();

    const { kind } = await subject.set({ min: 1, until: after(366 * DAY_MS) });

    expect(kind).to.equal('set');
  });

  it('does nothing for a tenant that is suspended', async () => {
    const subject = await aPlannedGroup({ isSuspended: true });

    expect(await subject.set({ min: 1 })).to.deep.equal({ kind: 'suspended' });
  });

  it('is not set where the group is not as it was seen', async () => {
    const subject = await aPlannedGroup();

    const result = await subject.set({ min: 1, expectation: () => false });

    expect(result).to.deep.equal({ kind: 'not-as-expected' });
    expect(await subject.state()).to.not.have.property('override');
  });
});

describe('removeOverride', () => {
  it('ends it, and disarms its end', async () => {
    const subject = await aPlannedGroup();
    await subject.set({ desired: 7 });

    expect(await removeOverride(subject.deps, subject.target, BY)).to.deep.equal({
      kind: 'removed',
    });

    const state = await subject.state();
    expect(state.desired).to.equal(2);
    expect(state).to.not.have.any.keys('override', 'base');
    expect(await subject.timer()).to.equal(undefined);
    expect((await subject.events()).at(-1)).to.deep.equal({
      ...{ event: 'override.removed', desiredBefore: 7, desiredAfter: 2, ...BY },
    });
  });

  it('leaves the end of a pause armed', async () => {
    const subject = await aPlannedGroup();
    await subject.set({ desired: 7 });
    await pauseGroup(subject.deps, subject.target, { until: after(2 * HOUR_MS), ...BY });

    await removeOverride(subject.deps, subject.target, BY);

    expect(await subject.timer()).to.equal(after(2 * HOUR_MS));
  });

  it('says so where there is none', async () => {
    const subject = await aPlannedGroup();

    expect(await removeOverride(subject.deps, subject.target, BY)).to.deep.equal({
      kind: 'no-override',
    });
  });
});
