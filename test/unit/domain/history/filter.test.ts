import { expect } from 'chai';
import { describe, it } from 'mocha';
import { plusMs } from '../../../../src/base/clock.ts';
import type { HistoryEvent, RecordedEvent } from '../../../../src/domain/history/event.ts';
import { isOpen, passes } from '../../../../src/domain/history/filter.ts';
import type { HistoryFilter } from '../../../../src/domain/history/filter.ts';
import type { PolicyId, WebhookId } from '../../../../src/domain/ids.ts';
import { START } from '../../../support/builders.ts';

const POLICY = 'p1' as PolicyId;
const by = 'ada';
const desired = { desiredBefore: 1, desiredAfter: 1 };

const EVENTS: readonly HistoryEvent[] = [
  { event: 'group.created', by, desiredAfter: 1 },
  { event: 'policy.created', policyId: POLICY, by },
  {
    ...{ event: 'policy.executed', policyId: POLICY, executionId: 'x', by, ...desired },
    ...{ outcome: 'refused', reason: 'no-change' },
  },
  {
    ...{ event: 'policy.executed', policyId: 'p2' as PolicyId, executionId: 'y', by, ...desired },
    outcome: 'scaled',
  },
  {
    ...{ event: 'policy.missed', policyId: POLICY, first: START, last: START, reason: 'too-late' },
    schedule: { kind: 'cron', cron: '* * * * *' },
  },
  { event: 'webhook.rotated', policyId: POLICY, webhookId: 'w1' as WebhookId, by },
  { event: 'group.failed', reasons: ['no room'] },
  { event: 'group.converged', desired: 1, actual: 1 },
];
const HISTORY = EVENTS.map((event, index): RecordedEvent => ({
  ...{ sequence: index + 1, at: plusMs(START, index * 1_000), event },
}));

function numbersOf(filter: HistoryFilter): readonly number[] {
  return HISTORY.filter((event) => passes(filter, event)).map(({ sequence }) => sequence);
}

describe('passes', () => {
  const cases: readonly {
    readonly name: string;
    readonly filter: HistoryFilter;
    readonly numbers: readonly number[];
  }[] = [
    { name: 'all without a condition', filter: {}, numbers: [1, 2, 3, 4, 5, 6, 7, 8] },
    {
      name: 'what is about a policy, its webhooks included',
      filter: { policyId: POLICY },
      numbers: [2, 3, 5, 6],
    },
    {
      name: 'events of some names',
      filter: { names: new Set(['group.created', 'group.converged']) },
      numbers: [1, 8],
    },
    { name: 'what was scaled', filter: { outcomes: new Set(['scaled']) }, numbers: [4] },
    { name: 'what was refused', filter: { outcomes: new Set(['refused']) }, numbers: [3] },
    { name: 'what was missed', filter: { outcomes: new Set(['missed']) }, numbers: [5] },
    { name: 'what people changed', filter: { outcomes: new Set(['changed']) }, numbers: [1, 2, 6] },
    {
      name: 'what came to one of two',
      filter: { outcomes: new Set(['failed', 'scaled']) },
      numbers: [4, 7],
    },
    {
      name: 'what is from an instant on, the instant included',
      filter: { fromAt: plusMs(START, 5_000) },
      numbers: [6, 7, 8],
    },
    {
      name: 'what is from before an instant, the instant not included',
      filter: { toAt: plusMs(START, 2_000) },
      numbers: [1, 2],
    },
    {
      name: 'only what meets all conditions',
      filter: { policyId: POLICY, toAt: plusMs(START, 5_000), outcomes: new Set(['changed']) },
      numbers: [2],
    },
  ];
  for (const { name, filter, numbers } of cases) {
    it(`lets pass ${name}`, () => {
      expect(numbersOf(filter)).to.deep.equal(numbers);
    });
  }
});

describe('isOpen', () => {
  it('tells a filter that lets everything pass from one that does not', () => {
    expect([isOpen({}), isOpen({ policyId: POLICY })]).to.deep.equal([true, false]);
  });
});
