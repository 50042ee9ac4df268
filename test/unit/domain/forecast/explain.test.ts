import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
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
        ...{ scaled: 0, skipped: 0 },
        refused: { 'policy-cooldown': 0, 'group-cooldown': 0, 'no-change': 0 },
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

  it('tells the next change', () => {
    const step = { at: NOW, policyId: UP, plannedAt: NOW, outcome: 'scaled' } as const;
    const { ahead } = input({});
    const steps = [{ ...step, desiredBefore: 3, desiredAfter: 4 }];

    const { sentences } = explain(input({ rest: { ahead: { ...ahead, steps } } }));

    expect(sentences.at(-1)).to.equal(`Policy "up" changes it next, from 3 to 4, at ${AT}.`);
  });
});
