import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import { judgePass } from '../../../../src/domain/convergence/verdict.ts';
import type { PassResult, Verdict } from '../../../../src/domain/convergence/verdict.ts';
import { UNOBSERVED } from '../../../../src/domain/group/group.ts';
import type { Observation } from '../../../../src/domain/group/group.ts';

const NOW = epochMs(1_000_000);
const BACKOFF = { firstMs: 1_000, maxMs: 300_000 };
const SERVERS = [{ id: 'a' }, { id: 'b' }];

const FATAL: PassResult = { kind: 'fatal', reason: 'no such command' };
const WAITING: PassResult = { kind: 'no-provider', reason: 'nothing serves it' };
const IN_ERROR: Observation = {
  ...UNOBSERVED,
  status: 'ERROR',
  reasons: ['no such command'],
  failureCount: 4,
};

function judge(before: Partial<Observation>, result: PassResult, fraction = 0): Verdict {
  return judgePass({
    ...{ before: { ...UNOBSERVED, ...before }, desired: 2, result, fraction },
    ...{ now: NOW, askedAt: NOW, backoff: BACKOFF, isEvicting: false },
    reachedBySeconds: undefined,
  });
}

function seen(actual: number): PassResult {
  return { kind: 'observed', actual, servers: SERVERS.slice(0, actual) };
}

describe('judgePass', () => {
  it('clears a group that is what it should be, and remembers what it saw', () => {
    expect(judge({ failureCount: 3 }, seen(2))).to.deep.equal({
      observation: {
        ...{ actual: 2, servers: SERVERS, status: 'ACTIVE', reasons: [] },
        ...{ failureCount: 0, observedAt: NOW },
      },
      next: 'clear',
      events: [{ event: 'group.converged', desired: 2, actual: 2 }],
    });
  });

  for (const { what, before, events } of [
    { what: 'where nothing changed', before: { actual: 2 }, events: [] },
    {
      what: 'where the size changed',
      before: { actual: 5 },
      events: [{ event: 'group.converged', desired: 2, actual: 2, actualBefore: 5 }],
    },
    {
      what: 'where it was in ERROR',
      before: { ...IN_ERROR, actual: 2 },
      events: [{ event: 'group.converged', desired: 2, actual: 2, actualBefore: 2 }],
    },
    { what: 'where it waited only', before: { actual: 2, reasons: ['nothing'] }, events: [] },
  ] satisfies { what: string; before: Partial<Observation>; events: Verdict['events'] }[]) {
    it(`finds ${events.length === 0 ? 'no news' : 'news'} in reaching the size ${what}`, () => {
      const verdict = judge(before, seen(2));

      expect(verdict.events).to.deep.equal(events);
      expect(verdict.observation).to.include({ status: 'ACTIVE', failureCount: 0 });
      expect(verdict.observation.reasons).to.deep.equal([]);
    });
  }

  for (const { failureCount, retryInMs } of [
    { failureCount: 0, retryInMs: 500 },
    { failureCount: 1, retryInMs: 1_000 },
    { failureCount: 4, retryInMs: 8_000 },
    { failureCount: 9, retryInMs: 10_000 },
  ]) {
    it(`looks at a target on its way again after ${String(retryInMs)} ms, ${String(failureCount)} looks in`, () => {
      expect(judge({ failureCount }, seen(1))).to.deep.equal({
        observation: {
          ...{ actual: 1, servers: [{ id: 'a' }], status: 'ACTIVE', reasons: [] },
          ...{ failureCount: failureCount + 1, observedAt: NOW },
        },
        next: { retryInMs },
        events: [],
      });
    });
  }

  it('no longer says that it waits for a provider once one was seen', () => {
    const verdict = judge({ reasons: ['nothing serves it'] }, seen(1));

    expect(verdict.observation.reasons).to.deep.equal([]);
  });

  it('keeps a group in ERROR, with its reasons, until it is what it should be', () => {
    const verdict = judge(IN_ERROR, seen(1));

    expect(verdict.observation).to.deep.include({ status: 'ERROR', reasons: ['no such command'] });
  });

  for (const { failureCount, fraction, retryInMs } of [
    { failureCount: 0, fraction: 0, retryInMs: 500 },
    { failureCount: 0, fraction: 0.5, retryInMs: 750 },
    { failureCount: 5, fraction: 0, retryInMs: 16_000 },
    { failureCount: 50, fraction: 0, retryInMs: 150_000 },
  ]) {
    it(`tries again after ${String(retryInMs)} ms when failure ${String(failureCount + 1)} is transient`, () => {
      const before = { ...IN_ERROR, actual: 1, failureCount, observedAt: epochMs(5) };

      expect(judge(before, { kind: 'transient', reason: 'time-out' }, fraction)).to.deep.equal({
        observation: { ...before, failureCount: failureCount + 1 },
        next: { retryInMs },
        events: [],
      });
    });
  }

  it('puts a group in ERROR for a reason that a person must mend, and tries again much later', () => {
    expect(judge({ actual: 1 }, FATAL, 0.5)).to.deep.equal({
      observation: {
        ...{ ...UNOBSERVED, actual: 1, status: 'ERROR', failureCount: 1 },
        reasons: ['no such command'],
      },
      next: { retryInMs: 225_000 },
      events: [{ event: 'group.failed', reasons: ['no such command'] }],
    });
  });

  it('leaves a group ACTIVE that waits for a provider, and says so', () => {
    expect(judge({}, WAITING)).to.deep.equal({
      observation: { ...UNOBSERVED, reasons: ['nothing serves it'], failureCount: 1 },
      next: { retryInMs: 150_000 },
      events: [{ event: 'group.waiting', reasons: ['nothing serves it'] }],
    });
  });

  it('leaves a group in ERROR that waits for a provider', () => {
    expect(judge(IN_ERROR, WAITING).observation.status).to.equal('ERROR');
  });

  for (const { what, before, result, isNews } of [
    { what: 'the same fatal reason again', before: IN_ERROR, result: FATAL, isNews: false },
    {
      what: 'another fatal reason',
      before: { ...IN_ERROR, reasons: ['full'] },
      result: FATAL,
      isNews: true,
    },
    {
      what: 'a fatal reason that it only waited for before',
      before: { reasons: ['no such command'] },
      result: FATAL,
      isNews: true,
    },
    {
      what: 'the same wait again',
      before: { reasons: ['nothing serves it'] },
      result: WAITING,
      isNews: false,
    },
    { what: 'another wait', before: { reasons: ['x'] }, result: WAITING, isNews: true },
  ] satisfies {
    what: string;
    before: Partial<Observation>;
    result: PassResult;
    isNews: boolean;
  }[]) {
    it(`finds ${isNews ? 'news' : 'no news'} in ${what}`, () => {
      expect(judge(before, result).events).to.have.length(isNews ? 1 : 0);
    });
  }

  describe('of a group that is to be there in 30 s', () => {
    const SINCE = epochMs(NOW - 20_000);
    const ahead = { desired: 2, since: SINCE };

    function judgeIn30(before: Partial<Observation>, result: PassResult): Verdict {
      return judgePass({
        ...{ before: { ...UNOBSERVED, ...before }, desired: 2, result, fraction: 0.5 },
        ...{ now: NOW, askedAt: NOW, backoff: BACKOFF, isEvicting: false },
        reachedBySeconds: 30,
      });
    }

    for (const result of [FATAL, WAITING]) {
      it(`looks again when the time is over, and not later, where a pass is ${result.kind}`, () => {
        const { next, observation } = judgeIn30({ unreached: ahead }, result);

        expect(next).to.deep.equal({ retryInMs: 10_000 });
        expect(observation.unreached).to.deep.equal(ahead);
      });
    }

    it('looks again no later than it would without', () => {
      expect(judgeIn30({ unreached: ahead }, seen(1)).next).to.deep.equal({ retryInMs: 750 });
    });

    it('tells that it is overdue after what else there is to tell', () => {
      const since = epochMs(NOW - 30_000);

      const { events, next, observation } = judgeIn30({ unreached: { desired: 2, since } }, FATAL);

      expect(events).to.deep.equal([
        { event: 'group.failed', reasons: ['no such command'] },
        { event: 'group.overdue', desired: 2, actual: 0, since },
      ]);
      expect(next).to.deep.equal({ retryInMs: 225_000 });
      expect(observation.unreached).to.deep.equal({ desired: 2, since, overdueAt: NOW });
    });

    it('forgets the time that ran when all are there', () => {
      const verdict = judgeIn30({ unreached: { ...ahead, overdueAt: NOW } }, seen(2));

      expect(verdict.observation).not.to.have.property('unreached');
      expect(verdict.next).to.equal('clear');
      expect(verdict.events.at(-1)).to.deep.equal({
        ...{ event: 'group.reached', desired: 2, afterMs: 20_000 },
      });
    });

    it('lets a group fail to be looked at that was there when it last was', () => {
      const verdict = judgeIn30({ actual: 2 }, { kind: 'transient', reason: 'time-out' });

      expect(verdict.observation).not.to.have.property('unreached');
    });
  });
});
