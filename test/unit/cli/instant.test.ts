import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { formatSpan, parseHttpDate } from '../../../src/cli/instant.ts';

describe('parseHttpDate', () => {
  it('reads what JavaScript writes, for any second from 1970 to 9999', () => {
    const lastSecond = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: lastSecond }), (second) => {
        const date = new Date(second * 1000);
        expect(parseHttpDate(date.toUTCString())).to.equal(date.getTime());
      }),
    );
  });

  for (const text of ['', 'yesterday', '2030-01-01T00:00:00Z', 'Tue, 01 Jan 2030 00:00:00 CET']) {
    it(`does not read "${text}"`, () => {
      expect(parseHttpDate(text)).to.equal(undefined);
    });
  }
});

describe('formatSpan', () => {
  const CASES = [
    { ms: 0, expected: '0 ms' },
    { ms: 999, expected: '999 ms' },
    { ms: 1000, expected: '1 s' },
    { ms: 90_000, expected: '1 min 30 s' },
    { ms: 3_600_000, expected: '1 h' },
    { ms: 3_660_000, expected: '1 h 1 min' },
    { ms: 90_061_000, expected: '1 d 1 h' },
    { ms: 86_400_000 * 400 + 60_000, expected: '400 d' },
  ];
  for (const { ms, expected } of CASES) {
    it(`writes ${String(ms)} ms as ${expected}`, () => {
      expect(formatSpan(ms)).to.equal(expected);
    });
  }
});
