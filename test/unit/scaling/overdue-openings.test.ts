import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs } from '../../../src/base/clock.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import type { OpenWindow } from '../../../src/domain/group/group.ts';
import type { PolicyProgress } from '../../../src/domain/group/policy.ts';
import type { PolicyId } from '../../../src/domain/ids.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import { overdueOpenings } from '../../../src/scaling/overdue-run.ts';

const POLICY = 'policy' as PolicyId;
const HOURLY = { kind: 'cron', cron: '0 * * * *' } as const;

function at(time: string): EpochMs {
  return epochMs(Date.parse(`2030-01-01T${time}:00Z`));
}

function openFrom(time: string): OpenWindow {
  const opensAt = at(time);
  return { policyId: POLICY, opensAt, closesAt: epochMs(opensAt + 3_600_000), priority: 0, min: 3 };
}

/** The runs of an hourly window that is written anew at 12:10, as texts. */
function runsOf(
  progress: PolicyProgress,
  open: OpenWindow | undefined,
  cron: string = HOURLY.cron,
): readonly string[] {
  const schedule = { ...HOURLY, cron };
  const due = { policyId: POLICY, schedule, progress, open, now: at('12:10') };
  return overdueOpenings({ occurrencesOf: compileSchedule }, due).map((event) => {
    if (event.event !== 'policy.missed') return event.event;
    const [first, last] = [event.first, event.last].map((instant) =>
      new Date(instant).toISOString().slice(11, 16),
    );
    return `${String(first)} to ${String(last)}`;
  });
}

describe('overdueOpenings', () => {
  it('tells of no opening that was claimed, though its end is due', () => {
    expect(runsOf({ claimedAt: at('12:00'), plannedAt: at('12:05') }, undefined)).to.deep.equal([]);
  });

  it('tells of openings that were not claimed', () => {
    const progress = { claimedAt: at('09:00'), plannedAt: at('10:00') };

    expect(runsOf(progress, undefined)).to.deep.equal(['10:00 to 12:00']);
    expect(runsOf({ plannedAt: at('12:00') }, undefined)).to.deep.equal(['12:00 to 12:00']);
  });

  it('does not tell of the one that is open now', () => {
    const progress = { claimedAt: at('09:00'), plannedAt: at('10:00') };

    expect(runsOf(progress, openFrom('12:00'))).to.deep.equal(['10:00 to 11:00']);
    expect(runsOf(progress, openFrom('11:00'))).to.deep.equal(['10:00 to 10:00', '12:00 to 12:00']);
    expect(runsOf(progress, openFrom('11:45'))).to.deep.equal(['10:00 to 11:00', '12:00 to 12:00']);
  });

  it('tells of none where it is not known what came', () => {
    expect(runsOf({}, undefined)).to.deep.equal([]);
    expect(runsOf({ plannedAt: at('10:00') }, undefined, 'no cron')).to.deep.equal([]);
  });
});
