import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import type { Eviction, GroupLimits, ScalingState } from '../../../../src/domain/group/group.ts';
import type { PolicyId } from '../../../../src/domain/ids.ts';
import {
  decideEviction,
  EVICTIONS_MAX,
  withoutEvictions,
} from '../../../../src/domain/scaling/evict.ts';
import type { EvictionDecision } from '../../../../src/domain/scaling/evict.ts';

const UNCAUSED: ScalingState = {
  ...{ desired: 3, isPaused: false, isSuspended: false, isDeleting: false },
};
const STATE: ScalingState = { ...UNCAUSED, changedBy: 'up@1' };
const SERVERS = ['a', 'b', 'c'].map((id) => ({ id }));

function atLeast(minEntities: number): GroupLimits {
  return { minEntities, maxEntities: 9, cooldownSeconds: 0 };
}

function leaving(...ids: readonly string[]): readonly Eviction[] {
  return ids.map((id) => ({ id, isPurged: true }));
}

function decide(changes: Partial<Parameters<typeof decideEviction>[0]> = {}): EvictionDecision {
  return decideEviction({
    ...{ state: STATE, limits: atLeast(1), servers: SERVERS, now: epochMs(1_000) },
    ...{ eviction: { id: 'b', isPurged: true }, isReplaced: true, isPossible: true },
    ...changes,
  });
}

describe('decideEviction', () => {
  it('wants as many as before, and the cause of that, where the server is replaced', () => {
    expect(decide()).to.deep.equal({
      kind: 'evicted',
      state: { ...STATE, evicting: leaving('b') },
    });
  });

  it('wants one less, and knows no cause, where it is not', () => {
    expect(decide({ isReplaced: false })).to.deep.equal({
      kind: 'evicted',
      state: { ...UNCAUSED, desired: 2, evicting: leaving('b') },
    });
  });

  it('remembers whether the server is to end, behind those that were told before', () => {
    const state = { ...STATE, evicting: leaving('c') };
    const eviction = { id: 'b', isPurged: false };

    const decision = decide({ state, eviction });

    expect(decision).to.deep.include({
      state: { ...STATE, evicting: [...leaving('c'), eviction] },
    });
  });

  for (const { desired, isReplaced, kind } of [
    { desired: 1, isReplaced: false, kind: 'below-min' },
    { desired: 1, isReplaced: true, kind: 'evicted' },
    { desired: 2, isReplaced: false, kind: 'evicted' },
    { desired: 0, isReplaced: false, kind: 'below-min' },
  ]) {
    it(`is ${kind} at ${String(desired)} of at least 1 ${isReplaced ? 'with' : 'without'} another in its place`, () => {
      expect(decide({ state: { ...STATE, desired }, isReplaced }).kind).to.equal(kind);
    });
  }

  it('tells the minimum that it would go below', () => {
    const decision = decide({ limits: atLeast(3), isReplaced: false });

    expect(decision).to.deep.equal({ kind: 'below-min', min: 3 });
  });

  it('takes one off what the group wants apart from its plan, and heeds the minimum of the plan', () => {
    const window = { policyId: 'w' as PolicyId, opensAt: epochMs(0), closesAt: epochMs(2_000) };
    const state = { ...STATE, windows: [{ ...window, priority: 0, min: 3 }] };

    expect(decide({ state, isReplaced: false })).to.deep.equal({ kind: 'below-min', min: 3 });
    expect(decide({ state: { ...state, desired: 4 }, isReplaced: false })).to.have.nested.include({
      'state.desired': 3,
    });
  });

  it('has the group want no less than its minimum where the size is set', () => {
    const window = { policyId: 'w' as PolicyId, opensAt: epochMs(0), closesAt: epochMs(2_000) };
    const windows = [{ ...window, priority: 0, desired: 3 }];

    const decision = decide({
      state: { ...UNCAUSED, base: 0, windows },
      ...{ limits: atLeast(0), isReplaced: false },
    });

    expect(decision).to.deep.equal({
      kind: 'evicted',
      state: { ...UNCAUSED, base: 0, windows, evicting: leaving('b') },
    });
  });

  it('finds no server that was not seen, or that was told to leave already', () => {
    const evicting = leaving('b');

    expect(decide({ servers: [{ id: 'a' }] }).kind).to.equal('no-such-server');
    expect(decide({ servers: [] }).kind).to.equal('no-such-server');
    expect(decide({ state: { ...STATE, evicting } }).kind).to.equal('no-such-server');
  });

  it('says first that there is no such server, then that it cannot be, then that it must not be', () => {
    const impossible = { isPossible: false, isReplaced: false, limits: atLeast(3) };

    expect(decide({ ...impossible, servers: [] }).kind).to.equal('no-such-server');
    expect(decide(impossible).kind).to.equal('not-possible');
    expect(decide({ ...impossible, isPossible: true }).kind).to.equal('below-min');
  });

  it('keeps so many in mind and no more', () => {
    const ids = Array.from({ length: EVICTIONS_MAX }, (_, index) => `old-${String(index)}`);
    const [, ...fewer] = ids;

    expect(decide({ state: { ...STATE, evicting: leaving(...fewer) } }).kind).to.equal('evicted');
    expect(decide({ state: { ...STATE, evicting: leaving(...ids) } })).to.deep.equal({
      kind: 'too-many',
      max: EVICTIONS_MAX,
    });
  });
});

describe('withoutEvictions', () => {
  it('takes those that left off the list, in whatever order, and no others', () => {
    const state = { ...STATE, evicting: leaving('a', 'b', 'c') };

    expect(withoutEvictions(state, ['c', 'a', 'nobody'])).to.deep.equal({
      ...{ ...STATE, evicting: leaving('b') },
    });
  });

  it('leaves no empty list behind', () => {
    expect(withoutEvictions({ ...STATE, evicting: leaving('a') }, ['a'])).to.deep.equal(STATE);
    expect(withoutEvictions(STATE, ['a'])).to.deep.equal(STATE);
  });
});
