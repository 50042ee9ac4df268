import { expect } from 'chai';
import { describe, it } from 'mocha';
import { isoOf } from '../../../src/domain/schedule/iso.ts';
import { pauseGroup, resumeGroup } from '../../../src/scaling/change-group.ts';
import { claimAllDue } from '../../support/claims.ts';
import { after, storedGroupOf } from '../../support/scaling.ts';
import { aPlannedGroup, BY, DAY_MS, HOUR_MS } from '../../support/planned-group.ts';

describe('pauseGroup with an end', () => {
  const until = after(HOUR_MS);

  it('arms the end, and tells of it', async () => {
    const subject = await aPlannedGroup();

    await pauseGroup(subject.deps, subject.target, { until, ...BY });

    expect(await subject.state()).to.deep.include({ isPaused: true, pausedUntil: until });
    expect(await subject.timer()).to.equal(until);
    const [recorded] = await subject.store.history(subject.groupId, {
      ...{ from: undefined, order: 'newest-first', limit: 1 },
    });
    expect(recorded?.event).to.deep.include({
      ...{ event: 'group.changed', what: 'paused' },
      changes: [{ path: 'until', after: isoOf(until) }],
    });
  });

  it('has no values to tell of where there is none', async () => {
    const subject = await aPlannedGroup();

    await pauseGroup(subject.deps, subject.target, BY);

    const [recorded] = await subject.store.history(subject.groupId, {
      ...{ from: undefined, order: 'newest-first', limit: 1 },
    });
    expect(recorded?.event).to.include({ event: 'group.changed', what: 'paused' });
    expect(recorded?.event).to.not.have.property('changes');
  });

  it('is over when that comes, and has the group looked at', async () => {
    const subject = await aPlannedGroup();
    await pauseGroup(subject.deps, subject.target, { until, ...BY });

    await subject.clock.advance(HOUR_MS);
    await claimAllDue(subject, subject.groupId);

    const state = await subject.state();
    expect(state.isPaused).to.equal(false);
    expect(state).to.not.have.property('pausedUntil');
    expect((await storedGroupOf(subject.store, subject.groupId)).isDivergent).to.equal(true);
    expect((await subject.events()).at(-1)).to.deep.include({ event: 'pause.ended', until });
  });

  it('takes the place of a pause without an end, and the reverse', async () => {
    const subject = await aPlannedGroup();
    const { deps, target } = subject;
    await pauseGroup(deps, target, BY);
    await pauseGroup(deps, target, { until, ...BY });
    expect([(await subject.state()).pausedUntil, await subject.timer()]).to.deep.equal([
      ...[until, until],
    ]);

    await pauseGroup(deps, target, BY);

    expect(await subject.state()).to.deep.include({ isPaused: true });
    expect(await subject.state()).to.not.have.property('pausedUntil');
    expect(await subject.timer()).to.equal(undefined);
  });

  it('changes nothing where it is said again', async () => {
    const subject = await aPlannedGroup();
    await pauseGroup(subject.deps, subject.target, { until, ...BY });
    const { version } = await storedGroupOf(subject.store, subject.groupId);

    const result = await pauseGroup(subject.deps, subject.target, { until, ...BY });

    expect(result).to.deep.equal({ kind: 'paused' });
    expect((await storedGroupOf(subject.store, subject.groupId)).version).to.equal(version);
  });

  it('is ended by a resume, and so is its timer', async () => {
    const subject = await aPlannedGroup();
    await pauseGroup(subject.deps, subject.target, { until, ...BY });

    await resumeGroup(subject.deps, subject.target, BY);

    expect(await subject.state()).to.not.have.property('pausedUntil');
    expect(await subject.timer()).to.equal(undefined);
  });

  it('leaves the end of an override armed where it is ended', async () => {
    const subject = await aPlannedGroup();
    await subject.set({ min: 1, until: after(2 * HOUR_MS) });
    await pauseGroup(subject.deps, subject.target, { until, ...BY });
    expect(await subject.timer()).to.equal(until);

    await resumeGroup(subject.deps, subject.target, BY);

    expect(await subject.timer()).to.equal(after(2 * HOUR_MS));
  });

  it('refuses an end that is not to come, or too far ahead', async () => {
    const subject = await aPlannedGroup();
    const { deps, target } = subject;

    const passed = await pauseGroup(deps, target, { until: after(0), ...BY });
    const far = await pauseGroup(deps, target, { until: after(367 * DAY_MS), ...BY });

    expect([passed.kind, far.kind]).to.deep.equal(['end-passed', 'end-too-far']);
    expect((await subject.state()).isPaused).to.equal(false);
  });
});
