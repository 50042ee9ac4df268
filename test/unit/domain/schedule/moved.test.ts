import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import type { EpochMs } from '../../../../src/base/clock.ts';
import { moveOf, nextAfterClaimed } from '../../../../src/domain/schedule/moved.ts';
import { compileSchedule } from '../../../../src/domain/schedule/occurrences.ts';

/** An instant of 10 June 2030, or of a day near it, in UTC. */
function at(time: string, day = 10): EpochMs {
  return epochMs(Date.parse(`2030-06-${String(day).padStart(2, '0')}T${time}Z`));
}

const STAYS = 'stays';

/**
 * What a zone has by the newer rules is written as cron expressions in UTC: nine o'clock there was at 08:00 before,
 * and is an hour earlier or later now.
 */
const EARLIER = '0 7 * * *';
const LATER = '0 9 * * *';
const YESTERDAY = at('08:00:00', 9);

describe('moveOf', () => {
  const cases: readonly {
    readonly it: string;
    readonly cron: string;
    readonly now: EpochMs;
    readonly plannedAt?: EpochMs;
    readonly claimedAt?: EpochMs;
    readonly to: EpochMs | typeof STAYS;
  }[] = [
    {
      it: 'leaves an occurrence that the newer rules have, too',
      cron: '0 8 * * *',
      now: at('05:00:00'),
      claimedAt: YESTERDAY,
      to: STAYS,
    },
    {
      it: 'arms what comes earlier now',
      cron: EARLIER,
      now: at('05:00:00'),
      claimedAt: YESTERDAY,
      to: at('07:00:00'),
    },
    {
      it: 'arms what comes later now',
      cron: LATER,
      now: at('05:00:00'),
      claimedAt: YESTERDAY,
      to: at('09:00:00'),
    },
    {
      it: 'does so where nothing was claimed before',
      cron: LATER,
      now: at('05:00:00'),
      to: at('09:00:00'),
    },
    {
      it: 'arms, and so makes due at once, what would have come by now',
      cron: EARLIER,
      now: at('07:30:00'),
      claimedAt: YESTERDAY,
      to: at('07:00:00'),
    },
    {
      it: 'does so where nothing was claimed before, however new the policy is',
      cron: EARLIER,
      now: at('07:30:00'),
      to: at('07:00:00'),
    },
    {
      it: 'arms nothing up to what was claimed',
      cron: EARLIER,
      now: at('07:30:00'),
      claimedAt: at('07:00:00'),
      to: at('07:00:00', 11),
    },
    {
      it: 'does not fire once more at nine what fired as that an hour early',
      cron: LATER,
      now: at('08:10:00'),
      plannedAt: at('08:00:00', 11),
      claimedAt: at('08:00:00'),
      to: at('09:00:00', 11),
    },
    {
      it: 'does not take what comes first by a schedule that was just written for what was claimed by the one before',
      cron: '0 10 * * *',
      now: at('08:10:00'),
      plannedAt: at('09:00:00'),
      claimedAt: at('08:00:00'),
      to: at('10:00:00'),
    },
    {
      it: 'arms what the older rules did not have before what they had',
      cron: '0 7-15 * * *',
      now: at('06:30:00'),
      claimedAt: at('16:00:00', 9),
      to: at('07:00:00'),
    },
    {
      it: 'does not make up for what the older rules never had, once it has passed',
      cron: '0 7-15 * * *',
      now: at('07:30:00'),
      claimedAt: at('16:00:00', 9),
      to: STAYS,
    },
    {
      it: 'arms the last of a day that the newer rules have later, though the one before is claimed',
      cron: '0 9-17 * * *',
      now: at('16:05:00'),
      plannedAt: at('08:00:00', 11),
      claimedAt: at('16:00:00'),
      to: at('17:00:00'),
    },
    {
      it: 'does not take an occurrence of another day for one that is left out now',
      cron: '0 7 9,12 * *',
      now: at('06:00:00'),
      to: at('07:00:00', 12),
    },
    {
      it: 'moves what is more than a minute away',
      cron: LATER,
      now: epochMs(at('07:59:00') - 1),
      claimedAt: YESTERDAY,
      to: at('09:00:00'),
    },
    {
      it: 'leaves what is a minute away',
      cron: LATER,
      now: at('07:59:00'),
      claimedAt: YESTERDAY,
      to: STAYS,
    },
    { it: 'leaves what is due', cron: LATER, now: at('08:00:00'), claimedAt: YESTERDAY, to: STAYS },
  ];

  for (const { it: title, cron, now, plannedAt = at('08:00:00'), claimedAt, to } of cases) {
    it(title, () => {
      const occurrences = compileSchedule({ kind: 'cron', cron });

      const move = moveOf({ plannedAt, claimedAt, now, occurrences, isOnly: false });

      expect(move).to.deep.equal(to === STAYS ? { kind: 'stays' } : { kind: 'moved', to });
    });
  }

  it('disarms a schedule that has no occurrence left', () => {
    const over = { kind: 'cron', cron: LATER, end: '2030-06-10T09:00:00Z' } as const;

    expect(
      moveOf({
        ...{ plannedAt: at('08:00:00'), claimedAt: YESTERDAY, now: at('05:00:00') },
        ...{ occurrences: compileSchedule(over), isOnly: false },
      }),
    ).to.deep.equal({ kind: 'moved', to: undefined });
  });

  it('takes the only occurrence that there is for itself, by however much it moved', () => {
    const occurrences = compileSchedule({ kind: 'at', at: '2030-06-09T08:00:00Z' });

    expect(
      moveOf({
        ...{ plannedAt: at('08:00:00'), claimedAt: undefined, now: at('05:00:00') },
        ...{ occurrences, isOnly: true },
      }),
    ).to.deep.equal({ kind: 'moved', to: at('08:00:00', 9) });
  });
});

describe('nextAfterClaimed', () => {
  const next = (cron: string): EpochMs | undefined => {
    const occurrences = compileSchedule({ kind: 'cron', cron });
    const schedule = { kind: 'cron', cron, timezone: 'Europe/Berlin' } as const;
    const claimedAt = at('08:00:00');
    return nextAfterClaimed(
      { claimedAt, next: occurrences.next(claimedAt) },
      schedule,
      occurrences,
    );
  };

  it('is the next occurrence after one that the rules have', () => {
    expect(next('0 8,9 * * *')).to.equal(at('09:00:00'));
  });

  it('passes over what the newer rules have in place of what was claimed', () => {
    expect(next(LATER)).to.equal(at('09:00:00', 11));
    expect(next(EARLIER)).to.equal(at('07:00:00', 11));
  });

  it('passes over nothing that is too far away to be the same', () => {
    expect(next('0 12 * * *')).to.equal(at('12:00:00'));
  });

  it('has nothing after the only occurrence that there is, by however much it moved', () => {
    const occurrences = compileSchedule({ kind: 'at', at: '2030-06-11T08:00:00Z' });
    const schedule = { kind: 'at', at: '2030-06-11T10:00:00', timezone: 'Europe/Berlin' } as const;

    const claimed = { claimedAt: at('08:00:00'), next: at('08:00:00', 11) };
    expect(nextAfterClaimed(claimed, schedule, occurrences)).to.equal(undefined);
  });
});
