import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { OpenWindow, ScalingState } from '../../../../src/domain/group/group.ts';
import type { PolicyId } from '../../../../src/domain/ids.ts';
import { takeTurns } from '../../../../src/domain/plan/turns.ts';
import type { PlanTurn } from '../../../../src/domain/plan/turns.ts';

const LIMITS = { minEntities: 0, maxEntities: 10, cooldownSeconds: 60 };
const NOW = epochMs(1_000);
const STATE: ScalingState = {
  ...{ desired: 4, isPaused: false, isSuspended: false, isDeleting: false },
  ...{ touchedAt: epochMs(5), changedBy: 'up@5' },
};

function aWindow(name: string, more: Partial<OpenWindow>): OpenWindow {
  return {
    policyId: name as PolicyId,
    ...{ opensAt: NOW, closesAt: epochMs(2_000), priority: 0, ...more },
  };
}

function opening(window: OpenWindow): PlanTurn {
  return { kind: 'window', policyId: window.policyId, open: window };
}

function closing(name: string): PlanTurn {
  return { kind: 'window', policyId: name as PolicyId, open: undefined };
}

function take(
  state: ScalingState,
  turns: readonly PlanTurn[],
  instant = NOW,
): ReturnType<typeof takeTurns> {
  return takeTurns(state, turns, { limits: LIMITS, instant });
}

describe('takeTurns', () => {
  it('opens a window: its size holds, what the group wants is kept, and no cooldown starts', () => {
    const window = aWindow('day', { desired: 7 });

    expect(take(STATE, [opening(window)])).to.deep.equal({
      state: { ...STATE, desired: 7, base: 4, windows: [window], changedBy: 'day@1000' },
      events: [
        {
          ...{ event: 'window.opened', policyId: 'day', opensAt: 1_000, closesAt: 2_000 },
          ...{ desiredBefore: 4, desiredAfter: 7 },
        },
      ],
    });
  });

  it('returns to what the group wants when the window closes', () => {
    const { state: open } = take(STATE, [opening(aWindow('day', { desired: 7 }))]);
    const { state, events } = take(open, [closing('day')], epochMs(2_000));

    expect(state).to.deep.equal({ ...STATE, changedBy: 'day@2000' });
    expect(events).to.deep.equal([
      {
        ...{ event: 'window.closed', policyId: 'day', opensAt: 1_000, closesAt: 2_000 },
        ...{ desiredBefore: 7, desiredAfter: 4 },
      },
    ]);
  });

  it('lets one window meet another without a dip, in whichever order they are told', () => {
    const day = aWindow('day', { min: 8, opensAt: epochMs(0), closesAt: NOW });
    const night = aWindow('night', { min: 6 });
    const { state: before } = take(STATE, [opening(day)], epochMs(500));
    for (const turns of [
      [closing('day'), opening(night)],
      [opening(night), closing('day')],
    ]) {
      const { state, events } = take(before, turns);

      expect(state).to.deep.include({ desired: 6, base: 4, windows: [night] });
      expect(
        events.map((event) => 'desiredAfter' in event && [event.event, event.desiredAfter]),
      ).to.have.deep.members([
        ['window.closed', 6],
        ['window.opened', 6],
      ]);
    }
  });

  it('changes nothing, and tells nothing, where all is so already', () => {
    const window = aWindow('day', { min: 2 });
    const { state } = take(STATE, [opening(window)]);

    expect(take(state, [opening({ ...window }), closing('night')])).to.deep.equal({
      state,
      events: [],
    });
    expect(take(STATE, [{ kind: 'pause-ended' }, { kind: 'override-ended' }]).events).to.deep.equal(
      [],
    );
  });

  it('keeps the cause of the size where the size stays', () => {
    expect(take(STATE, [opening(aWindow('day', { min: 2 }))]).state.changedBy).to.equal('up@5');
  });

  it('ends an override and a pause', () => {
    const override = {
      ...{ since: epochMs(0), until: NOW, by: 'ada', reason: 'a sale', desired: 9 },
    };
    const held = { ...STATE, desired: 9, base: 4, override };
    const paused = { ...STATE, isPaused: true, pausedUntil: NOW };

    expect(take(held, [{ kind: 'override-ended' }])).to.deep.equal({
      state: { ...STATE, changedBy: 'override@1000' },
      events: [{ event: 'override.ended', until: NOW, desiredBefore: 9, desiredAfter: 4 }],
    });
    expect(take(paused, [{ kind: 'pause-ended' }])).to.deep.equal({
      state: STATE,
      events: [{ event: 'pause.ended', until: NOW, desiredBefore: 4, desiredAfter: 4 }],
    });
  });
});
