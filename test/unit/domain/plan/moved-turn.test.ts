import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import type { EpochMs } from '../../../../src/base/clock.ts';
import type { OpenWindow } from '../../../../src/domain/group/group.ts';
import { movedTurnOf } from '../../../../src/domain/plan/moved-turn.ts';
import { windowAt } from '../../../../src/domain/plan/window.ts';
import type { ScheduledWindow } from '../../../../src/domain/plan/window.ts';
import { compileSchedule } from '../../../../src/domain/schedule/occurrences.ts';
import { policyId } from '../../../support/world.ts';

function at(time: string): EpochMs {
  return epochMs(Date.parse(`2030-06-10T${time}Z`));
}

/** Some hours a day from an hour of UTC on, which stands for what a zone has by some rules. */
function from(hour: number, hours = 8): ScheduledWindow {
  const durationSeconds = hours * 3_600;
  return {
    policyId: policyId('day'),
    capacity: { ...{ kind: 'window', min: 5, durationSeconds, measured: 'elapsed', priority: 0 } },
    openings: compileSchedule({ kind: 'cron', cron: `0 ${String(hour)} * * *` }),
  };
}

const OPEN_FROM_8 = windowAt(from(8), at('12:00:00'));

describe('movedTurnOf', () => {
  const cases: readonly {
    readonly it: string;
    readonly opens: number;
    readonly now: EpochMs;
    readonly plannedAt: EpochMs;
    readonly held?: OpenWindow | undefined;
    readonly claimedAt?: EpochMs;
    readonly hours?: number;
    readonly to: EpochMs | undefined;
  }[] = [
    {
      it: 'leaves a turn that the newer rules have, too',
      ...{ opens: 8, now: at('05:00:00'), plannedAt: at('08:00:00'), to: undefined },
    },
    {
      it: 'arms an opening that comes earlier',
      ...{ opens: 7, now: at('05:00:00'), plannedAt: at('08:00:00'), to: at('07:00:00') },
    },
    {
      it: 'is due at once where it should be open already',
      ...{ opens: 7, now: at('07:30:00'), plannedAt: at('08:00:00'), to: at('07:30:00') },
    },
    {
      it: 'is due at once where it is open, and closes at another time',
      ...{ opens: 9, now: at('12:00:00'), plannedAt: at('16:00:00'), held: OPEN_FROM_8 },
      to: at('12:00:00'),
    },
    {
      it: 'leaves the closing of a window that a clock which was set back has not opened yet',
      ...{ opens: 8, now: at('07:58:00'), plannedAt: at('16:00:00'), held: OPEN_FROM_8 },
      to: undefined,
    },
    {
      it: 'leaves the next opening where a clock was set back to before the closing',
      ...{ opens: 8, now: at('15:58:00'), plannedAt: epochMs(at('08:00:00') + 86_400_000) },
      claimedAt: at('08:00:00'),
      to: undefined,
    },
    {
      it: 'arms an opening that comes earlier, though it closes when the armed one was to open',
      ...{ opens: 7, hours: 1, now: at('05:00:00'), plannedAt: at('08:00:00') },
      claimedAt: epochMs(at('08:00:00') - 86_400_000),
      to: at('07:00:00'),
    },
    {
      it: 'leaves the new time of an opening that came too early',
      ...{ opens: 9, now: at('08:30:00'), plannedAt: at('09:00:00'), claimedAt: at('08:00:00') },
      to: undefined,
    },
    {
      it: 'leaves a turn that is a minute away',
      ...{ opens: 9, now: at('07:59:00'), plannedAt: at('08:00:00'), to: undefined },
    },
  ];

  for (const { it: title, opens, hours, to, ...armed } of cases) {
    it(title, () => {
      const { plannedAt, claimedAt, now, held } = armed;
      expect(movedTurnOf(from(opens, hours), { plannedAt, claimedAt, now, held })).to.deep.equal(
        to === undefined ? { kind: 'stays' } : { kind: 'moved', to },
      );
    });
  }
});
