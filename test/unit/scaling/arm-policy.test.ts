import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../src/base/clock.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import type { PolicyProgress, Schedule } from '../../../src/domain/group/policy.ts';
import { dueInstants } from '../../../src/domain/schedule/jitter.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import { armPolicy } from '../../../src/scaling/arm-policy.ts';
import type { Armed } from '../../../src/scaling/arm-policy.ts';
import { aPolicyId } from '../../support/builders.ts';
import { aPolicy } from '../../support/scaling.ts';

const HOUR_MS = 3_600_000;
const hour = (number: number): EpochMs => epochMs(Date.UTC(2030, 0, 1) + number * HOUR_MS);
const HOURLY = { kind: 'cron', cron: '0 * * * *' } as const;
const JITTERED = { ...HOURLY, jitterSeconds: 3600 } as const;

function dueOf(schedule: Schedule, plannedAt: EpochMs): EpochMs {
  return dueInstants(aPolicyId(), schedule, compileSchedule(schedule))(plannedAt);
}

/** Writes a policy anew that is armed for the first hour, by the jittered schedule. */
function rewrite(input: {
  readonly schedule: Schedule;
  readonly now: EpochMs;
  readonly progress?: PolicyProgress;
}): Armed | undefined {
  const { schedule, now, progress = { plannedAt: hour(1) } } = input;
  return armPolicy({
    policyId: aPolicyId(),
    definition: aPolicy({ schedule }),
    before: { progress, dueAt: dueOf(JITTERED, hour(1)) },
    now,
    occurrencesOf: compileSchedule,
  });
}

describe('armPolicy', () => {
  const waiting = epochMs(dueOf(JITTERED, hour(1)) - 1);

  it('arms a new policy for its first occurrence, due as jitter says', () => {
    const armed = armPolicy({
      ...{ policyId: aPolicyId(), definition: aPolicy({ schedule: JITTERED }) },
      ...{ before: { progress: {}, dueAt: undefined }, now: hour(0) },
      occurrencesOf: compileSchedule,
    });

    expect(dueOf(JITTERED, hour(1))).to.be.above(hour(1));
    expect(armed).to.deep.equal({
      progress: { plannedAt: hour(1) },
      dueAt: dueOf(JITTERED, hour(1)),
    });
  });

  it('does not arm a new policy for what was planned before it was there', () => {
    const armed = armPolicy({
      ...{ policyId: aPolicyId(), definition: aPolicy({ schedule: JITTERED }) },
      ...{ before: { progress: {}, dueAt: undefined }, now: waiting },
      occurrencesOf: compileSchedule,
    });

    expect(armed?.progress).to.deep.equal({ plannedAt: hour(2) });
  });

  it('keeps an occurrence that waits for its jitter to pass', () => {
    expect(rewrite({ schedule: JITTERED, now: waiting })).to.deep.equal({
      progress: { plannedAt: hour(1) },
      dueAt: dueOf(JITTERED, hour(1)),
    });
  });

  it('lets one that waits fire at once, and not as if it were late, where jitter is taken away', () => {
    expect(rewrite({ schedule: HOURLY, now: waiting })).to.deep.equal({
      progress: { plannedAt: hour(1) },
      dueAt: waiting,
    });
  });

  it('does not keep one that another schedule does not have as its newest', () => {
    const everyMinute: Schedule = { kind: 'cron', cron: '* * * * *' };

    const armed = rewrite({ schedule: everyMinute, now: waiting });

    expect(armed?.progress.plannedAt).to.be.above(waiting);
    expect(armed?.dueAt).to.equal(armed?.progress.plannedAt);
  });

  it('does not keep one that was due already', () => {
    const armed = rewrite({ schedule: JITTERED, now: dueOf(JITTERED, hour(1)) });

    expect(armed?.progress).to.deep.equal({ plannedAt: hour(2) });
  });

  it('never arms what was claimed, whatever the jitter is now', () => {
    const armed = rewrite({
      ...{ schedule: { ...JITTERED, jitterSeconds: 1 }, now: waiting },
      progress: { claimedAt: hour(1), plannedAt: hour(2) },
    });

    expect(armed?.progress).to.deep.equal({ claimedAt: hour(1), plannedAt: hour(2) });
  });

  it('arms nothing where no occurrence is left', () => {
    const ended: Schedule = { ...HOURLY, end: '2030-01-01T02:00:00Z' };

    expect(rewrite({ schedule: ended, now: hour(1), progress: {} })).to.equal(undefined);
  });
});
