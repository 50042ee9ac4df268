import { expect } from 'chai';
import { describe, it } from 'mocha';
import { plusMs } from '../../../src/base/clock.ts';
import { encodeField } from '../../../src/domain/group/fields.ts';
import type { PolicyDefinition, PolicyProgress } from '../../../src/domain/group/policy.ts';
import type { CommitId } from '../../../src/domain/ids.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import type { Unit } from '../../../src/ports/store.ts';
import { parkAll } from '../../../src/scheduler/claim.ts';
import { aDueGroup, claimAt } from '../../support/due-group.ts';
import { after } from '../../support/world.ts';

const MINUTE_MS = 60_000;

function setTo(amount: number): Pick<PolicyDefinition, 'adjustment'> {
  return { adjustment: { kind: 'desiredCapacity', amount } };
}

/** What became of the group, in the order of the history: `planned minute of policy: before -> after`. */
function storyOf(unit: Unit): readonly string[] {
  return unit.events.map((event) => {
    if (event.event === 'policy.fired') {
      const change = `${event.desiredBefore} -> ${event.desiredAfter}`;
      return `${minuteOf(event.plannedAt)} of ${event.policyId}: ${change} ${event.outcome}`;
    }
    if (event.event !== 'policy.missed') return event.event;
    const { policyId, first, last, reason } = event;
    return `${minuteOf(first)}..${minuteOf(last)} of ${policyId}: ${reason}`;
  });
}

function minuteOf(at: number): number {
  return (at - after(0)) / MINUTE_MS;
}

function parsed(unit: Unit, field: string): unknown {
  const text = unit.set[field];
  return text === undefined ? undefined : JSON.parse(text);
}

describe('claimDue', () => {
  it('moves the cursor, changes the group, marks it and records the event in one unit', () => {
    const unit = claimAt(after(MINUTE_MS + 5), { policies: { up: { dueAt: after(MINUTE_MS) } } });

    const occurrence = `up@${after(MINUTE_MS)}`;
    expect(unit).to.deep.equal({
      groupId: '00000001-0000-4000-8000-000000000000',
      tenantId: 'tenant',
      commitId: 'claim',
      decidedAt: after(MINUTE_MS + 5),
      expectVersion: 'before',
      set: {
        state: JSON.stringify({
          ...{ desired: 1, isPaused: false, isSuspended: false, isDeleting: false },
          ...{ touchedAt: after(MINUTE_MS), changedBy: occurrence },
        }),
        'progress:up': JSON.stringify({
          claimedAt: after(MINUTE_MS),
          plannedAt: after(2 * MINUTE_MS),
          touchedAt: after(MINUTE_MS),
        }),
      },
      remove: [],
      due: [{ policyId: 'up', dueAt: after(2 * MINUTE_MS) }],
      divergence: 'mark',
      listing: 'keep',
      events: [
        {
          event: 'policy.fired',
          policyId: 'up',
          occurrenceId: occurrence,
          plannedAt: after(MINUTE_MS),
          dueAt: after(MINUTE_MS),
          desiredBefore: 0,
          desiredAfter: 1,
          outcome: 'scaled',
        },
      ],
    });
  });

  it('decides several policies in planned order, whatever the order in which they are read', () => {
    const unit = claimAt(after(120_000), {
      policies: {
        later: { ...setTo(2), dueAt: after(120_000), schedule: { kind: 'at', at: isoAfter(2) } },
        earlier: { ...setTo(5), dueAt: after(60_000), schedule: { kind: 'at', at: isoAfter(1) } },
      },
    });

    expect(storyOf(unit)).to.deep.equal([
      '1 of earlier: 0 -> 5 scaled',
      '2 of later: 5 -> 2 scaled',
    ]);
    expect(parsed(unit, 'state')).to.include({ desired: 2 });
  });

  it('keeps planned order when lateness moves one policy behind the other', () => {
    const unit = claimAt(after(190_000), {
      policies: {
        cron: { ...setTo(5), dueAt: after(60_000) },
        once: { ...setTo(2), dueAt: after(150_000), schedule: { kind: 'at', at: isoAfter(2.5) } },
      },
    });

    expect(storyOf(unit)).to.deep.equal([
      '1..2 of cron: superseded',
      '2.5 of once: 0 -> 2 scaled',
      '3 of cron: 2 -> 5 scaled',
    ]);
    expect(parsed(unit, 'state')).to.include({ desired: 5, changedBy: `cron@${after(180_000)}` });
    expect(parsed(unit, 'progress:cron')).to.include({ claimedAt: after(180_000) });
  });

  it('decides policies of one instant in the order of their ids', () => {
    const dueAt = after(MINUTE_MS);

    const unit = claimAt(dueAt, {
      policies: { b: { ...setTo(3), dueAt }, c: { ...setTo(4), dueAt }, a: { ...setTo(7), dueAt } },
    });

    expect(storyOf(unit)).to.deep.equal([
      '1 of a: 0 -> 7 scaled',
      '1 of b: 7 -> 3 scaled',
      '1 of c: 3 -> 4 scaled',
    ]);
  });

  for (const { lateMs, touchedAt } of [
    { lateMs: 0, touchedAt: after(MINUTE_MS) },
    { lateMs: 1_000, touchedAt: after(MINUTE_MS) },
    { lateMs: 1_001, touchedAt: after(MINUTE_MS + 1_001) },
  ]) {
    it(`starts cooldowns ${String(touchedAt - after(MINUTE_MS))} ms after the planned time when it is ${String(lateMs)} ms late`, () => {
      const dueAt = after(MINUTE_MS);

      const unit = claimAt(after(MINUTE_MS + lateMs), { policies: { up: { dueAt } } });

      expect(parsed(unit, 'state')).to.include({ touchedAt });
      expect(parsed(unit, 'progress:up')).to.include({ touchedAt });
    });
  }

  it('lets what was decided earlier in the unit count for what is decided later', () => {
    const dueAt = after(MINUTE_MS);

    const unit = claimAt(dueAt, {
      limits: { cooldownSeconds: 60 },
      policies: { a: { dueAt }, b: { dueAt } },
    });

    expect(unit.events.map((event) => 'reason' in event && event.reason)).to.deep.equal([
      false,
      'group-cooldown',
    ]);
    expect(parsed(unit, 'progress:b')).to.not.have.property('touchedAt');
  });

  it('marks a group whose execution was refused, and writes no state', () => {
    const unit = claimAt(after(MINUTE_MS), {
      policies: { same: { ...setTo(0), dueAt: after(MINUTE_MS) } },
    });

    expect(storyOf(unit)).to.deep.equal(['1 of same: 0 -> 0 refused']);
    expect(unit.set).to.have.all.keys('progress:same');
    expect(unit.divergence).to.equal('mark');
  });

  it('never decides an occurrence as before one that it has decided already', () => {
    const now = after(90_000);
    const unit = claimAt(now, {
      limits: { cooldownSeconds: 1 },
      policies: { late: { dueAt: plusMs(now, -2_000) }, punctual: { dueAt: plusMs(now, -1_000) } },
    });

    const outcomes = unit.events.map((event) => ('outcome' in event ? event.outcome : event.event));
    expect(outcomes).to.deep.equal(['scaled', 'refused']);
  });

  it('keeps the start of a cooldown through a firing that changes nothing', () => {
    const unit = claimAt(after(MINUTE_MS), {
      policies: {
        same: {
          ...{ ...setTo(0), dueAt: after(MINUTE_MS) },
          progress: { plannedAt: after(MINUTE_MS), touchedAt: after(-5) },
        },
      },
    });

    expect(parsed(unit, 'progress:same')).to.deep.equal({
      claimedAt: after(MINUTE_MS),
      plannedAt: after(2 * MINUTE_MS),
      touchedAt: after(-5),
    });
  });

  for (const { reason, state } of [
    { reason: 'paused', state: { isPaused: true } },
    { reason: 'suspended', state: { isSuspended: true } },
    { reason: 'deleting', state: { isDeleting: true } },
  ]) {
    it(`skips a group that is ${reason}, says so, and moves the cursor on`, () => {
      const unit = claimAt(after(MINUTE_MS), {
        state,
        policies: { up: { dueAt: after(MINUTE_MS) } },
      });

      expect(unit.events).to.have.length(1);
      expect(unit.events[0]).to.include({ event: 'policy.fired', outcome: 'skipped', reason });
      expect(unit.set).to.have.all.keys('progress:up');
      expect(unit.due).to.deep.equal([{ policyId: 'up', dueAt: after(2 * MINUTE_MS) }]);
      expect(unit.divergence).to.equal('keep');
    });
  }

  it('disarms a schedule that is used up', () => {
    const unit = claimAt(after(600_000), {
      policies: { once: { dueAt: after(60_000), schedule: { kind: 'at', at: isoAfter(1) } } },
    });

    expect(storyOf(unit)).to.deep.equal(['1 of once: 0 -> 1 scaled']);
    expect(unit.due).to.deep.equal([{ policyId: 'once', dueAt: undefined }]);
    expect(parsed(unit, 'progress:once')).to.deep.equal({
      claimedAt: after(60_000),
      touchedAt: after(600_000),
    });
  });

  it('takes the due time for the planned one where the progress has none', () => {
    const unit = claimAt(after(MINUTE_MS), {
      policies: { up: { dueAt: after(MINUTE_MS), stored: { progress: undefined } } },
    });

    expect(storyOf(unit)).to.deep.equal(['1 of up: 0 -> 1 scaled']);
  });

  it('leaves a policy alone that is not due after all', () => {
    const unit = claimAt(after(MINUTE_MS - 1), { policies: { up: { dueAt: after(MINUTE_MS) } } });

    expect(unit).to.deep.include({ due: [], set: {}, events: [], divergence: 'keep' });
  });

  for (const { what, policy, reason } of [
    {
      what: 'a missing definition',
      policy: { stored: { definition: undefined } },
      reason: 'cannot read the stored field "policy": it is missing',
    },
    {
      what: 'a definition that is not JSON',
      policy: { stored: { definition: '{' } },
      reason: 'cannot read the stored field "policy": it is not JSON: {',
    },
    {
      what: 'a progress of another shape',
      policy: { stored: { progress: '{"plannedAt":"soon"}' } },
      reason: 'cannot read the stored field "progress": plannedAt is soon',
    },
    {
      what: 'a schedule that does not compile',
      policy: { schedule: { kind: 'cron', cron: 'never' } as const },
      reason: 'cannot compile the stored schedule: cron',
    },
    {
      what: 'no schedule',
      policy: {
        stored: {
          definition: encodeField({
            ...{ name: 'bad', cooldownSeconds: 0, adjustment: { kind: 'change', amount: 1 } },
          }),
        },
      },
      reason: 'the policy is armed but has no schedule',
    },
  ]) {
    it(`parks a policy with ${what} and fires the others of its group`, () => {
      const dueAt = after(MINUTE_MS);

      const unit = claimAt(dueAt, { policies: { bad: { dueAt, ...policy }, good: { dueAt } } });

      expect(storyOf(unit)).to.deep.equal(['1 of good: 0 -> 1 scaled', 'policy.parked']);
      expect(unit.due).to.deep.equal([
        { policyId: 'good', dueAt: after(2 * MINUTE_MS) },
        { policyId: 'bad', dueAt: undefined },
      ]);
      const progress = parsed(unit, 'progress:bad') as PolicyProgress;
      expect(progress).to.include({ claimedAt: dueAt });
      expect(progress.parked).to.match(new RegExp(`^${escaped(reason)}`));
      expect(unit.events[1]).to.deep.equal({
        event: 'policy.parked',
        policyId: 'bad',
        reason: progress.parked,
      });
    });
  }

  for (const field of ['state', 'limits']) {
    it(`parks all that is due in a group whose ${field} cannot be read`, () => {
      const dueAt = after(MINUTE_MS);

      const unit = claimAt(dueAt, {
        fields: { [field]: '[]' },
        policies: { a: { dueAt }, b: { dueAt } },
      });

      const reason = `cannot read the stored field "${field}": it is not an object: []`;
      expect(unit.events).to.deep.equal([
        { event: 'policy.parked', policyId: 'a', reason },
        { event: 'policy.parked', policyId: 'b', reason },
      ]);
      expect(unit.due.map(({ dueAt: next }) => next)).to.deep.equal([undefined, undefined]);
      expect(unit.set).to.have.all.keys('progress:a', 'progress:b');
      expect(unit.divergence).to.equal('keep');
    });
  }
});

describe('parkAll', () => {
  it('disarms every due policy of the group with the reason, and touches nothing else', () => {
    const group = aDueGroup({ policies: { a: { dueAt: after(1) }, b: { dueAt: after(2) } } });
    const input = { now: after(3), commitId: 'park' as CommitId, occurrencesOf: compileSchedule };

    const unit = parkAll(group, input, 'too large');

    expect(unit).to.deep.include({
      ...{ commitId: 'park', expectVersion: 'before', decidedAt: after(3), divergence: 'keep' },
      set: {
        'progress:a': JSON.stringify({ claimedAt: after(1), parked: 'too large' }),
        'progress:b': JSON.stringify({ claimedAt: after(2), parked: 'too large' }),
      },
      due: [
        { policyId: 'a', dueAt: undefined },
        { policyId: 'b', dueAt: undefined },
      ],
    });
  });
});

function isoAfter(minutes: number): string {
  return new Date(after(minutes * MINUTE_MS)).toISOString();
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
