import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { PolicyDefinition } from '../../../src/domain/group/policy.ts';
import { claimAllDue } from '../../support/claims.ts';
import { aPolicy } from '../../support/scaling.ts';

import { aSkipLab, HOUR_MS, hour, skipped } from '../../support/skip-lab.ts';

describe('skipOccurrence of a window', () => {
  /** From nine to five. */
  const DAY = aWindow('0 9 * * *', 8);

  function aWindow(cron: string, hours: number): PolicyDefinition {
    return aPolicy({
      adjustment: {
        ...{ kind: 'window', desired: 5, priority: 0 },
        ...{ durationSeconds: hours * 3_600, measured: 'wall' },
      },
      schedule: { kind: 'cron', cron },
    });
  }

  it('leaves out the next opening', async () => {
    const subject = await aSkipLab(DAY);

    expect(await subject.skip()).to.deep.equal(skipped(hour(9), hour(33)));

    expect(await subject.progress()).to.deep.equal({
      ...{ claimedAt: hour(9), plannedAt: hour(33) },
      skipped: { first: hour(9), last: hour(9) },
    });
    await subject.claimAt(9);
    expect((await subject.state()).desired).to.equal(0);
    await subject.claimAt(33);
    expect((await subject.state()).desired).to.equal(5);
  });

  it('leaves one open that is open, and skips the one after it', async () => {
    const subject = await aSkipLab(DAY);
    await subject.claimAt(9);

    expect(await subject.skip()).to.deep.equal(skipped(hour(33), hour(57)));

    expect(await subject.state()).to.deep.include({ desired: 5 });
    expect(await subject.dueAt()).to.equal(hour(17));
    await subject.claimAt(17);
    expect([(await subject.state()).desired, await subject.dueAt()]).to.deep.equal([0, hour(57)]);
  });

  it('leaves out one that is due to open and was not claimed yet', async () => {
    const subject = await aSkipLab(DAY);
    await subject.clock.advance(9 * HOUR_MS + 5);

    expect(await subject.skip(hour(9))).to.deep.equal(skipped(hour(9), hour(33)));
    await claimAllDue(subject, subject.groupId);

    expect((await subject.state()).desired).to.equal(0);
    expect((await subject.events()).map(({ event }) => event)).to.not.include('window.opened');
  });

  it('closes what was due to close by then', async () => {
    const subject = await aSkipLab(DAY);
    await subject.claimAt(9);
    await subject.clock.advance(8 * HOUR_MS + 5);

    expect(await subject.skip()).to.deep.equal(skipped(hour(33), hour(57)));

    const state = await subject.state();
    expect(state.desired).to.equal(0);
    expect(state).to.not.have.property('windows');
    expect((await subject.events()).slice(-2).map(({ event }) => event)).to.deep.equal([
      ...['policy.skipped', 'window.closed'],
    ]);
  });

  it('tells of openings that came and went before, unseen', async () => {
    const subject = await aSkipLab(DAY);
    await subject.clock.advance(42 * HOUR_MS);

    expect(await subject.skip()).to.deep.equal(skipped(hour(57), hour(81)));

    expect((await subject.events()).at(-2)).to.deep.include({
      ...{ event: 'policy.missed', first: hour(9), last: hour(33), reason: 'superseded' },
    });
  });

  it('leaves out one more each time, and forgets those that are over', async () => {
    const subject = await aSkipLab(DAY);
    await subject.skip();
    await subject.skip();
    expect((await subject.progress()).skipped).to.deep.equal({ first: hour(9), last: hour(33) });
    await subject.claimAt(34);

    expect(await subject.skip()).to.deep.equal(skipped(hour(57), hour(81)));

    expect((await subject.progress()).skipped).to.deep.equal({ first: hour(33), last: hour(57) });
    await subject.claimAt(58);
    expect((await subject.state()).desired).to.equal(0);
  });

  it('keeps to what is left out already where an earlier opening comes in, as a calendar may have it', async () => {
    const subject = await aSkipLab(DAY);
    await subject.skip();
    await subject.write(aWindow('0 4,9 * * *', 4));

    expect(await subject.skip()).to.deep.equal(skipped(hour(4), hour(28)));

    expect((await subject.progress()).skipped).to.deep.equal({ first: hour(4), last: hour(9) });
  });

  it('refuses an earlier opening where others lie between it and what is left out', async () => {
    const subject = await aSkipLab(DAY);
    await subject.skip();
    await subject.write(aWindow('0 3,6,9 * * *', 2));

    expect(await subject.skip()).to.deep.equal({
      ...{ kind: 'skips-ahead', next: hour(3), first: hour(9) },
    });
  });

  it('has nothing to skip where its schedule is used up', async () => {
    const subject = await aSkipLab({
      ...DAY,
      schedule: { kind: 'at', at: '2026-01-01T09:00:00Z' },
    });

    expect(await subject.skip()).to.deep.equal(skipped(hour(9), undefined));

    expect(await subject.dueAt()).to.equal(undefined);
    expect(await subject.skip()).to.deep.equal({ kind: 'nothing-to-skip' });
  });
});
