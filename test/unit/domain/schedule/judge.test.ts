import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { InvariantError } from '../../../../src/base/assert.ts';
import { epochMs, plusMs } from '../../../../src/base/clock.ts';
import type { EpochMs } from '../../../../src/base/clock.ts';
import type { Misfire } from '../../../../src/domain/group/policy.ts';
import {
  CATCH_UP_MAX,
  DEFAULT_MISFIRE,
  firstOccurrence,
  judgeDue,
} from '../../../../src/domain/schedule/judge.ts';
import { dueAsPlanned } from '../../../../src/domain/schedule/jitter.ts';
import type { Judgement } from '../../../../src/domain/schedule/judge.ts';
import { compileSchedule } from '../../../../src/domain/schedule/occurrences.ts';
import type { Occurrences } from '../../../../src/domain/schedule/occurrences.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const YEAR = 365 * 24 * 60 * MINUTE;
const ANY_LATENESS = Number.POSITIVE_INFINITY;

const everyMinute = compileSchedule({ kind: 'cron', cron: '* * * * *' });
const everySecond = compileSchedule({ kind: 'cron', cron: '* * * * * *' });

/** A judgement in minutes since the epoch, of a rule of every minute. */
function judgeMinutes(input: {
  readonly planned: number;
  readonly now: number;
  readonly misfire?: Misfire;
}): unknown {
  const plannedAt = epochMs(input.planned * MINUTE);
  const judgement = judgeDue({
    plannedAt,
    dueAt: plannedAt,
    now: epochMs(input.now * MINUTE),
    misfire: input.misfire ?? DEFAULT_MISFIRE,
    ...{ occurrences: everyMinute, dueOf: dueAsPlanned },
  });
  if (judgement.kind === 'not-due') return 'not-due';
  return {
    missed: judgement.missed.map(({ first, last, reason }) => [
      first / MINUTE,
      last / MINUTE,
      reason,
    ]),
    fire: judgement.fire.map((at) => at / MINUTE),
    next: (judgement.next ?? Number.NaN) / MINUTE,
  };
}

const minutes = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('judgeDue', () => {
  const CASES: readonly {
    what: string;
    planned: number;
    now: number;
    misfire?: Misfire;
    judged: unknown;
  }[] = [
    { what: 'waits for what is not due', planned: 10, now: 9.99, judged: 'not-due' },
    {
      what: 'fires what is due now',
      ...{ planned: 10, now: 10 },
      judged: { missed: [], fire: [10], next: 11 },
    },
    {
      what: 'fires what is a little late, and goes on from it',
      ...{ planned: 10, now: 10.99 },
      judged: { missed: [], fire: [10], next: 11 },
    },
    {
      what: 'latest: fires the last one only, however late',
      ...{ planned: 10, now: 5000.5 },
      judged: { missed: [[10, 4999, 'superseded']], fire: [5000], next: 5001 },
    },
    {
      what: 'latest: fires within its limit, which is included',
      ...{ planned: 10, now: 12.5, misfire: { policy: 'latest', withinMs: MINUTE / 2 } },
      judged: { missed: [[10, 11, 'superseded']], fire: [12], next: 13 },
    },
    {
      what: 'latest: fires nothing that is later than its limit',
      ...{ planned: 10, now: 12.5, misfire: { policy: 'latest', withinMs: MINUTE / 2 - 1 } },
      judged: {
        missed: [
          [10, 11, 'superseded'],
          [12, 12, 'too-late'],
        ],
        fire: [],
        next: 13,
      },
    },
    {
      what: 'all: fires every one of a short outage, oldest first',
      ...{ planned: 10, now: 13, misfire: { policy: 'all', withinMs: ANY_LATENESS } },
      judged: { missed: [], fire: [10, 11, 12, 13], next: 14 },
    },
    {
      what: 'all: fires as many as the limit',
      ...{ planned: 10, now: 109, misfire: { policy: 'all', withinMs: ANY_LATENESS } },
      judged: { missed: [], fire: minutes(10, 109), next: 110 },
    },
    {
      what: 'all: keeps the newest at the limit',
      ...{ planned: 10, now: 110, misfire: { policy: 'all', withinMs: ANY_LATENESS } },
      judged: { missed: [[10, 10, 'catch-up-limit']], fire: minutes(11, 110), next: 111 },
    },
    {
      what: 'all: tells what is too late from what is over the limit',
      ...{ planned: 10, now: 510, misfire: { policy: 'all', withinMs: 200 * MINUTE } },
      judged: {
        missed: [
          [10, 309, 'too-late'],
          [310, 410, 'catch-up-limit'],
        ],
        fire: minutes(411, 510),
        next: 511,
      },
    },
    {
      what: 'skip: fires what is in time and misses the rest',
      ...{ planned: 10, now: 20.5, misfire: { policy: 'skip', withinMs: 60_000 } },
      judged: { missed: [[10, 19, 'too-late']], fire: [20], next: 21 },
    },
    {
      what: 'skip: misses all where all is too late',
      ...{ planned: 10, now: 20.5, misfire: { policy: 'skip', withinMs: 29_999.5 } },
      judged: { missed: [[10, 20, 'too-late']], fire: [], next: 21 },
    },
    {
      what: 'counts an armed instant that the schedule does not have',
      ...{ planned: 9.5, now: 11, misfire: { policy: 'all', withinMs: ANY_LATENESS } },
      judged: { missed: [], fire: [9.5, 10, 11], next: 12 },
    },
  ];
  CASES.forEach(({ what, planned, now, misfire, judged }) => {
    it(what, () => {
      const input = misfire === undefined ? { planned, now } : { planned, now, misfire };
      expect(judgeMinutes(input)).to.deep.equal(judged);
    });
  });

  it('acts at dueAt: not before, though it was planned earlier; and already, though it is planned later', () => {
    const judge = (plannedAt: number, dueAt: number, now: number): Judgement =>
      judgeDue({
        plannedAt: epochMs(plannedAt),
        dueAt: epochMs(dueAt),
        now: epochMs(now),
        misfire: DEFAULT_MISFIRE,
        ...{ occurrences: everyMinute, dueOf: dueAsPlanned },
      });

    expect(judge(10 * MINUTE, 10 * MINUTE + 5, 10 * MINUTE + 4)).to.deep.equal({ kind: 'not-due' });
    expect(judge(10 * MINUTE, 10 * MINUTE - 5, 10 * MINUTE - 5)).to.deep.equal({
      kind: 'due',
      missed: [],
      fire: [10 * MINUTE],
      next: 11 * MINUTE,
    });
  });

  it('uses up an instant', () => {
    const at = epochMs(Date.UTC(2050, 4, 20));
    const judgement = judgeDue({
      plannedAt: at,
      dueAt: at,
      now: epochMs(at + YEAR),
      misfire: DEFAULT_MISFIRE,
      occurrences: compileSchedule({ kind: 'at', at: '2050-05-20T00:00:00Z' }),
      dueOf: dueAsPlanned,
    });

    expect(judgement).to.deep.equal({ kind: 'due', missed: [], fire: [at], next: undefined });
  });

  it('does not accept a schedule that stands still', () => {
    const still: Occurrences = { ...everyMinute, next: () => epochMs(0) };
    const judge = (): Judgement =>
      judgeDue({
        plannedAt: epochMs(0),
        dueAt: epochMs(0),
        now: epochMs(0),
        misfire: DEFAULT_MISFIRE,
        ...{ occurrences: still, dueOf: dueAsPlanned },
      });

    expect(judge).to.throw(InvariantError, 'schedules move forward');
  });

  it('covers what is due exactly once, in order, as a plain reading of the rules does', () => {
    const situation = fc.record({
      gaps: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 400 }),
      isArmedElsewhere: fc.boolean(),
      elapsed: fc.integer({ min: 0, max: 4000 }),
      policy: fc.constantFrom('latest' as const, 'all' as const, 'skip' as const),
      withinMs: fc.oneof(
        fc.constant(ANY_LATENESS),
        fc.integer({ min: 0, max: 4000 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
      ),
    });
    fc.assert(
      fc.property(situation, ({ gaps, isArmedElsewhere, elapsed, policy, withinMs }) => {
        const planned = listFrom(gaps);
        const first = planned[0] ?? 0;
        const plannedAt = epochMs(isArmedElsewhere ? first - 1 : first);
        const now = epochMs(plannedAt + elapsed);
        const judgement = judgeDue({
          ...{ plannedAt, dueAt: plannedAt, now },
          misfire: { policy, withinMs },
          ...{ occurrences: occurrencesOf(planned), dueOf: dueAsPlanned },
        });

        const due = [...new Set([plannedAt, ...planned.filter((at) => at <= now)])];
        expect(spellOut(judgement, due)).to.deep.equal(
          expectedFates(due, { now, policy, withinMs }),
        );
        expect(judgement).to.have.property('next', planned[planned.indexOf(due.at(-1) ?? 0) + 1]);
      }),
    );
  });

  (['latest', 'all', 'skip'] as const).forEach((policy) => {
    [ANY_LATENESS, 60 * SECOND, 500 * SECOND].forEach((withinMs) => {
      it(`${policy} within ${withinMs} ms: costs the same after a day and after a year of every second`, () => {
        const callsAfter = (outageMs: number): number => {
          const { occurrences, calls } = counted(everySecond);
          const plannedAt = epochMs(YEAR);
          judgeDue({
            ...{ plannedAt, dueAt: plannedAt, now: epochMs(plannedAt + outageMs) },
            misfire: { policy, withinMs },
            ...{ occurrences, dueOf: dueAsPlanned },
          });
          return calls();
        };

        expect(callsAfter(YEAR))
          .to.equal(callsAfter(YEAR / 365))
          .and.to.be.at.most(CATCH_UP_MAX + 5);
      });
    });
  });
});

describe('firstOccurrence', () => {
  const now = epochMs(10 * MINUTE);

  it('is the next one after now', () => {
    expect(firstOccurrence(everyMinute, {}, now)).to.equal(11 * MINUTE);
    expect(firstOccurrence(everyMinute, { claimedAt: epochMs(3 * MINUTE) }, now)).to.equal(
      11 * MINUTE,
    );
  });

  it('is later than what was claimed before the clock stepped back', () => {
    const claimedAt = epochMs(15 * MINUTE);

    expect(firstOccurrence(everyMinute, { claimedAt }, now)).to.equal(16 * MINUTE);
  });

  it('is none where the schedule is used up', () => {
    const at = compileSchedule({ kind: 'at', at: '1970-01-01T00:10:00Z' });

    expect(firstOccurrence(at, {}, now)).to.equal(undefined);
  });
});

/** Ascending instants with the given distances. */
function listFrom(gaps: readonly number[]): readonly number[] {
  let at = 1000;
  return gaps.map((gap) => (at += gap));
}

/** The occurrences of a list of instants. */
function occurrencesOf(instants: readonly number[]): Occurrences {
  const find = (found: number | undefined): EpochMs | undefined =>
    found === undefined ? undefined : epochMs(found);
  return {
    next: (after) => find(instants.find((at) => at > after)),
    latest: (notAfter) => find(instants.findLast((at) => at <= notAfter)),
    count: (first, last) => instants.filter((at) => at >= first && at <= last).length,
    wallClockAfter: plusMs,
  };
}

/** What became of each due instant; a run stands for all due instants between its ends. */
function spellOut(judgement: Judgement, due: readonly number[]): readonly unknown[] {
  if (judgement.kind === 'not-due') return ['not-due'];
  const missed = judgement.missed.flatMap(({ first, last, reason }) => {
    expect([due.includes(first), due.includes(last)]).to.deep.equal([true, true]);
    return due.filter((at) => at >= first && at <= last).map((at) => [at, reason]);
  });
  return [...missed, ...judgement.fire.map((at) => [at, 'fire'])];
}

/** The rules of judging, read one instant at a time. */
function expectedFates(
  due: readonly number[],
  input: { readonly now: number; readonly policy: Misfire['policy']; readonly withinMs: number },
): readonly unknown[] {
  return due.map((at, index) => {
    const newer = due.length - 1 - index;
    if (input.policy === 'latest' && newer > 0) return [at, 'superseded'];
    if (input.now - at > input.withinMs) return [at, 'too-late'];
    return [at, newer < CATCH_UP_MAX ? 'fire' : 'catch-up-limit'];
  });
}

function counted(inner: Occurrences): {
  readonly occurrences: Occurrences;
  readonly calls: () => number;
} {
  let count = 0;
  const occurrences: Occurrences = {
    next: (after) => {
      count += 1;
      return inner.next(after);
    },
    latest: (notAfter) => {
      count += 1;
      return inner.latest(notAfter);
    },
    count: () => expect.fail('judging counts nothing'),
    wallClockAfter: plusMs,
  };
  return { occurrences, calls: () => count };
}
