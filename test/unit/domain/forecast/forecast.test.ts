import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import { STEPS_MAX } from '../../../../src/domain/forecast/curve.ts';
import { forecast, forecastInSlices } from '../../../../src/domain/forecast/forecast.ts';
import type { Forecast, ForecastInput } from '../../../../src/domain/forecast/forecast.ts';
import type { ArmedPolicy } from '../../../../src/domain/forecast/upcoming.ts';
import type { Adjustment, Schedule } from '../../../../src/domain/group/policy.ts';
import { compileSchedule } from '../../../../src/domain/schedule/occurrences.ts';
import { aPolicyId } from '../../../support/builders.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A Tuesday. */
const NOW = epochMs(Date.UTC(2030, 0, 1));

function armed(
  number: number,
  cron: string,
  adjustment: Adjustment,
  changes: { readonly dueAt?: number; readonly cooldownSeconds?: number } = {},
): ArmedPolicy {
  const schedule: Schedule = { kind: 'cron', cron };
  const { cooldownSeconds = 0 } = changes;
  const dueAt = epochMs(changes.dueAt ?? Number(compileSchedule(schedule).next(NOW)));
  return {
    id: aPolicyId(number),
    definition: { name: `p${String(number)}`, cooldownSeconds, adjustment, schedule },
    progress: { plannedAt: dueAt },
    dueAt,
  };
}

function input(
  policies: readonly ArmedPolicy[],
  changes: Partial<ForecastInput> = {},
): ForecastInput {
  return {
    limits: { minEntities: 0, maxEntities: 10, cooldownSeconds: 0 },
    state: { desired: 2, isPaused: false, isSuspended: false, isDeleting: false },
    ...{ policies, now: NOW, from: NOW, to: epochMs(NOW + DAY_MS) },
    ...{ listed: 'changes', occurrencesOf: compileSchedule },
    ...changes,
  };
}

/** Hours from now, and sizes. */
function curveOf({ steps }: Forecast): readonly string[] {
  return steps.map(({ at, desiredBefore, desiredAfter }) => {
    const hours = String((at - NOW) / 3_600_000);
    return `${hours}: ${String(desiredBefore)}-${String(desiredAfter)}`;
  });
}

const UP = armed(1, '0 8 * * *', { kind: 'desiredCapacity', amount: 8 });
const DOWN = armed(2, '0 20 * * *', { kind: 'desiredCapacity', amount: 3 });

describe('forecast', () => {
  it('tells the sizes of all policies together, in due order', () => {
    const told = forecast(input([DOWN, UP]));

    expect(curveOf(told)).to.deep.equal(['8: 2-8', '20: 8-3']);
    const { desiredAtStart, desiredAtEnd, lowest, highest, isTruncated } = told;
    expect({ desiredAtStart, desiredAtEnd, lowest, highest, isTruncated }).to.deep.equal({
      ...{ desiredAtStart: 2, desiredAtEnd: 3, lowest: 2, highest: 8, isTruncated: false },
    });
  });

  it('leads up to a later begin, and tells nothing before it', () => {
    const from = epochMs(NOW + 12 * 3_600_000);

    const told = forecast(input([UP, DOWN], { from }));

    expect(curveOf(told)).to.deep.equal(['20: 8-3']);
    expect([told.desiredAtStart, told.lowest]).to.deep.equal([8, 3]);
    expect(told.counts.scaled).to.equal(1);
  });

  it('ends before its end', () => {
    const told = forecast(input([UP], { to: epochMs(NOW + 8 * 3_600_000) }));

    expect(told.steps).to.deep.equal([]);
  });

  it('counts what changes nothing, and lists it where all is wanted', () => {
    const hourly = armed(3, '0 * * * *', { kind: 'change', amount: 1 }, { cooldownSeconds: 5_400 });

    const told = forecast(input([hourly], { to: epochMs(NOW + 6 * 3_600_000 + 1) }));
    const all = forecast(input([hourly], { to: told.to, listed: 'all' }));

    expect(curveOf(told)).to.deep.equal(['1: 2-3', '3: 3-4', '5: 4-5']);
    expect(told.counts).to.deep.equal({
      ...{ scaled: 3, skipped: 0, turned: 0 },
      refused: { 'policy-cooldown': 3, 'group-cooldown': 0, 'no-change': 0, window: 0 },
    });
    expect(all.steps.map(({ outcome }) => outcome)).to.deep.equal([
      ...['scaled', 'refused', 'scaled', 'refused', 'scaled', 'refused'],
    ]);
  });

  it('skips all of a group that is paused', () => {
    const state = { desired: 2, isPaused: true, isSuspended: false, isDeleting: false };

    const told = forecast(input([UP, DOWN], { state, listed: 'all' }));

    expect(told.counts.skipped).to.equal(2);
    expect(told.steps.map((step) => 'reason' in step && step.reason)).to.deep.equal([
      ...['paused', 'paused'],
    ]);
  });

  it('has what is overdue happen now, the latest of several alone', () => {
    const overdue = armed(
      1,
      '* * * * *',
      { kind: 'change', amount: 1 },
      { dueAt: NOW - 5 * MINUTE_MS },
    );

    const told = forecast(input([overdue], { to: epochMs(NOW + 2 * MINUTE_MS) }));

    expect(
      told.steps.map((step) => 'plannedAt' in step && [step.at - NOW, step.plannedAt - NOW]),
    ).to.deep.equal([
      [0, 0],
      [MINUTE_MS, MINUTE_MS],
    ]);
  });

  it('lists no more steps than it may, and says until when it is complete', () => {
    const minutely = [1, 2].map((number) =>
      armed(number, '* * * * *', { kind: 'desiredCapacity', amount: number }),
    );

    const told = forecast(input(minutely, { to: epochMs(NOW + 30 * DAY_MS) }));

    expect(told.steps).to.have.length(STEPS_MAX);
    expect(told.isTruncated).to.equal(true);
    expect(told.completeUntil).to.equal(NOW + (STEPS_MAX / 2 + 1) * MINUTE_MS);
  });

  it('stops after the first change where no more is wanted', () => {
    const told = forecast(input([UP, DOWN], { listed: 'first-change' }));

    expect(curveOf(told)).to.deep.equal(['8: 2-8']);
  });

  it('tells which policies cannot be read, and what the others do', () => {
    const broken: ArmedPolicy = {
      ...DOWN,
      definition: { ...DOWN.definition, schedule: { kind: 'cron', cron: 'nonsense' } },
    };

    const told = forecast(input([UP, broken]));

    expect(told.unreadable.map(({ policyId }) => policyId)).to.deep.equal([DOWN.id]);
    expect(curveOf(told)).to.deep.equal(['8: 2-8']);
  });

  it('gives others a turn after so many occurrences', () => {
    const hourly = armed(3, '0 * * * *', { kind: 'change', amount: 1 });
    const slices = forecastInSlices(input([hourly]), 10);

    const turns = [slices.next(), slices.next(), slices.next()].map(({ done }) => done);

    expect(turns).to.deep.equal([false, false, true]);
  });
});
