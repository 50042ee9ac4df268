import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import {
  deadlineOf,
  judgeReach,
  unwatched,
} from '../../../../src/domain/convergence/reached-by.ts';
import type { Reach } from '../../../../src/domain/convergence/reached-by.ts';
import { UNOBSERVED } from '../../../../src/domain/group/group.ts';

type Input = Parameters<typeof judgeReach>[0];

/** A pass that was asked for at 100,000 and ended a second later: one of three servers is there, and a minute is given. */
const PASS: Input = {
  before: undefined,
  ...{ reachedBySeconds: 60, desired: 3, actual: 1 },
  ...{ askedAt: epochMs(100_000), now: epochMs(101_000) },
};
const QUIET: Reach = { unreached: undefined, events: [], lookInMs: undefined };

describe('judgeReach', () => {
  const cases: readonly {
    readonly it: string;
    readonly pass: Partial<Input>;
    readonly reach: Partial<Reach>;
  }[] = [
    {
      it: 'keeps nothing of a group that has no such time',
      pass: { reachedBySeconds: undefined, before: { desired: 3, since: epochMs(5) } },
      reach: {},
    },
    { it: 'keeps nothing of a group that is there', pass: { actual: 3 }, reach: {} },
    {
      it: 'begins when the pass was asked for, and looks again when the time is over',
      pass: {},
      reach: { unreached: { desired: 3, since: epochMs(100_000) }, lookInMs: 59_000 },
    },
    {
      it: 'takes a group that nobody has looked at for one without servers',
      pass: { actual: undefined },
      reach: { unreached: { desired: 3, since: epochMs(100_000) }, lookInMs: 59_000 },
    },
    {
      it: 'misses nothing in a group that is to have no servers and was never looked at',
      pass: { actual: undefined, desired: 0 },
      reach: {},
    },
    {
      it: 'goes on from before while the same number is desired',
      pass: { before: { desired: 3, since: epochMs(50_000) } },
      reach: { unreached: { desired: 3, since: epochMs(50_000) }, lookInMs: 9_000 },
    },
    {
      it: 'begins anew where another number is desired',
      pass: { before: { desired: 2, since: epochMs(10_000) } },
      reach: { unreached: { desired: 3, since: epochMs(100_000) }, lookInMs: 59_000 },
    },
    {
      it: "begins anew where the store's clock was set back behind it",
      pass: { before: { desired: 3, since: epochMs(101_001) } },
      reach: { unreached: { desired: 3, since: epochMs(100_000) }, lookInMs: 59_000 },
    },
    {
      it: 'begins with the end of a pass that the clock says was asked for later',
      pass: { askedAt: epochMs(200_000) },
      reach: { unreached: { desired: 3, since: epochMs(101_000) }, lookInMs: 60_000 },
    },
    {
      it: 'waits for the last millisecond',
      pass: { before: { desired: 3, since: epochMs(41_001) } },
      reach: { unreached: { desired: 3, since: epochMs(41_001) }, lookInMs: 1 },
    },
    {
      it: 'tells that it is overdue at the end of the time',
      pass: { before: { desired: 3, since: epochMs(41_000) } },
      reach: {
        unreached: { desired: 3, since: epochMs(41_000), overdueAt: epochMs(101_000) },
        events: [{ event: 'group.overdue', desired: 3, actual: 1, since: epochMs(41_000) }],
      },
    },
    {
      it: 'tells so of too many servers as well',
      pass: { actual: 9, before: { desired: 3, since: epochMs(41_000) } },
      reach: {
        unreached: { desired: 3, since: epochMs(41_000), overdueAt: epochMs(101_000) },
        events: [{ event: 'group.overdue', desired: 3, actual: 9, since: epochMs(41_000) }],
      },
    },
    {
      it: 'tells it once',
      pass: { before: { desired: 3, since: epochMs(1_000), overdueAt: epochMs(61_000) } },
      reach: { unreached: { desired: 3, since: epochMs(1_000), overdueAt: epochMs(61_000) } },
    },
    {
      it: 'tells it once, too, where another number is desired since',
      pass: { before: { desired: 2, since: epochMs(1_000), overdueAt: epochMs(61_000) } },
      reach: { unreached: { desired: 3, since: epochMs(100_000), overdueAt: epochMs(61_000) } },
    },
    {
      it: 'tells that all are there after it was overdue',
      pass: {
        actual: 3,
        before: { desired: 3, since: epochMs(1_000), overdueAt: epochMs(61_000) },
      },
      reach: { events: [{ event: 'group.reached', desired: 3, afterMs: 100_000 }] },
    },
    {
      it: 'counts from the last wish where an overdue group gets there by another',
      pass: {
        actual: 3,
        before: { desired: 2, since: epochMs(1_000), overdueAt: epochMs(61_000) },
      },
      reach: { events: [{ event: 'group.reached', desired: 3, afterMs: 1_000 }] },
    },
    {
      it: 'says nothing of a group that got there in time',
      pass: { actual: 3, before: { desired: 3, since: epochMs(41_000) } },
      reach: {},
    },
  ];

  for (const { it: title, pass, reach } of cases) {
    it(title, () => {
      expect(judgeReach({ ...PASS, ...pass })).to.deep.equal({ ...QUIET, ...reach });
    });
  }
});

describe('deadlineOf', () => {
  it('is so many seconds after the beginning', () => {
    expect(deadlineOf({ since: epochMs(1_500) }, 2)).to.equal(3_500);
  });
});

describe('unwatched', () => {
  it('drops the time that runs, and nothing else', () => {
    const watched = { ...UNOBSERVED, unreached: { desired: 1, since: epochMs(5) } };

    expect(unwatched(watched)).to.deep.equal(UNOBSERVED);
  });

  it('leaves an observation as it is in which none runs', () => {
    expect(unwatched(UNOBSERVED)).to.equal(UNOBSERVED);
  });
});
