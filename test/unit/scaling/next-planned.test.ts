import { expect } from 'chai';
import { describe, it } from 'mocha';

import type { EpochMs } from '../../../src/base/clock.ts';
import type { CapacityWindow, PolicyDefinition } from '../../../src/domain/group/policy.ts';
import type { PolicyId } from '../../../src/domain/ids.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import type { Reached } from '../../../src/scaling/arm-policy.ts';
import { nextPlannedOf } from '../../../src/scaling/next-planned.ts';
import { aPolicy, after } from '../../support/scaling.ts';

const HOUR_MS = 3_600_000;
const NOW = after(90_000);
const policyId = '00000000-0000-4000-8000-000000000001' as PolicyId; // any will do
const HOURLY = { kind: 'cron', cron: '0 * * * *' } as const;
const WINDOW: CapacityWindow = { kind: 'window', durationSeconds: 600, min: 1 };

function nextOf(definition: PolicyDefinition | undefined, reached: Reached): EpochMs | undefined {
  return nextPlannedOf({ policyId, definition, reached, now: NOW }, compileSchedule);
}

describe('nextPlannedOf', () => {
  const firing = aPolicy({ schedule: HOURLY });
  const window = aPolicy({ cooldownSeconds: 0, schedule: HOURLY, adjustment: WINDOW });

  it('is what a policy is armed for, though it has come, and jitter or nobody holds it back', () => {
    const dueAt = after(95_000);

    expect(nextOf(firing, { progress: { plannedAt: after(60_000) }, dueAt })).to.equal(
      after(60_000),
    );
    expect(nextOf(firing, { progress: {}, dueAt })).to.equal(dueAt);
  });

  it('is the next opening of a window that is armed to close, but for those that are skipped', () => {
    const closesAt = after(600_000);
    const progress = { plannedAt: closesAt };
    const skipped = { first: after(HOUR_MS), last: after(2 * HOUR_MS) };

    expect(nextOf(window, { progress, dueAt: closesAt })).to.equal(after(HOUR_MS));
    expect(nextOf(window, { progress: { ...progress, skipped }, dueAt: closesAt })).to.equal(
      after(3 * HOUR_MS),
    );
  });

  it('is nothing where nothing is armed, or nothing can be read', () => {
    const dueAt = after(HOUR_MS);
    const unknown = { ...HOURLY, timezone: 'Europe/Atlantis' };

    for (const definition of [firing, window]) {
      const parked = { progress: { plannedAt: dueAt, parked: 'why' }, dueAt: undefined };
      expect(nextOf(definition, parked)).to.equal(undefined);
    }
    expect(nextOf(aPolicy(), { progress: {}, dueAt: undefined })).to.equal(undefined);
    expect(nextOf(undefined, { progress: {}, dueAt })).to.equal(undefined);
    expect(nextOf({ ...window, schedule: unknown }, { progress: {}, dueAt })).to.equal(undefined);
  });
});
