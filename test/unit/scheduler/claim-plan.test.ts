import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs, plusMs } from '../../../src/base/clock.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import {
  decodeDefinition,
  decodeProgress,
  decodeState,
  encodeField,
} from '../../../src/domain/group/fields.ts';
import type { ScalingState } from '../../../src/domain/group/group.ts';
import type {
  CapacityWindow,
  PolicyDefinition,
  PolicyProgress,
} from '../../../src/domain/group/policy.ts';
import { planAt } from '../../../src/domain/plan/plan.ts';
import { nextTurnOf, windowAt } from '../../../src/domain/plan/window.ts';
import { createScheduleCompiler } from '../../../src/domain/schedule/occurrences.ts';
import type { Unit } from '../../../src/ports/store.ts';
import { claimDue } from '../../../src/scheduler/claim.ts';
import { armPolicy } from '../../../src/scaling/arm-policy.ts';
import type { CommitId } from '../../../src/domain/ids.ts';
import { aDueGroup, claimAt } from '../../support/due-group.ts';
import type { DueGroupSpec } from '../../support/due-group.ts';
import { seededRandom } from '../../support/random.ts';
import { after, policyId } from '../../support/world.ts';

const HOUR_MS = 3_600_000;

function hour(hours: number): EpochMs {
  return after(hours * HOUR_MS);
}

function aWindow(
  hours: number,
  capacity: Partial<CapacityWindow>,
): Pick<PolicyDefinition, 'adjustment'> {
  return {
    adjustment: {
      ...{ kind: 'window', durationSeconds: hours * 3_600, measured: 'wall', priority: 0 },
      ...capacity,
    },
  };
}

function daily(atHour: number): Pick<PolicyDefinition, 'schedule'> {
  return { schedule: { kind: 'cron', cron: `0 ${String(atHour)} * * *` } };
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

describe('claimDue of a capacity window', () => {
  const day = { ...daily(9), ...aWindow(8, { desired: 5 }) };

  it('opens it, and arms when it closes', () => {
    const unit = claimAt(hour(9), {
      state: { desired: 2 },
      policies: { day: { dueAt: hour(9), ...day } },
    });

    expect(storyOf(unit)).to.deep.equal(['window.opened: 2 -> 5']);
    expect(stateAfter(unit)).to.deep.include({ desired: 5, base: 2, changedBy: `day@${hour(9)}` });
    expect(unit.due).to.deep.equal([{ policyId: 'day', dueAt: hour(17) }]);
    expect(unit.divergence).to.equal('mark');
    expect(decodeProgress(unit.set['progress:day'])).to.deep.equal({
      ...{ claimedAt: hour(9), plannedAt: hour(17) },
    });
  });

  it('closes it, and arms when it opens next', () => {
    const window = { opensAt: hour(9), closesAt: hour(17), priority: 0, desired: 5 };
    const unit = claimAt(hour(17), {
      state: { desired: 5, base: 2, windows: [{ policyId: policyId('day'), ...window }] },
      policies: {
        day: { dueAt: hour(17), ...day, progress: { plannedAt: hour(17), claimedAt: hour(9) } },
      },
    });

    expect(storyOf(unit)).to.deep.equal(['window.closed: 5 -> 2']);
    expect(stateAfter(unit)).to.not.have.any.keys('base', 'windows');
    expect(unit.due).to.deep.equal([{ policyId: 'day', dueAt: hour(33) }]);
  });

  it('disarms it with the last closing of its schedule, and keeps what was left out of it', () => {
    const window = { opensAt: hour(9), closesAt: hour(17), priority: 0, desired: 5 };
    const skipped = { first: hour(9 - 24), last: hour(9 - 24) };
    const unit = claimAt(hour(17), {
      state: { desired: 5, base: 2, windows: [{ policyId: policyId('day'), ...window }] },
      policies: {
        day: {
          ...{ dueAt: hour(17), ...day },
          schedule: { kind: 'cron', cron: '0 9 * * *', end: '2030-01-01T12:00:00Z' },
          progress: { plannedAt: hour(17), claimedAt: hour(9), skipped },
        },
      },
    });

    expect(unit.due).to.deep.equal([{ policyId: 'day', dueAt: undefined }]);
    expect(decodeProgress(unit.set['progress:day'])).to.deep.equal({ claimedAt: hour(9), skipped });
  });

  it('lets one that is as it should be already delay no cooldown that begins with it', () => {
    const window = { opensAt: hour(9), closesAt: hour(17), priority: 0, desired: 5 };
    const unit = claimAt(plusMs(hour(10), 5), {
      state: { desired: 5, base: 2, windows: [{ policyId: policyId('day'), ...window }] },
      policies: {
        // Armed by other rules of its zone, that had it close by now.
        day: { dueAt: hour(10), ...day, progress: { plannedAt: hour(10), claimedAt: hour(9) } },
        up: { dueAt: hour(10), ...daily(10) },
      },
    });

    expect(storyOf(unit)).to.deep.equal(['policy.fired: 5 -> 5']);
    expect(stateAfter(unit)).to.deep.include({ base: 3, touchedAt: hour(10) });
  });

  it('leaves a window alone that is not due after all', () => {
    const unit = claimAt(hour(8), {
      policies: { day: { dueAt: hour(8), ...day, progress: { plannedAt: hour(9) } } },
    });

    expect([unit.events, unit.due]).to.deep.equal([[], []]);
  });

  it('does not mark a paused group, and has it keep to its plan all the same', () => {
    const unit = claimAt(hour(9), {
      state: { desired: 2, isPaused: true },
      policies: { day: { dueAt: hour(9), ...day } },
    });

    expect(unit.divergence).to.equal('keep');
    expect(stateAfter(unit)).to.deep.include({ desired: 5, isPaused: true });
  });

  it('lets what begins at an instant count for what fires at it', () => {
    const unit = claimAt(hour(9), {
      state: { desired: 2 },
      policies: {
        early: { dueAt: hour(9), ...daily(9), adjustment: { kind: 'change', amount: 1 } },
        floor: { dueAt: hour(9), ...daily(9), ...aWindow(8, { min: 6 }) },
      },
    });

    expect(storyOf(unit)).to.deep.equal(['window.opened: 2 -> 6', 'policy.fired: 6 -> 7']);
    expect(stateAfter(unit)).to.deep.include({ desired: 7 });
    expect(stateAfter(unit)).to.not.have.property('base');
  });

  it('has an execution move what the group wants where the size is set', () => {
    const window = { opensAt: hour(9), closesAt: hour(17), priority: 0, desired: 5 };
    const unit = claimAt(hour(10), {
      state: { desired: 5, base: 2, windows: [{ policyId: policyId('day'), ...window }] },
      policies: { up: { dueAt: hour(10), adjustment: { kind: 'change', amount: 1 } } },
    });

    expect(unit.events[0]).to.deep.include({
      ...{ outcome: 'scaled', desiredBefore: 5, desiredAfter: 5, base: 3 },
    });
    expect(stateAfter(unit)).to.deep.include({ desired: 5, base: 3 });
  });

  it('does not count a window that is over and was not closed yet', () => {
    const window = { opensAt: hour(9), closesAt: hour(17), priority: 0, desired: 5 };
    const unit = claimAt(hour(18), {
      state: { desired: 5, base: 2, windows: [{ policyId: policyId('day'), ...window }] },
      policies: { up: { dueAt: hour(18), adjustment: { kind: 'change', amount: 1 } } },
    });

    expect(stateAfter(unit)).to.deep.include({ desired: 3 });
  });

  it('closes one early, where its zone has it at other hours now, as at the moment of that', () => {
    const held = { opensAt: hour(8), closesAt: hour(16), priority: 0, min: 9 };
    const other = { opensAt: hour(9), closesAt: hour(12), priority: 0, min: 5 };
    const unit = claimAt(hour(10), {
      state: {
        ...{ desired: 9, base: 2 },
        windows: [
          { policyId: policyId('day'), ...held },
          { policyId: policyId('other'), ...other },
        ],
      },
      policies: {
        day: {
          ...{ dueAt: hour(10), ...daily(11), ...aWindow(8, { min: 9 }) },
          progress: { plannedAt: hour(10), claimedAt: hour(8) },
        },
      },
    });

    expect(storyOf(unit)).to.deep.equal(['window.closed: 9 -> 5']);
  });

  it('keeps to one that was opened already when an execution is decided as at a moment before', () => {
    const firesAt = after(9 * HOUR_MS - 1_000);
    const window = { opensAt: hour(9), closesAt: hour(17), priority: 0, min: 6 };
    const unit = claimAt(hour(9), {
      state: { desired: 6, base: 2, windows: [{ policyId: policyId('day'), ...window }] },
      policies: {
        up: {
          dueAt: firesAt,
          schedule: { kind: 'cron', cron: '59 59 8 * * *', dialect: 'extended' },
        },
      },
    });

    expect(storyOf(unit)).to.deep.equal(['policy.fired: 6 -> 7']);
  });

  it('closes one whose policy is parked, which nothing would close later', () => {
    const window = { opensAt: hour(9), closesAt: hour(17), priority: 0, desired: 5 };
    const unit = claimAt(hour(17), {
      state: { desired: 5, base: 2, windows: [{ policyId: policyId('day'), ...window }] },
      policies: {
        day: { dueAt: hour(17), schedule: { kind: 'cron', cron: 'no cron' }, ...aWindow(8, {}) },
      },
    });

    expect(storyOf(unit)).to.deep.equal(['window.closed: 5 -> 2', 'policy.parked']);
    expect(stateAfter(unit)).to.not.have.any.keys('base', 'windows');
    expect(unit.divergence).to.equal('mark');
  });

  it('parks a window whose definition cannot be read', () => {
    const unit = claimAt(hour(9), {
      policies: { day: { dueAt: hour(9), ...daily(9), ...aWindow(0, { desired: 5 }) } },
    });

    expect(storyOf(unit)).to.deep.equal(['policy.parked']);
  });

  it('has the plan that follows from scratch, whatever was claimed before', () => {
    for (let seed = 1; seed <= 30; seed += 1) checkPlan(seed);
  });
});

/** Remembers zones, which are dear to read. */
const occurrencesOf = createScheduleCompiler(1_000);

/** Claims three windows at random instants, with executions in between, and looks at the plan after each. */
function checkPlan(seed: number): void {
  const random = seededRandom(seed);
  const upTo = (max: number): number => Math.floor(random.fraction() * (max + 1));
  const definitions = ['a', 'b', 'c'].map((name): PolicyDefinition => {
    const cron = `${String(upTo(59))} ${String(upTo(23))},${String(upTo(23))} * * *`;
    const timezone = ['UTC', 'Europe/Berlin', 'Australia/Lord_Howe'][upTo(2)] ?? 'UTC';
    const measured = upTo(1) === 0 ? 'wall' : 'elapsed';
    const some = (value: number): number | undefined => (upTo(2) === 0 ? undefined : value);
    const bounds = { min: some(upTo(4)), max: some(4 + upTo(4)), desired: some(upTo(8)) };
    const set = Object.entries(bounds).filter(([, value]) => value !== undefined);
    const more = { priority: upTo(1), measured, ...(Object.fromEntries(set) as object) } as const;
    return {
      ...{ name, cooldownSeconds: 0, schedule: { kind: 'cron', cron, timezone } },
      ...aWindow(0.5 + upTo(10), more),
    };
  });
  // A night on which clocks change in Berlin.
  let now = epochMs(Date.UTC(2030, 9, 26));
  const limits = { minEntities: 0, maxEntities: 9, cooldownSeconds: 0 };
  let state: ScalingState = {
    ...{ desired: 3, isPaused: false, isSuspended: false, isDeleting: false },
  };
  const progress = new Map<string, PolicyProgress>();
  for (const definition of definitions) {
    const armed = armPolicy({
      ...{ policyId: policyId(definition.name), definition, now, occurrencesOf },
      before: { progress: {}, dueAt: undefined },
    });
    // Due at once, so that the first claim opens what is open.
    progress.set(definition.name, { ...armed?.progress, plannedAt: now });
  }
  for (let step = 0; step < 40; step += 1) {
    const due = definitions.filter(({ name }) => (progress.get(name)?.plannedAt ?? now + 1) <= now);
    const policies = Object.fromEntries(
      due.map((definition): [string, DueGroupSpec['policies'][string]] => {
        const reached = progress.get(definition.name) ?? {};
        return [definition.name, { dueAt: now, ...definition, progress: reached }];
      }),
    );
    const input = { now, commitId: 'claim' as CommitId, occurrencesOf };
    const unit = claimDue(aDueGroup({ state, limits, policies }), input);
    if (unit.set['state'] !== undefined) state = stateAfter(unit);
    for (const { name } of due) progress.set(name, decodeProgress(unit.set[`progress:${name}`]));

    const open = definitions.flatMap((definition) => windowAt(windowOf(definition), now) ?? []);
    const plan = planAt({ windows: open }, limits, now);
    const what = `seed ${String(seed)}, step ${String(step)}, ${new Date(now).toISOString()}`;
    expect(planAt(state, limits, now), what).to.deep.equal(plan);
    const base = state.base ?? state.desired;
    const wanted = Math.max(Math.min(plan.desired ?? base, plan.maxEntities), plan.minEntities);
    expect(state.desired, what).to.equal(wanted);
    expect(base, what).to.equal(3);
    now =
      upTo(3) === 0
        ? plusMs(now, upTo(40) * HOUR_MS)
        : epochMs(Math.min(...definitions.map((one) => nextTurnOf(windowOf(one), now) ?? now + 1)));
  }
}

function windowOf(definition: PolicyDefinition): Parameters<typeof windowAt>[0] {
  const { name, adjustment, schedule } = decodeDefinition(encodeField(definition), () => ({}));
  if (adjustment.kind !== 'window' || schedule === undefined) throw new Error('it is a window');
  return { policyId: policyId(name), capacity: adjustment, openings: occurrencesOf(schedule) };
}
