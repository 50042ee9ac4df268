/**
 * Goal: a forecast says what the scheduler then does, to the last occurrence. Method: claims are made in simulated
 * time, each some ms after something was due, and what they decide is compared with what was forecast before.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { epochMs, plusMs } from '../../../../src/base/clock.ts';
import type { EpochMs } from '../../../../src/base/clock.ts';
import { forecast } from '../../../../src/domain/forecast/forecast.ts';
import type { ArmedPolicy } from '../../../../src/domain/forecast/upcoming.ts';
import { encodeField } from '../../../../src/domain/group/fields.ts';
import type { GroupLimits, ScalingState } from '../../../../src/domain/group/group.ts';
import type {
  CronSchedule,
  PolicyDefinition,
  Schedule,
} from '../../../../src/domain/group/policy.ts';
import type { HistoryEvent } from '../../../../src/domain/history/event.ts';
import type { CommitId, GroupId, PolicyId } from '../../../../src/domain/ids.ts';
import { TIMER_ID, timerOf } from '../../../../src/domain/plan/timer.ts';
import { takeTurns } from '../../../../src/domain/plan/turns.ts';
import { createScheduleCompiler } from '../../../../src/domain/schedule/occurrences.ts';
import { armPolicy } from '../../../../src/scaling/arm-policy.ts';
import { claimDue } from '../../../../src/scheduler/claim.ts';
import { aPolicyId, TENANT } from '../../../support/builders.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const occurrencesOf = createScheduleCompiler(1_000);

interface Scene {
  readonly limits: GroupLimits;
  readonly state: ScalingState;
  readonly policies: readonly ArmedPolicy[];
  readonly now: EpochMs;
  readonly to: EpochMs;
}

/** One occurrence and what became of it, in a line. */
type Fate = string;

function forecastFates({ limits, state, policies, now, to }: Scene): readonly Fate[] {
  const told = forecast({
    ...{ limits, state, policies, now, from: now, to },
    ...{ listed: 'all', occurrencesOf },
  });
  expect(told.isTruncated).to.equal(false);
  return told.steps.map((step) => {
    const { outcome } = step;
    const change = { desiredBefore: step.desiredBefore, desiredAfter: step.desiredAfter };
    switch (outcome) {
      case 'opened':
      case 'closed':
        return fate({ ...change, id: step.policyId, plannedAt: step.opensAt, outcome, reason: '' });
      case 'override-ended':
      case 'pause-ended':
        return fate({ ...change, id: TIMER_ID, plannedAt: step.until, outcome, reason: '' });
      case 'scaled':
      case 'refused':
      case 'skipped': {
        const { policyId: id, plannedAt } = step;
        return fate({
          ...change,
          id,
          plannedAt,
          outcome,
          reason: 'reason' in step ? step.reason : '',
        });
      }
    }
  });
}

/** What an event of a claim came to. */
function fateOf(event: HistoryEvent): Fate {
  if (event.event === 'policy.fired') {
    return fate({ ...event, id: event.policyId, reason: 'reason' in event ? event.reason : '' });
  }
  if (event.event === 'window.opened' || event.event === 'window.closed') {
    const outcome = event.event.slice('window.'.length);
    return fate({ ...event, id: event.policyId, plannedAt: event.opensAt, outcome, reason: '' });
  }
  if (event.event === 'override.ended' || event.event === 'pause.ended') {
    const outcome = event.event.replace('.', '-');
    return fate({ ...event, id: TIMER_ID, plannedAt: event.until, outcome, reason: '' });
  }
  throw new Error(`not foreseen: ${event.event}`);
}

function fate(fired: {
  readonly id: PolicyId;
  readonly plannedAt: number;
  readonly outcome: string;
  readonly reason: string;
  readonly desiredBefore: number;
  readonly desiredAfter: number;
}): Fate {
  const { id, plannedAt, outcome, reason, desiredBefore, desiredAfter } = fired;
  const change = `${String(desiredBefore)}-${String(desiredAfter)}`;
  return `${id.slice(-4)} ${new Date(plannedAt).toISOString()} ${change} ${outcome} ${reason}`;
}

/** A policy as a store keeps it. */
interface Stored {
  readonly policyId: PolicyId;
  readonly definition: string | undefined;
  progress: string;
  dueAt: EpochMs | undefined;
}

/** What claims come to that are made `lagMs` after something is due. */
function claimedFates(scene: Scene, lagMs: (claim: number) => number): readonly Fate[] {
  const fates: Fate[] = [];
  let state = encodeField(scene.state);
  const timerAt = timerOf(scene.state);
  const timer = { id: TIMER_ID, definition: undefined, progress: {}, dueAt: timerAt };
  const policies = [...scene.policies, ...(timerAt === undefined ? [] : [timer])].map(
    ({ id, definition, progress, dueAt }): Stored => ({
      policyId: id,
      definition: definition && encodeField(definition),
      progress: encodeField(progress),
      dueAt,
    }),
  );
  for (let claim = 0; ; claim += 1) {
    const earliest = Math.min(...policies.map(({ dueAt }) => dueAt ?? Number.POSITIVE_INFINITY));
    if (earliest >= scene.to) return fates;
    const now = epochMs(Math.min(earliest + lagMs(claim), scene.to - 1));
    const due = policies.flatMap(({ dueAt, ...policy }) =>
      dueAt !== undefined && dueAt <= now ? [{ ...policy, dueAt }] : [],
    );
    const unit = claimDue(
      {
        ...{ groupId: '' as GroupId, tenantId: TENANT, version: '' as CommitId, policies: due },
        fields: { limits: encodeField(scene.limits), state },
      },
      { now, commitId: '' as CommitId, occurrencesOf },
    );
    state = unit.set['state'] ?? state;
    for (const policy of policies) {
      policy.progress = unit.set[`progress:${policy.policyId}`] ?? policy.progress;
      const move = unit.due.find(({ policyId }) => policyId === policy.policyId);
      if (move !== undefined) policy.dueAt = move.dueAt;
    }
    fates.push(...unit.events.map(fateOf));
  }
}

function aScene(
  definitions: readonly PolicyDefinition[],
  scene: Pick<Scene, 'limits' | 'state' | 'now'> & { readonly days: number },
): Scene {
  const { limits, now, days } = scene;
  let { state } = scene;
  const policies = definitions.flatMap((definition, index) => {
    const policyId = aPolicyId(index + 1);
    const before = { progress: {}, dueAt: undefined };
    const armed = armPolicy({ policyId, definition, before, now, occurrencesOf });
    if (armed?.dueAt === undefined) return [];
    const { progress, dueAt, open } = armed;
    const turns = open === undefined ? [] : [{ kind: 'window', policyId, open } as const];
    ({ state } = takeTurns(state, turns, { limits, instant: now }));
    return [{ id: policyId, definition, progress, dueAt }];
  });
  return { limits, state, policies, now, to: epochMs(now + days * DAY_MS) };
}

const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    minute: fc.constantFrom('0', '30', '*/20'),
    hour: fc.constantFrom('*/6', '1', '2', '3', '9-11'),
    day: fc.constantFrom('*', '1-5', '0'),
    timezone: fc.constantFrom(undefined, 'Europe/Berlin', 'America/New_York'),
    jitterSeconds: fc.constantFrom(undefined, 30, 7_200),
    overlap: fc.constantFrom('first' as const, 'both' as const),
    gap: fc.constantFrom('shift' as const, 'skip' as const),
  })
  .map(({ minute, hour, day, timezone, jitterSeconds, overlap, gap }) => ({
    ...{ kind: 'cron', cron: `${minute} ${hour} * * ${day}` },
    ...(timezone === undefined ? {} : { timezone, dst: { overlap, gap } }),
    ...(jitterSeconds === undefined ? {} : { jitterSeconds }),
  }));

const windows: fc.Arbitrary<PolicyDefinition> = fc
  .record({
    schedule: schedules.filter((one) => one.kind === 'cron' && !one.cron.includes('/20')),
    durationSeconds: fc.constantFrom(600, 1_800, 3_600),
    measured: fc.constantFrom('wall' as const, 'elapsed' as const),
    priority: fc.constantFrom(0, 1),
    bounds: fc.constantFrom({ min: 5 }, { max: 2 }, { desired: 7 }, { min: 4, max: 6, desired: 0 }),
  })
  .map(({ schedule, bounds, ...window }): PolicyDefinition => {
    const { jitterSeconds: _none, ...exact } = schedule as CronSchedule;
    return {
      ...{ name: 'w', cooldownSeconds: 0, schedule: exact },
      adjustment: { kind: 'window', ...window, ...bounds },
    };
  });

/** What of a state ends by itself, in hours from now on. */
const ends = fc.record({
  override: fc.constantFrom(undefined, 1, 30),
  pause: fc.constantFrom(undefined, 2, 30),
});

const definitions: fc.Arbitrary<PolicyDefinition> = fc.record({
  name: fc.constant('p'),
  cooldownSeconds: fc.constantFrom(0, 60, 1_200, 3_600, 86_400),
  adjustment: fc.oneof(
    fc.constantFrom(-3, -1, 1, 2).map((amount) => ({ kind: 'change' as const, amount })),
    fc.constantFrom(-50, 10, 100).map((percent) => ({ kind: 'changePercent' as const, percent })),
    fc.constantFrom(0, 4, 9).map((amount) => ({ kind: 'desiredCapacity' as const, amount })),
  ),
  schedule: schedules,
});

function endingState(
  {
    override,
    pause,
  }: { readonly override: number | undefined; readonly pause: number | undefined },
  now: EpochMs,
): Partial<ScalingState> {
  const held = { since: now, by: 'ada', reason: 'a sale', min: 8 };
  return {
    ...(override === undefined
      ? {}
      : { desired: 8, base: 3, override: { ...held, until: plusMs(now, override * HOUR_MS) } }),
    ...(pause === undefined ? {} : { isPaused: true, pausedUntil: plusMs(now, pause * HOUR_MS) }),
  };
}

const AWAKE = { isPaused: false, isSuspended: false, isDeleting: false };

describe('forecast', () => {
  it('says what the scheduler then does, over both changes of clocks', function () {
    this.timeout(60_000);
    const seasons = [Date.UTC(2030, 2, 8), Date.UTC(2030, 9, 25)];
    fc.assert(
      fc.property(
        fc.array(definitions, { minLength: 1, maxLength: 5 }),
        fc.array(windows, { maxLength: 4 }),
        fc.record({
          ending: ends,
          now: fc.constantFrom(...seasons),
          cooldownSeconds: fc.constantFrom(0, 600, 7_200),
          lagMs: fc.constantFrom(0, 7, 950),
        }),
        (policies, planned, { ending, now, cooldownSeconds, lagMs }) => {
          const scene = aScene([...policies, ...planned], {
            limits: { minEntities: 1, maxEntities: 12, cooldownSeconds },
            state: { desired: 3, ...AWAKE, ...endingState(ending, epochMs(now)) },
            ...{ now: epochMs(now), days: 25 },
          });

          const foreseen = forecastFates(scene);

          expect(claimedFates(scene, (claim) => (claim % 2) * lagMs)).to.deep.equal(foreseen);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('says it for a year', function () {
    this.timeout(60_000);
    const policy = { name: 'p', cooldownSeconds: 0 };
    const cron = { kind: 'cron', timezone: 'Europe/Berlin' } as const;
    const scene = aScene(
      [
        {
          ...{ ...policy, adjustment: { kind: 'desiredCapacity', amount: 8 } },
          schedule: { ...cron, cron: '0 8 * * 1-5', jitterSeconds: 600 },
        },
        {
          ...{ ...policy, adjustment: { kind: 'desiredCapacity', amount: 2 } },
          schedule: { ...cron, cron: '30 2 * * *', dst: { overlap: 'both', gap: 'skip' } },
        },
        {
          ...{ ...policy, cooldownSeconds: 3_600, adjustment: { kind: 'change', amount: 1 } },
          schedule: { kind: 'cron', cron: '0 * * * *', jitterSeconds: 300 },
        },
      ],
      {
        limits: { minEntities: 0, maxEntities: 20, cooldownSeconds: 120 },
        state: { desired: 0, ...AWAKE },
        ...{ now: epochMs(Date.UTC(2030, 0, 1)), days: 365 },
      },
    );

    const foreseen = forecastFates(scene);

    expect(foreseen).to.have.length.above(9_000);
    expect(claimedFates(scene, () => 5)).to.deep.equal(foreseen);
  });
});
