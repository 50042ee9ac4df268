import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';

import { decideScaling } from '../../../src/domain/scaling/decide.ts';
import { epochMs } from '../../../src/base/clock.ts';
import { decisionTime, expectedDecision, share } from '../../simulation/checker/sizes.ts';

describe("the checker's arithmetic", () => {
  const shares = [
    { desired: 1, percent: 1, size: 1 },
    { desired: 1, percent: -1, size: -1 },
    { desired: 1_000, percent: 0.1, size: 1 },
    { desired: 8, percent: -12.5, size: -1 },
    { desired: 3, percent: 33.3, size: 1 },
    { desired: 4, percent: 33.3, size: 2 },
    { desired: 0, percent: 50, size: 0 },
    { desired: 7, percent: 1e-7, size: 1 },
    { desired: 7, percent: 1.5e21, size: Number.MAX_SAFE_INTEGER },
  ];
  for (const { desired, percent, size } of shares) {
    it(`has ${size} as ${percent} % of ${desired}`, () => {
      expect(share(desired, percent)).to.equal(size);
    });
  }

  it('decides what is a second late as on time, what is later as it comes, and never goes back', () => {
    expect(decisionTime(5_000, 6_000, -Infinity)).to.equal(5_000);
    expect(decisionTime(5_000, 6_001, -Infinity)).to.equal(6_001);
    expect(decisionTime(5_000, 5_100, 5_050)).to.equal(5_050);
  });

  it('agrees with the product, which computes in another way', () => {
    const adjustment = fc.oneof(
      fc.record({
        kind: fc.constantFrom('change' as const, 'desiredCapacity' as const),
        amount: fc.integer({ min: 0, max: 20 }),
      }),
      fc.record({
        kind: fc.constant('changePercent' as const),
        percent: fc.double({ min: -200, max: 200, noNaN: true }),
      }),
    );
    const cooldownSeconds = fc.oneof(fc.integer({ max: 9, min: 0 }), fc.constantFrom(0.5, 2.007));
    const touchedAt = fc.constantFrom(undefined, 1_000, 3_000, 9_000);
    const input = fc.record({
      ...{ adjustment, policyCooldown: cooldownSeconds, groupCooldown: cooldownSeconds },
      ...{ touchedAt, policyTouchedAt: touchedAt },
      desired: fc.nat(20),
      min: fc.nat(10),
      max: fc.nat(20),
      flags: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      at: fc.constantFrom(1_500, 3_007, 5_007, 9_000),
    });
    fc.assert(
      fc.property(input, (drawn) => {
        const [isPaused, isSuspended, isDeleting] = drawn.flags.map(
          (flag) => flag && drawn.min > 7,
        );
        const touched =
          drawn.touchedAt === undefined ? {} : { touchedAt: epochMs(drawn.touchedAt) };
        const state = {
          ...{ desired: drawn.desired, isPaused: isPaused === true },
          ...{ isSuspended: isSuspended === true, isDeleting: isDeleting === true, ...touched },
        };
        const limits = {
          ...{ minEntities: drawn.min, maxEntities: drawn.max },
          cooldownSeconds: drawn.groupCooldown,
        };
        const definition = {
          ...{ name: 'a policy', adjustment: drawn.adjustment },
          cooldownSeconds: drawn.policyCooldown,
        };
        const { policyTouchedAt, at } = drawn;
        const product = decideScaling({
          ...{ state, limits, cause: () => 'cause', now: epochMs(at) },
          policy: {
            definition: { ...definition, schedule: { kind: 'at', at: '' } },
            progress: policyTouchedAt === undefined ? {} : { touchedAt: epochMs(policyTouchedAt) },
          },
        });
        const own = expectedDecision({
          ...{ state, limits, policyTouchedAt, at },
          definition: { ...definition, schedule: undefined, misfire: undefined },
        });

        expect({ outcome: own.outcome, reason: own.reason, desired: own.desired }).to.deep.equal({
          outcome: product.kind,
          reason: product.kind === 'scaled' ? undefined : product.reason,
          desired: product.kind === 'scaled' ? product.state.desired : state.desired,
        });
      }),
      { numRuns: 500 },
    );
  });
});
