import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readWindow, windowBody, windowTooLong } from '../../../src/api/window-format.ts';

describe('readWindow', () => {
  it('reads what was given, and fills nothing in', () => {
    expect(readWindow({ min: 1, max: undefined, duration: 60 })).to.deep.equal({
      ...{ kind: 'window', min: 1, durationSeconds: 60 },
    });
  });
});

describe('windowBody', () => {
  const WINDOWS = [
    { min: 1, duration: 60 },
    { max: 0, duration: 60, measured: 'wall', priority: 0 },
    { min: 1, max: 3, desired: 2, duration: 60, measured: 'elapsed', priority: -5 },
  ] as const;
  for (const window of WINDOWS) {
    it(`shows ${JSON.stringify(window)} as it was written`, () => {
      expect(windowBody(readWindow(window))).to.deep.equal(window);
    });
  }
});

describe('windowTooLong', () => {
  it('names the member, what it is, and what would be right', () => {
    const adjustment = readWindow({ min: 1, duration: 90 });

    expect([
      windowTooLong({ adjustment }, { periodSeconds: 60, path: 'policies[2]' }).message,
      windowTooLong({ adjustment }, { periodSeconds: 60, path: '' }).message,
    ]).to.deep.equal([
      'policies[2].window.duration must be at most 60, not 90: its schedule has openings that are 60 s apart, and it would not close between them',
      'window.duration must be at most 60, not 90: its schedule has openings that are 60 s apart, and it would not close between them',
    ]);
  });
});
