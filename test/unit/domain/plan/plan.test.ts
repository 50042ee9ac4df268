import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { OpenWindow, Override } from '../../../../src/domain/group/group.ts';
import type { PlannedCapacity } from '../../../../src/domain/group/planned-capacity.ts';
import type { PolicyId } from '../../../../src/domain/ids.ts';
import { planAt, plannedOf, withBase } from '../../../../src/domain/plan/plan.ts';

const LIMITS = { minEntities: 1, maxEntities: 10 };
const NOON = epochMs(1_000);
const STATE = { desired: 4, isPaused: false, isSuspended: false, isDeleting: false };

function aWindow(capacity: PlannedCapacity & Partial<OpenWindow>): OpenWindow {
  return {
    ...{ policyId: 'w' as PolicyId, opensAt: epochMs(0), closesAt: epochMs(2_000), priority: 0 },
    ...capacity,
  };
}

function anOverride(capacity: PlannedCapacity): Override {
  const until = epochMs(1_500);
  return { since: epochMs(500), until, by: 'ada', reason: 'a sale', ...capacity };
}

describe('planAt', () => {
  it('is what the group has where nothing is open', () => {
    expect(planAt({}, LIMITS, NOON)).to.deep.equal({ ...LIMITS, desired: undefined });
  });

  it('has what an open window sets in place of what the group has', () => {
    const windows = [aWindow({ min: 3, max: 30, desired: 20 })];

    expect(planAt({ windows }, LIMITS, NOON)).to.deep.equal({
      ...{ minEntities: 3, maxEntities: 30, desired: 20 },
    });
  });

  it('takes zero for an ordinary size', () => {
    const windows = [aWindow({ min: 0, max: 0, desired: 0 })];

    expect(planAt({ windows }, LIMITS, NOON)).to.deep.equal({
      ...{ minEntities: 0, maxEntities: 0, desired: 0 },
    });
  });

  it('holds up to but without the closing, for what is decided as at a moment before the opening too', () => {
    const windows = [aWindow({ min: 3, opensAt: NOON, closesAt: epochMs(1_500) })];
    const minAt = (at: number): number => planAt({ windows }, LIMITS, epochMs(at)).minEntities;

    expect([999, 1_000, 1_499, 1_500].map(minAt)).to.deep.equal([3, 3, 3, 1]);
  });

  it('lets the highest priority win, field by field', () => {
    const windows = [
      aWindow({ priority: 1, min: 2, max: 8 }),
      aWindow({ priority: 2, min: 5 }),
      aWindow({ priority: 0, min: 9, max: 9, desired: 7 }),
    ];

    for (const order of [windows, windows.toReversed()]) {
      expect(planAt({ windows: order }, LIMITS, NOON)).to.deep.equal({
        ...{ minEntities: 5, maxEntities: 8, desired: 7 },
      });
    }
  });

  it('takes of equal priorities the highest minimum and size, and the lowest maximum', () => {
    const windows = [
      aWindow({ min: 2, max: 8, desired: 3 }),
      aWindow({ min: 4, max: 6, desired: 5 }),
      aWindow({ min: 3, max: 7, desired: 4 }),
    ];

    for (const order of [windows, windows.toReversed()]) {
      expect(planAt({ windows: order }, LIMITS, NOON)).to.deep.equal({
        ...{ minEntities: 4, maxEntities: 6, desired: 5 },
      });
    }
  });

  it('lets an override win over all windows, in what it sets, until it ends', () => {
    const state = {
      windows: [aWindow({ priority: 1_000, min: 5, max: 6 })],
      override: anOverride({ min: 2 }),
    };
    const at = (instant: number): unknown => planAt(state, LIMITS, epochMs(instant));

    expect(at(1_499)).to.deep.equal({ minEntities: 2, maxEntities: 6, desired: undefined });
    expect(at(1_500)).to.deep.equal({ minEntities: 5, maxEntities: 6, desired: undefined });
  });
});

describe('plannedOf', () => {
  it('tells what has set a value', () => {
    const window = aWindow({ min: 5, max: 6 });
    const state = { windows: [window], override: anOverride({ max: 9 }) };

    expect(plannedOf(state, 'min', NOON)).to.deep.equal({
      value: 5,
      source: { kind: 'window', window },
    });
    expect(plannedOf(state, 'max', NOON)).to.deep.equal({
      value: 9,
      source: { kind: 'override', override: state.override },
    });
    expect(plannedOf(state, 'desired', NOON)).to.equal(undefined);
  });
});

describe('withBase', () => {
  const plan = { minEntities: 5, maxEntities: 7, desired: undefined };

  it('keeps apart what the group wants without its plan where that differs', () => {
    expect(withBase(STATE, 2, plan)).to.deep.equal({ ...STATE, desired: 5, base: 2 });
    expect(withBase(STATE, 9, plan)).to.deep.equal({ ...STATE, desired: 7, base: 9 });
    expect(withBase({ ...STATE, base: 2 }, 6, plan)).to.deep.equal({ ...STATE, desired: 6 });
  });

  it('takes the size that is set, within the bounds that hold', () => {
    expect(withBase(STATE, 4, { ...plan, desired: 6 })).to.deep.include({ desired: 6, base: 4 });
    expect(withBase(STATE, 4, { ...plan, desired: 9 })).to.deep.include({ desired: 7, base: 4 });
  });
});
