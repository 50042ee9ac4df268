import { expect } from 'chai';
import { describe, it } from 'mocha';
import { rowOf, verdictOf } from '../../../bench/api/share.ts';
import type { Measured, Turn } from '../../../bench/api/share.ts';

/** So many requests in a second, each of which took so long. */
function aTurn(perSecond: number, latencyMs = 1): Turn {
  return { seconds: 2, latenciesMs: Array.from({ length: 2 * perSecond }, () => latencyMs) };
}

function measured(
  kind: Measured['operation']['kind'],
  rounds: readonly (readonly [lutra: Turn, bare: Turn])[],
): Measured {
  return {
    operation: { name: 'an operation', kind },
    rounds: rounds.map(([lutra, bare]) => ({ lutra, bare })),
  };
}

describe('rowOf', () => {
  it('has medians of the rates, and the median of the shares of each round', () => {
    const row = rowOf(
      measured('read', [
        [aTurn(100), aTurn(200)],
        [aTurn(90), aTurn(100)],
        [aTurn(20), aTurn(100)],
      ]),
    );

    expect(row).to.include({ lutraPerSecond: 90, barePerSecond: 100 });
    expect(row).to.include({ share: 0.5, sharePercentSpread: 70 });
  });

  it('says how long requests took, and how many times longer than with the bare server', () => {
    const row = rowOf(measured('read', [[aTurn(100, 6), aTurn(200, 3)]]));

    expect(row).to.include({ lutraP50Ms: 6, lutraP99Ms: 6, bareP50Ms: 3, bareP99Ms: 3 });
    expect(row).to.include({ p50Times: 2, p99Times: 2 });
  });
});

describe('verdictOf', () => {
  const VERDICTS = [
    { kind: 'read', lutra: 500, isKept: true, found: '50 %', least: '50 %' },
    { kind: 'read', lutra: 499, isKept: false, found: '49.9 %', least: '50 %' },
    { kind: 'write', lutra: 250, isKept: true, found: '25 %', least: '25 %' },
    { kind: 'write', lutra: 249, isKept: false, found: '24.9 %', least: '25 %' },
  ] as const;
  for (const { kind, lutra, isKept, found, least } of VERDICTS) {
    it(`${isKept ? 'is kept' : 'is not kept'} by a ${kind} at ${found} of the bare server's rate`, () => {
      expect(verdictOf(measured(kind, [[aTurn(lutra), aTurn(1_000)]]))).to.deep.equal({
        ...{ promise: `an operation: at least ${least} of the bare server's rate`, found, isKept },
      });
    });
  }

  it('does not show what is short of the promise as if it were not', () => {
    const { found, isKept } = verdictOf(measured('read', [[aTurn(49_999), aTurn(100_000)]]));

    expect({ found, isKept }).to.deep.equal({ found: '49.9 %', isKept: false });
  });
});
