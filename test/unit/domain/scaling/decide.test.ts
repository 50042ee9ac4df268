import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { GroupLimits, ScalingState } from '../../../../src/domain/group/group.ts';
import type { Adjustment } from '../../../../src/domain/group/policy.ts';
import { decideScaling } from '../../../../src/domain/scaling/decide.ts';
import type { Decision } from '../../../../src/domain/scaling/decide.ts';

const NOW = epochMs(1_700_000_000_000);
const A_MINUTE_AGO = epochMs(NOW - 60_000);
const MAX_INT_64 = 9_223_372_036_854_775_807n;

interface Situation {
  readonly state?: Partial<ScalingState>;
  readonly limits?: Partial<GroupLimits>;
  readonly adjustment?: Adjustment;
  readonly cooldownSeconds?: number;
  readonly touchedAt?: number;
  readonly restedAt?: number;
}

function decide(situation: Situation): Decision {
  const { touchedAt, restedAt } = situation;
  return decideScaling({
    state: {
      ...{ desired: 2, isPaused: false, isSuspended: false, isDeleting: false },
      ...situation.state,
    },
    limits: { minEntities: 0, maxEntities: 10, cooldownSeconds: 0, ...situation.limits },
    policy: {
      definition: {
        name: 'up',
        cooldownSeconds: situation.cooldownSeconds ?? 0,
        adjustment: situation.adjustment ?? { kind: 'change', amount: 1 },
      },
      progress: {
        plannedAt: epochMs(NOW + 1),
        ...(touchedAt === undefined ? {} : { touchedAt: epochMs(touchedAt) }),
      },
    },
    cause: () => 'an-occurrence',
    now: NOW,
    ...(restedAt === undefined ? {} : { restedAt: epochMs(restedAt) }),
  });
}

const desiredAfter = (decision: Decision): number | string =>
  decision.kind === 'scaled' ? decision.state.desired : decision.reason;

describe('decideScaling', () => {
  it('changes the desired capacity, touches group and policy, and keeps the rest', () => {
    const decision = decide({ state: { changedBy: 'an-older-one', touchedAt: A_MINUTE_AGO } });

    expect(decision).to.deep.equal({
      kind: 'scaled',
      state: {
        desired: 3,
        touchedAt: NOW,
        changedBy: 'an-occurrence',
        isPaused: false,
        isSuspended: false,
        isDeleting: false,
      },
      progress: { plannedAt: NOW + 1, touchedAt: NOW },
    });
  });

  const ADJUSTMENTS: readonly {
    adjustment: Adjustment;
    desired: number;
    after: number | string;
  }[] = [
    { adjustment: { kind: 'change', amount: 2 }, desired: 2, after: 4 },
    { adjustment: { kind: 'change', amount: -1 }, desired: 2, after: 1 },
    { adjustment: { kind: 'change', amount: -9 }, desired: 2, after: 0 },
    { adjustment: { kind: 'change', amount: 100 }, desired: 2, after: 10 },
    { adjustment: { kind: 'change', amount: 100 }, desired: 10, after: 'no-change' },
    { adjustment: { kind: 'change', amount: Number(MAX_INT_64) }, desired: 2, after: 10 },
    { adjustment: { kind: 'change', amount: -Number(MAX_INT_64) }, desired: 2, after: 0 },
    { adjustment: { kind: 'change', amount: 1 }, desired: 12, after: 10 },
    { adjustment: { kind: 'changePercent', percent: 50 }, desired: 3, after: 5 },
    { adjustment: { kind: 'changePercent', percent: -60 }, desired: 4, after: 1 },
    { adjustment: { kind: 'changePercent', percent: 100 }, desired: 0, after: 'no-change' },
    { adjustment: { kind: 'changePercent', percent: 1e300 }, desired: 2, after: 10 },
    { adjustment: { kind: 'changePercent', percent: -1e300 }, desired: 2, after: 0 },
    { adjustment: { kind: 'desiredCapacity', amount: 7 }, desired: 2, after: 7 },
    { adjustment: { kind: 'desiredCapacity', amount: 2 }, desired: 2, after: 'no-change' },
    { adjustment: { kind: 'desiredCapacity', amount: 11 }, desired: 2, after: 10 },
  ];
  ADJUSTMENTS.forEach(({ adjustment, desired, after }) => {
    it(`takes ${JSON.stringify(adjustment)} at ${desired} to ${after}`, () => {
      expect(desiredAfter(decide({ adjustment, state: { desired } }))).to.equal(after);
    });
  });

  it('pulls a capacity below the minimum inside whatever the policy asks for', () => {
    const limits = { minEntities: 5 };

    expect(desiredAfter(decide({ limits, adjustment: { kind: 'change', amount: -1 } }))).to.equal(
      5,
    );
  });

  const everything: Situation = {
    state: {
      desired: 10,
      touchedAt: NOW,
      isDeleting: true,
      isSuspended: true,
      isPaused: true,
    },
    limits: { cooldownSeconds: 60 },
    cooldownSeconds: 60,
    touchedAt: NOW,
  };
  const ORDER = [
    { reason: 'deleting', situation: everything },
    {
      reason: 'suspended',
      situation: { ...everything, state: { ...everything.state, isDeleting: false } },
    },
    {
      reason: 'paused',
      situation: {
        ...everything,
        state: { ...everything.state, isDeleting: false, isSuspended: false },
      },
    },
    {
      reason: 'policy-cooldown',
      situation: { ...everything, state: { desired: 10, touchedAt: NOW } },
    },
    {
      reason: 'group-cooldown',
      situation: { ...everything, touchedAt: A_MINUTE_AGO, state: { desired: 10, touchedAt: NOW } },
    },
    {
      reason: 'no-change',
      situation: {
        ...everything,
        touchedAt: A_MINUTE_AGO,
        state: { desired: 10, touchedAt: A_MINUTE_AGO },
      },
    },
  ];
  ORDER.forEach(({ reason, situation }) => {
    it(`gives ${reason} before every later reason`, () => {
      const isSkip = ['deleting', 'suspended', 'paused'].includes(reason);

      expect(decide(situation)).to.deep.equal({ kind: isSkip ? 'skipped' : 'refused', reason });
    });
  });

  it('is held back by a cooldown until its very end', () => {
    const justBefore = { touchedAt: A_MINUTE_AGO + 1, cooldownSeconds: 60 };

    expect(desiredAfter(decide(justBefore))).to.equal('policy-cooldown');
    expect(desiredAfter(decide({ ...justBefore, touchedAt: A_MINUTE_AGO }))).to.equal(3);
  });

  it('looks at cooldowns at another instant where there is one, and begins the next now', () => {
    const resting = { cooldownSeconds: 60, touchedAt: NOW - 50_000 };

    expect(desiredAfter(decide(resting))).to.equal('policy-cooldown');
    const decision = decide({ ...resting, restedAt: NOW + 10_000 });
    expect(decision.kind === 'scaled' && decision.state.touchedAt).to.equal(NOW);
  });

  it('ends within the limits, changed, whatever the numbers', () => {
    const whole = fc.maxSafeInteger();
    const adjustment = fc.oneof(
      fc.record({ kind: fc.constant('change' as const), amount: whole }),
      fc.record({
        kind: fc.constant('changePercent' as const),
        percent: fc.double({ noNaN: true, noDefaultInfinity: true }),
      }),
      fc.record({ kind: fc.constant('desiredCapacity' as const), amount: whole }),
    );
    const entities = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(adjustment, entities, entities, entities, (adjusted, desired, a, b) => {
        const limits = { minEntities: Math.min(a, b), maxEntities: Math.max(a, b) };
        const after = desiredAfter(decide({ adjustment: adjusted, limits, state: { desired } }));
        if (after === 'no-change') return;
        expect(after).to.be.a('number').within(limits.minEntities, limits.maxEntities);
        expect(after).to.satisfy(Number.isSafeInteger);
        expect(after).not.to.equal(desired);
      }),
    );
  });
});
