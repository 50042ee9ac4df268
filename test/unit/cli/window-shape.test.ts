import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  besideWindowProblems,
  sentWindow,
  WINDOW,
  windowProblems,
} from '../../../src/cli/window-shape.ts';

describe('WINDOW', () => {
  const SPANS: readonly (readonly [unknown, number])[] = [
    ...([
      [1, 1],
      [31_622_400, 31_622_400],
      ['90s', 90],
      ['30m', 1_800],
    ] as const),
    ...([
      ['8h', 28_800],
      ['2d', 172_800],
      ['366d', 31_622_400],
    ] as const),
  ];
  for (const [duration, seconds] of SPANS) {
    it(`reads a duration of ${JSON.stringify(duration)}`, () => {
      expect(WINDOW.parse({ min: 1, duration }).duration).to.equal(seconds);
    });
  }

  for (const duration of [0, -1, 1.5, 31_622_401, '', '8', 'h', '8 h', '1.5h', '0s', '367d', [8]]) {
    it(`refuses a duration of ${JSON.stringify(duration)}`, () => {
      const issues = WINDOW.safeParse({ min: 1, duration }).error?.issues;

      expect(issues?.map(({ path, message }) => ({ path, message }))).to.deep.equal([
        {
          path: ['duration'],
          message: 'write seconds, from 1 to 31622400, or 90s, 30m, 8h, 2d',
        },
      ]);
    });
  }

  it('misses a duration that is not there', () => {
    expect(WINDOW.safeParse({ min: 1 }).error?.issues[0]).to.deep.include({ path: ['duration'] });
  });
});

describe('sentWindow', () => {
  it('leaves out what only says what is so without it', () => {
    expect([
      sentWindow({ min: 0, duration: 60, measured: 'wall', priority: 0 }),
      sentWindow({ max: 2, desired: 1, duration: 60, measured: 'elapsed', priority: -3 }),
    ]).to.deep.equal([
      { min: 0, duration: 60 },
      { max: 2, desired: 1, duration: 60, measured: 'elapsed', priority: -3 },
    ]);
  });
});

describe('windowProblems', () => {
  const CASES: readonly (readonly [object, readonly string[]])[] = [
    [{ min: 1, max: 1, desired: 1 }, []],
    [{ duration: 60 }, ['sets nothing']],
    [{ min: 2, max: 1 }, ['is above max']],
    [{ min: 2, desired: 1 }, ['is above desired']],
    [{ desired: 2, max: 1 }, ['is above max']],
    [{ min: 3, desired: 2, max: 1 }, ['is above max', 'is above desired', 'is above max']],
    [{ min: 'x', max: 1 }, []],
  ];
  for (const [window, wrongs] of CASES) {
    it(`finds ${JSON.stringify(wrongs)} in ${JSON.stringify(window)}`, () => {
      expect(windowProblems(window).map(({ wrong }) => wrong)).to.deep.equal(wrongs);
    });
  }

  it('leaves what is no window to its shape', () => {
    expect(windowProblems(5)).to.deep.equal([]);
  });
});

describe('besideWindowProblems', () => {
  it('finds what is about executions', () => {
    const timing = { cron: '0 9 * * *', jitter: 5, misfire: { policy: 'skip' } };

    const found = besideWindowProblems({ cooldown: 5, timing });

    expect(found.map(({ path, received }) => ({ path, received }))).to.deep.equal([
      { path: ['cooldown'], received: 5 },
      { path: ['jitter'], received: 5 },
      { path: ['misfire'], received: { policy: 'skip' } },
    ]);
  });

  it('finds nothing wrong with no cooldown', () => {
    for (const cooldown of [0, undefined]) {
      expect(besideWindowProblems({ cooldown, timing: {} })).to.deep.equal([]);
    }
  });
});
