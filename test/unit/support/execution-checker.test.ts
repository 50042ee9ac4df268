import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../src/base/clock.ts';
import type { RecordedEvent } from '../../../src/domain/history/event.ts';
import { aPolicyId } from '../../support/builders.ts';
import { checkExecutions } from '../../support/execution-checker.ts';
import type { ExecutionCall } from '../../support/execution-checker.ts';

const POLICY = aPolicyId(1);

function executed(at: number, outcome: 'scaled' | 'refused' = 'scaled'): RecordedEvent {
  return {
    sequence: at,
    at: epochMs(at),
    event: {
      event: 'policy.executed',
      policyId: POLICY,
      executionId: `execution-${String(at)}`,
      by: 'a test',
      desiredBefore: 0,
      desiredAfter: outcome === 'scaled' ? 1 : 0,
      ...(outcome === 'scaled' ? { outcome } : { outcome, reason: 'no-change' }),
    },
  };
}

function call(sentAt: number, answer: ExecutionCall['answer']): ExecutionCall {
  return { policyId: POLICY, sentAt, endedAt: sentAt + 10, answer };
}

describe('the checker of executions', () => {
  for (const { name, events, calls } of [
    { name: 'an answered call is recorded', events: [executed(5)], calls: [call(1, 'scaled')] },
    {
      name: 'a refused call is recorded as refused',
      events: [executed(5, 'refused')],
      calls: [call(1, 'refused')],
    },
    {
      name: 'a call without an answer is recorded',
      events: [executed(5)],
      calls: [call(1, 'none')],
    },
    { name: 'a call without an answer is not recorded', events: [], calls: [call(1, 'none')] },
    {
      name: 'a call is recorded in its first or last moment',
      events: [executed(1), executed(31)],
      calls: [call(1, 'scaled'), call(21, 'scaled')],
    },
  ]) {
    it(`finds nothing where ${name}`, () => {
      expect(checkExecutions(events, calls)).to.deep.equal([]);
    });
  }

  for (const { name, events, calls, fault } of [
    { name: 'an answered call is lost', events: [], calls: [call(1, 'scaled')], fault: '[]' },
    {
      name: 'an answered call is recorded twice',
      events: [executed(5), executed(6)],
      calls: [call(1, 'scaled')],
      fault: '[scaled,scaled]',
    },
    {
      name: 'a call without an answer is recorded twice',
      events: [executed(5), executed(6)],
      calls: [call(1, 'none')],
      fault: '[scaled,scaled]',
    },
    {
      name: 'a call is recorded with another outcome than was told',
      events: [executed(5, 'refused')],
      calls: [call(1, 'scaled')],
      fault: '[refused]',
    },
    {
      name: 'something is recorded that nobody asked for',
      events: [executed(5), executed(20)],
      calls: [call(1, 'scaled')],
      fault: 'event 20',
    },
    {
      name: 'a call of another policy is recorded',
      events: [executed(5)],
      calls: [{ ...call(1, 'none'), policyId: aPolicyId(2) }],
      fault: 'event 5',
    },
  ] as const) {
    it(`finds that ${name}`, () => {
      const [first, ...others] = checkExecutions(events, calls);

      expect(first).to.include(fault);
      expect(others).to.deep.equal([]);
    });
  }
});
