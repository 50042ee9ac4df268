import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs, plusMs } from '../../../../src/base/clock.ts';
import type { ForecastStep } from '../../../../src/domain/forecast/curve.ts';
import { explain } from '../../../../src/domain/forecast/explain.ts';
import type { ExplainInput } from '../../../../src/domain/forecast/explain.ts';
import type { ScalingState } from '../../../../src/domain/group/group.ts';
import { UNOBSERVED } from '../../../../src/domain/group/group.ts';
import type { Observation } from '../../../../src/domain/group/group.ts';
import { aPolicyId } from '../../../support/builders.ts';

const NOW = epochMs(Date.UTC(2030, 0, 1));
const UP = aPolicyId(1);

function input(changes: {
  readonly state?: Partial<ScalingState>;
  readonly observation?: Partial<Observation>;
  readonly rest?: Partial<ExplainInput>;
}): ExplainInput {
  const awake = { isPaused: false, isSuspended: false, isDeleting: false };
  const definition = {
    ...{ name: 'Up', key: 'up', cooldownSeconds: 0 },
    adjustment: { kind: 'change', amount: 1 },
  } as const;
  return {
    group: {
      limits: { minEntities: 0, maxEntities: 5, cooldownSeconds: 60 },
      state: { desired: 3, ...awake, ...changes.state },
      observation: { ...UNOBSERVED, actual: 3, observedAt: NOW, ...changes.observation },
      policies: new Map([[UP, { id: UP, definition, progress: {} }]]),
    },
    ...{ now: NOW, isDivergent: false, lastChange: undefined },
    ahead: {
      ...{ steps: [], to: NOW, completeUntil: NOW, unreadable: [] },
      counts: {
        ...{ scaled: 0, skipped: 0, turned: 0 },
        refused: { 'policy-cooldown': 0, 'group-cooldown': 0, 'no-change': 0, window: 0 },
      },
    },
    ...changes.rest,
  };
}

const AT = '2030-01-01T00:00:00.000Z';
const QUIET = [
  `The desired capacity is 3; the last look at ${AT} found 3 servers.`,
  'Its history does not go back to when that last changed.',
  `No policy fires by its schedule until ${AT}.`,
];

describe('explain', () => {
  it('says of a quiet group what there is to say', () => {
    expect(explain(input({})).sentences).to.deep.equal(QUIET);
  });

  it('says which policy has a schedule that cannot be read, before that is due', () => {
    const base = input({});
    const unreadable = [{ policyId: UP, reason: 'its zone is gone' }];

    const { sentences } = explain({ ...base, ahead: { ...base.ahead, unreadable } });

    expect(sentences).to.deep.equal([
      ...QUIET,
      'Policy "up" does not fire until it is written anew: its zone is gone.',
    ]);
  });

  it('says who changed it', () => {
    const change = { desiredBefore: 2, desiredAfter: 3, outcome: 'scaled' } as const;
    const event = { event: 'policy.executed', policyId: UP, executionId: 'e', by: 'ada' } as const;

    const { sentences } = explain(
      input({ rest: { lastChange: { sequence: 1, at: NOW, event: { ...event, ...change } } } }),
    );

    expect(sentences[1]).to.equal(
      `ada executed policy "up", which changed it from 2 to 3, at ${AT}.`,
    );
  });

  it('says until when the cooldown of the group runs, and not at its end', () => {
    const running = explain(input({ state: { touchedAt: epochMs(NOW - 59_999) } }));
    const over = explain(input({ state: { touchedAt: epochMs(NOW - 60_000) } }));

    expect(running.cooldownUntil).to.equal(NOW + 1);
    expect(over.cooldownUntil).to.equal(undefined);
  });

  it('names the limit that is reached', () => {
    const { bound } = explain(input({ state: { desired: 5 }, observation: { actual: 5 } }));

    expect(bound).to.equal('maxEntities');
  });

  it('says why there are not as many servers', () => {
    const failed = { actual: 1, status: 'ERROR', reasons: ['no room'], failureCount: 3 } as const;

    const { sentences } = explain(input({ observation: failed }));

    expect(sentences).to.include('Bringing it there failed, 3 times in a row: "no room".');
  });

  for (const { what, since, desired = 3, limits, state, says } of [
    {
      what: 'is to be',
      since: NOW - 29_999,
      says: 'It is to be there by 2030-01-01T00:00:00.001Z.',
    },
    { what: 'should have been', since: NOW - 30_000, says: `It should have been there by ${AT}.` },
    { what: 'is to be, but nobody works for this size yet', since: NOW, desired: 9 },
    { what: 'is to be, but is paused', since: NOW, state: { isPaused: true } },
    { what: 'was to be, but is not any more', since: NOW, limits: {} },
  ] satisfies readonly {
    what: string;
    since: number;
    desired?: number;
    limits?: object;
    state?: object;
    says?: string;
  }[]) {
    it(`says by when a group ${what} there${says === undefined ? ': nothing' : ''}`, () => {
      const unreached = { desired, since: epochMs(since) };
      const base = input({ state: state ?? {}, observation: { actual: 1, unreached } });
      const given = { ...base.group.limits, ...(limits ?? { reachedBySeconds: 30 }) };

      const { sentences, deadline } = explain({ ...base, group: { ...base.group, limits: given } });

      const told = sentences.filter((sentence) => sentence.includes('there by'));
      expect(told).to.deep.equal(says === undefined ? [] : [says]);
      expect(deadline).to.equal(says === undefined ? undefined : since + 30_000);
    });
  }

  it('says what a window and an override set, until when, and what the group wants without them', () => {
    const window = { policyId: UP, opensAt: NOW, closesAt: plusMs(NOW, 60_000), priority: 1 };
    const override = { since: NOW, until: plusMs(NOW, 1_000), by: 'ada', reason: 'a sale' };
    const { sentences, plan, bound } = explain(
      input({
        state: {
          ...{ desired: 4, base: 1, windows: [{ ...window, min: 2, max: 9 }] },
          override: { ...override, min: 4 },
        },
        observation: { actual: 4 },
      }),
    );

    expect(plan.map(({ field, value, by }) => [field, value, by])).to.deep.equal([
      ['min', 4, 'override'],
      ['max', 9, 'window'],
    ]);
    expect(sentences).to.include.members([
      'The override of ada ("a sale") sets the minimum to 4 until 2030-01-01T00:00:01.000Z.',
      'The open window of policy "up" sets the maximum to 9 until 2030-01-01T00:01:00.000Z.',
      'Apart from that, the group wants 1.',
      'It is at the minimum that is set: no execution can lower it until that ends.',
    ]);
    expect(bound).to.equal('minEntities');
  });

  for (const { what, limits, sets, says } of [
    {
      what: 'a maximum that a window sets',
      limits: { minEntities: 0, maxEntities: 9 },
      sets: { max: 3 },
      says: 'It is at the maximum that is set: no execution can raise it until that ends.',
    },
    {
      what: 'limits of a window that contradict each other',
      limits: { minEntities: 0, maxEntities: 9 },
      sets: { min: 3, max: 1 },
      says: 'The minimum is 3 and the maximum is 1, and the minimum wins, so no policy can change it.',
    },
    {
      what: 'a limit of a window that leaves nothing above one of the group',
      limits: { minEntities: 3, maxEntities: 9 },
      sets: { max: 3 },
      says: 'minEntities is 3 and the maximum is 3, so no policy can change it.',
    },
    {
      what: 'one of the group beside a window that sets the other',
      limits: { minEntities: 3, maxEntities: 9 },
      sets: { max: 5 },
      says: 'It is at minEntities, 3: no policy can lower it unless that is lowered.',
    },
  ]) {
    it(`names ${what}`, () => {
      const span = { policyId: UP, opensAt: NOW, closesAt: plusMs(NOW, 60_000), priority: 0 };
      const base = input({ state: { desired: 3, windows: [{ ...span, ...sets }] } });
      const given = { ...base.group.limits, ...limits };

      const { sentences } = explain({ ...base, group: { ...base.group, limits: given } });

      expect(sentences).to.include(says);
    });
  }

  it('says when a pause ends by itself', () => {
    const state = { isPaused: true, pausedUntil: plusMs(NOW, 1_000) };

    expect(explain(input({ state })).sentences).to.include(
      'The group is paused: no policy acts, and no server starts or ends, until 2030-01-01T00:00:01.000Z.',
    );
  });

  it('tells what of the plan changes it next', () => {
    const { ahead } = input({});
    const step = { at: NOW, desiredBefore: 3, desiredAfter: 4 };
    const nextOf = (more: object): string | undefined =>
      explain(
        input({ rest: { ahead: { ...ahead, steps: [{ ...step, ...more } as ForecastStep] } } }),
      ).sentences.at(-1);
    const window = { policyId: UP, opensAt: NOW, closesAt: NOW };

    expect(
      [
        { outcome: 'opened', ...window },
        { outcome: 'closed', ...window },
        { outcome: 'override-ended', until: NOW },
        { outcome: 'pause-ended', until: NOW },
      ].map(nextOf),
    ).to.deep.equal([
      `The opening of the window of policy "up" changes it next, from 3 to 4, at ${AT}.`,
      `The closing of the window of policy "up" changes it next, from 3 to 4, at ${AT}.`,
      `The end of the override changes it next, from 3 to 4, at ${AT}.`,
      `The end of the pause changes it next, from 3 to 4, at ${AT}.`,
    ]);
  });

  it('tells the next change', () => {
    const step = { at: NOW, policyId: UP, plannedAt: NOW, outcome: 'scaled' } as const;
    const { ahead } = input({});
    const steps = [{ ...step, desiredBefore: 3, desiredAfter: 4 }];

    const { sentences } = explain(input({ rest: { ahead: { ...ahead, steps } } }));

    expect(sentences.at(-1)).to.equal(`Policy "up" changes it next, from 3 to 4, at ${AT}.`);
  });
});
