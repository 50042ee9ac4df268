/** The checker's arithmetic of plans, held against the product's. */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../src/base/clock.ts';
import type { ScalingState } from '../../../src/domain/group/group.ts';
import type { PolicyId } from '../../../src/domain/ids.ts';
import { planAt, withBase } from '../../../src/domain/plan/plan.ts';
import { nextTurnOf as productTurnOf, windowAt } from '../../../src/domain/plan/window.ts';
import { decideScaling } from '../../../src/domain/scaling/decide.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import { Calendars } from '../../simulation/checker/calendar.ts';
import { nextTurnOf, openAt, openingsIn, planOf, sized } from '../../simulation/checker/plans.ts';
import type { WindowRule } from '../../simulation/checker/plans.ts';
import type { StateRecord, WindowRecord } from '../../simulation/checker/records.ts';
import { expectedDecision } from '../../simulation/checker/sizes.ts';

const LIMITS = { minEntities: 1, maxEntities: 9, cooldownSeconds: 0 };
const STATE: StateRecord = { desired: 2, isPaused: false, isSuspended: false, isDeleting: false };
const NOW = 1_000;
const WINDOW: WindowRecord = {
  ...{ kind: 'window', min: 3, durationSeconds: 900, measured: 'elapsed', priority: 0 },
};

const capacity = fc
  .record({ min: fc.nat(9), max: fc.nat(9), desired: fc.nat(9) })
  .chain((all) => fc.subarray(Object.entries(all)).map((some) => Object.fromEntries(some)));

const openWindow = fc
  .record({ capacity, opensAt: fc.constantFrom(900, 1_000, 1_001) })
  .chain(({ capacity: sets, opensAt }) =>
    fc
      .record({ lasts: fc.constantFrom(99, 100, 200), priority: fc.constantFrom(-1, 0, 5) })
      .map(({ lasts, priority }) => ({ ...sets, opensAt, closesAt: opensAt + lasts, priority })),
  );

const states = fc
  .record({
    windows: fc.array(openWindow, { maxLength: 4 }),
    override: fc.option(fc.record({ capacity, until: fc.constantFrom(999, 1_000, 1_001) }), {
      nil: undefined,
    }),
    base: fc.nat(12),
    pausedUntil: fc.constantFrom(undefined, undefined, 1_000, 1_001),
  })
  .map(({ windows, override, base, pausedUntil }): StateRecord => {
    const planned = {
      ...STATE,
      windows: windows.map((window, index) => ({ ...window, policyId: `policy-${String(index)}` })),
      ...(override === undefined
        ? {}
        : { override: { ...override.capacity, until: override.until } }),
      ...(pausedUntil === undefined ? {} : { isPaused: true, pausedUntil }),
    };
    return sized(planned, base, planOf(planned, LIMITS, NOW));
  });

/** The same as the product has it: instants and ids are numbers and texts there, too. */
function asProduct(state: StateRecord): ScalingState {
  return state as unknown as ScalingState;
}

function ruleOf(changes: Partial<WindowRule> = {}): WindowRule {
  const calendar = new Calendars().of({ kind: 'cron', cron: '0 * * * *' });
  if (calendar === undefined) throw new Error('the schedule cannot be read');
  return { policyId: 'policy', capacity: WINDOW, calendar, isSkipped: () => false, ...changes };
}

describe("the checker's arithmetic of plans", () => {
  it('agrees with the product on bounds and size, for any windows and overrides', () => {
    fc.assert(
      fc.property(states, fc.nat(12), (state, base) => {
        const own = planOf(state, LIMITS, NOW);
        const product = planAt(asProduct(state), LIMITS, epochMs(NOW));

        expect(own).to.deep.equal(product);
        expect(sized(state, base, own)).to.deep.equal(withBase(asProduct(state), base, product));
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with the product on what an execution does beside a plan', () => {
    const amount = fc.constantFrom(-3, -1, 1, 3);
    fc.assert(
      fc.property(states, amount, (state, change) => {
        const definition = {
          ...{ name: 'a policy', cooldownSeconds: 0 },
          adjustment: { kind: 'change', amount: change } as const,
        };
        const own = expectedDecision({
          ...{ state, limits: LIMITS, policyTouchedAt: undefined, at: NOW },
          definition: { ...definition, schedule: undefined, misfire: undefined },
        });
        const product = decideScaling({
          ...{ state: asProduct(state), limits: LIMITS, cause: () => 'cause', now: epochMs(NOW) },
          policy: { definition: { ...definition, schedule: { kind: 'at', at: '' } }, progress: {} },
        });
        const after = product.kind === 'scaled' ? product.state : asProduct(state);

        expect({ outcome: own.outcome, desired: own.desired, base: own.base }).to.deep.equal({
          ...{ outcome: product.kind, desired: after.desired, base: after.base },
        });
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with the product on when windows are open and turn', () => {
    const drawn = fc.record({
      timezone: fc.constantFrom(undefined, 'Europe/Berlin', 'Australia/Lord_Howe'),
      cron: fc.constantFrom('0 * * * *', '*/20 * * * *', '30 1,2 * * *'),
      durationSeconds: fc.constantFrom(60, 1_200, 1_800, 3_600, 7_200),
      measured: fc.constantFrom('wall' as const, 'elapsed' as const),
      minute: fc.integer({ min: 0, max: 900 }),
    });
    fc.assert(
      fc.property(drawn, ({ timezone, cron, durationSeconds, measured, minute }) => {
        const zoned = timezone === undefined ? {} : { timezone };
        const schedule = { kind: 'cron', cron, ...zoned } as const;
        const own = { ...WINDOW, durationSeconds, measured };
        const calendar = new Calendars().of(schedule);
        const at = Date.UTC(2026, 9, 24, 18) + minute * 60_000;
        if (calendar === undefined) throw new Error('the schedule cannot be read');
        const rule = ruleOf({ calendar, capacity: own });
        const openings = compileSchedule(schedule);
        const product = { policyId: 'policy' as PolicyId, capacity: own, openings };

        expect(openAt(rule, at)).to.deep.equal(windowAt(product, epochMs(at)));
        expect(nextTurnOf(rule, at)).to.equal(productTurnOf(product, epochMs(at)));
      }),
      { numRuns: 300 },
    );
  });

  it('has a window shut at the instant of its end, and while its opening is left out', () => {
    const at = Date.parse('2026-01-01T10:00Z');

    expect(openAt(ruleOf(), at)?.closesAt).to.equal(at + 900_000);
    expect(openAt(ruleOf(), at + 899_999)).to.not.equal(undefined);
    expect(openAt(ruleOf(), at + 900_000)).to.equal(undefined);
    const leftOut = ruleOf({ isSkipped: (opening) => opening === at });
    expect(openAt(leftOut, at)).to.equal(undefined);
    expect(nextTurnOf(leftOut, at - 1)).to.equal(at + 3_600_000);
  });

  it('names the openings after an instant, up to and with another', () => {
    const at = Date.parse('2026-01-01T10:00Z');

    expect(openingsIn(ruleOf(), { from: at, to: at + 7_200_000 })).to.deep.equal([
      ...[at + 3_600_000, at + 7_200_000],
    ]);
  });
});
