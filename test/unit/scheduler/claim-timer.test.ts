import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { EpochMs } from '../../../src/base/clock.ts';
import { decodeState } from '../../../src/domain/group/fields.ts';
import type { ScalingState } from '../../../src/domain/group/group.ts';
import type { CommitId } from '../../../src/domain/ids.ts';
import { TIMER_ID } from '../../../src/domain/plan/timer.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import type { Unit } from '../../../src/ports/store.ts';
import { parkAll } from '../../../src/scheduler/claim.ts';
import { aDueGroup, claimAt } from '../../support/due-group.ts';
import { after } from '../../support/world.ts';

const HOUR_MS = 3_600_000;

function hour(hours: number): EpochMs {
  return after(hours * HOUR_MS);
}

function stateAfter(unit: Unit): ScalingState {
  return decodeState(unit.set['state']);
}

/** `event: desired before -> desired after`, in the order of the history. */
function storyOf(unit: Unit): readonly string[] {
  return unit.events.map((event) => {
    if (!('desiredBefore' in event)) return event.event;
    return `${event.event}: ${event.desiredBefore} -> ${event.desiredAfter}`;
  });
}

describe('claimDue of a group’s timer', () => {
  const override = { since: hour(1), until: hour(4), by: 'ada', reason: 'a sale', desired: 7 };

  it('ends an override when its time has come, and lets what fires then see that', () => {
    const unit = claimAt(hour(4), {
      state: { desired: 7, base: 2, override },
      policies: {
        [TIMER_ID]: { dueAt: hour(4) },
        up: { dueAt: hour(4), adjustment: { kind: 'change', amount: 1 } },
      },
    });

    expect(storyOf(unit)).to.deep.equal(['override.ended: 7 -> 2', 'policy.fired: 2 -> 3']);
    expect(unit.due).to.deep.include.members([{ policyId: TIMER_ID, dueAt: undefined }]);
    expect(unit.set).to.not.have.property(`progress:${TIMER_ID}`);
    expect(unit.divergence).to.equal('mark');
  });

  it('ends a pause, has the group looked at, and arms the end of the override', () => {
    const unit = claimAt(hour(3), {
      state: { desired: 7, base: 2, override, isPaused: true, pausedUntil: hour(3) },
      policies: { [TIMER_ID]: { dueAt: hour(3) } },
    });

    expect(storyOf(unit)).to.deep.equal(['pause.ended: 7 -> 7']);
    expect(stateAfter(unit)).to.deep.include({ isPaused: false });
    expect(unit.due).to.deep.equal([{ policyId: TIMER_ID, dueAt: hour(4) }]);
    expect(unit.divergence).to.equal('mark');
  });

  it('ends what is over also where the timer itself was lost', () => {
    const unit = claimAt(hour(5), {
      state: { desired: 7, base: 2, override },
      policies: { up: { dueAt: hour(5), adjustment: { kind: 'change', amount: 1 } } },
    });

    expect(storyOf(unit)).to.deep.equal(['override.ended: 7 -> 2', 'policy.fired: 2 -> 3']);
  });

  it('is armed anew where it is due before its time', () => {
    const unit = claimAt(hour(3), {
      state: { desired: 7, base: 2, override },
      policies: { [TIMER_ID]: { dueAt: hour(3) } },
    });

    expect(unit.events).to.deep.equal([]);
    expect(unit.due).to.deep.equal([{ policyId: TIMER_ID, dueAt: hour(4) }]);
  });

  it('is disarmed, and parks nothing, where the group cannot be read', () => {
    const group = aDueGroup({ policies: { [TIMER_ID]: { dueAt: hour(3) } } });
    const input = { now: hour(3), commitId: 'claim' as CommitId, occurrencesOf: compileSchedule };

    expect(parkAll(group, input, 'it is not JSON')).to.deep.include({
      ...{ set: {}, events: [], due: [{ policyId: TIMER_ID, dueAt: undefined }] },
    });
  });
});
