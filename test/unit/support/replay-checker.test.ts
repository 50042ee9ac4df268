import { expect } from 'chai';
import { describe, it } from 'mocha';
import { replayFaults } from '../../support/replay-checker.ts';
import type { Adjustment, Call, ExecutedEvent } from '../../support/replay-checker.ts';

const ADJUSTMENTS = new Map<string, Adjustment>([
  ['up', { change: 2 }],
  ['half', { changePercent: -50 }],
  ['full', { desiredCapacity: 10 }],
]);

/** Executions of these policies, each with what it leaves behind. */
function history(
  first: number,
  ...steps: readonly (readonly [policyId: string, desiredAfter: number])[]
): readonly ExecutedEvent[] {
  let desired = first;
  return steps.map(([policyId, desiredAfter], index) => {
    const desiredBefore = desired;
    desired = desiredAfter;
    return {
      ...{ sequence: index + 1, event: 'policy.executed', executionId: `e${String(index)}` },
      ...{ policyId, desiredBefore, desiredAfter },
      outcome: desiredBefore === desiredAfter ? 'refused' : 'scaled',
    };
  });
}

function calls(...told: readonly (readonly [policyId: string, told: Call['told']])[]): Call[] {
  return told.map(([policyId, outcome]) => ({ policyId, told: outcome }));
}

const GOOD = history(1, ['up', 3], ['half', 1], ['full', 10], ['up', 10]);
const TOLD = calls(['full', 'scaled'], ['up', 'refused'], ['up', 'scaled'], ['half', 'scaled']);
const FACTS = { bounds: { min: 1, max: 10 }, adjustments: ADJUSTMENTS, desiredAtFirst: 1 };

function faults(
  events: readonly ExecutedEvent[],
  told: readonly Call[],
  desiredAtLast = 10,
): readonly string[] {
  return replayFaults(events, told, { ...FACTS, desiredAtLast });
}

describe('replayFaults', () => {
  it('finds nothing wrong with a serial order of what was told', () => {
    expect(faults(GOOD, TOLD)).to.deep.equal([]);
  });

  it('lets what was not told be there, or not', () => {
    const untold = TOLD.map((call) => ({ ...call, told: 'unknown' as const }));

    expect(faults(GOOD, untold)).to.deep.equal([]);
    expect(faults([], untold, 1)).to.deep.equal([]);
  });

  const wrong: readonly {
    readonly what: string;
    readonly events: readonly ExecutedEvent[];
    readonly told: readonly Call[];
    readonly says: RegExp;
    readonly last?: number;
  }[] = [
    {
      what: 'one that is lost',
      events: GOOD.slice(0, 3),
      told: TOLD,
      says: /up was told refused 1/,
    },
    {
      what: 'one that happened twice',
      events: [...GOOD, ...history(10, ['full', 10]).map((event) => ({ ...event, sequence: 5 }))],
      told: TOLD,
      says: /full was executed 1 times more than was told/,
    },
    {
      what: 'one that is recorded twice',
      events: [...GOOD, ...GOOD.slice(3)],
      told: [...TOLD, ...calls(['up', 'refused'])],
      says: /execution e3 is there twice/,
    },
    {
      what: 'two that were decided on the same state',
      events: [...history(1, ['up', 3]), ...history(1, ['full', 10])],
      told: calls(['up', 'scaled'], ['full', 'scaled']),
      says: /begins at 1, not at 3/,
    },
    {
      what: 'wrong arithmetic',
      events: history(1, ['up', 4]),
      told: calls(['up', 'scaled']),
      says: /ends at 4, not 3/,
      last: 4,
    },
    {
      what: 'an outcome that is not its own',
      events: history(1, ['up', 3]).map((event) => ({ ...event, outcome: 'refused' })),
      told: calls(['up', 'refused']),
      says: /is refused, and should be scaled/,
      last: 3,
    },
    {
      what: 'a state that is not where the history leads',
      events: GOOD,
      told: TOLD,
      says: /it wants 9, and its history leads to 10/,
      last: 9,
    },
  ];
  for (const { what, events, told, says, last } of wrong) {
    it(`tells of ${what}`, () => {
      expect(faults(events, told, last).join('\n')).to.match(says);
    });
  }
});
