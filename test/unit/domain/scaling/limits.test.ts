import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { GroupLimits, ScalingState } from '../../../../src/domain/group/group.ts';
import type { PolicyId } from '../../../../src/domain/ids.ts';
import { withinLimits } from '../../../../src/domain/scaling/limits.ts';

const NOW = epochMs(1_000);
const FLAGS = { isPaused: true, isSuspended: false, isDeleting: false };

function between(minEntities: number, maxEntities: number): GroupLimits {
  return { minEntities, maxEntities, cooldownSeconds: 0 };
}

describe('withinLimits', () => {
  it('is the very same state where nothing has to change', () => {
    const state: ScalingState = { desired: 3, changedBy: 'up@1', ...FLAGS };

    expect(withinLimits(state, between(1, 3), NOW)).to.equal(state);
  });

  it('changes the number, forgets what had changed it, and keeps everything else', () => {
    const more = { touchedAt: epochMs(5), evicting: [{ id: 'a', isPurged: true }] };

    expect(
      withinLimits({ desired: 3, changedBy: 'up@1', ...FLAGS, ...more }, between(0, 2), NOW),
    ).to.deep.equal({ desired: 2, ...FLAGS, ...more });
  });

  it('pulls what the group wants apart from its plan, and leaves the size to the plan', () => {
    const window = { policyId: 'w' as PolicyId, opensAt: epochMs(0), closesAt: epochMs(2_000) };
    const windows = [{ ...window, priority: 0, desired: 8, max: 9 }];
    const state: ScalingState = { desired: 8, base: 6, windows, changedBy: 'w@0', ...FLAGS };

    expect(withinLimits(state, between(0, 4), NOW)).to.deep.equal({ ...state, base: 4 });
    expect(withinLimits(state, between(0, 6), NOW)).to.equal(state);
  });
});
