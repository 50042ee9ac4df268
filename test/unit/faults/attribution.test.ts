import { expect } from 'chai';
import { describe, it } from 'mocha';
import { attribute } from '../../faults/attribution.ts';
import type { KindFacts, Span } from '../../faults/attribution.ts';
import { NORMAL } from '../../faults/bounds.ts';
import type { Sample } from '../../faults/latenesses.ts';

function aSample(dueAt: number, at: number, changes: Partial<Sample> = {}): Sample {
  return { ...{ partition: 'local/1', dueAt, at, isMissed: false }, ...changes };
}

function aSpan(changes: Partial<Span> = {}): Span {
  return {
    ...{ number: 1, kind: 'node-killed', from: 10_000, until: 20_000 },
    bound: { ...NORMAL, maxMs: 6_000 },
    ...changes,
  };
}

function factsOf(kind: KindFacts['kind'], all: readonly KindFacts[]): KindFacts {
  const found = all.find((facts) => facts.kind === kind);
  if (found === undefined) throw new Error(`nothing is known of ${kind}`);
  return found;
}

describe('attribute', () => {
  it('gives to a fault what met it before the cluster had recovered, and the rest to none', () => {
    const samples = [
      aSample(9_000, 9_005), // decided before it
      aSample(9_500, 14_000), // met it
      aSample(15_000, 15_007),
      aSample(20_001, 20_002), // after it
    ];

    const found = attribute(samples, [aSpan()]);

    expect(factsOf('none', found).lateness).to.deep.equal({ p50: 1, p99: 5, max: 5 });
    expect(factsOf('node-killed', found)).to.deep.include({
      ...{ strikeCount: 1, occurrenceCount: 2, missedCount: 0, isKept: true },
      lateness: { p50: 7, p99: 4_500, max: 4_500 },
    });
  });

  it('gives to the one that may cost most where there are several', () => {
    const dearer = aSpan({ number: 2, kind: 'etcd-down', bound: { ...NORMAL, maxMs: 9_000 } });

    const found = attribute([aSample(12_000, 19_000)], [aSpan(), dearer]);

    expect(factsOf('node-killed', found).occurrenceCount).to.equal(0);
    expect(factsOf('etcd-down', found)).to.deep.include({ occurrenceCount: 1, isKept: true });
  });

  it('says what was later than a fault may cost', () => {
    const found = attribute([aSample(11_000, 17_001), aSample(11_000, 17_000)], [aSpan()]);

    const facts = factsOf('node-killed', found);
    expect(facts.isKept).to.equal(false);
    expect(facts.faults).to.deep.equal([
      'fault 1 (node-killed): 1 later than 6000 ms, the latest by 6001 ms',
    ]);
  });

  it('says what was late or missed without any fault', () => {
    const samples = [aSample(1_000, 3_001), aSample(2_000, 2_001, { isMissed: true })];

    expect(factsOf('none', attribute(samples, [])).faults).to.deep.equal([
      'without a fault: 1 later than 2000 ms, the latest by 2001 ms',
      'without a fault: 1 were missed',
    ]);
  });

  it('lets be missed what a fault may cause to be', () => {
    const mayMiss = aSpan({ bound: { ...NORMAL, mayMiss: true } });
    const missed = [aSample(11_000, 11_500, { isMissed: true })];

    expect(factsOf('node-killed', attribute(missed, [mayMiss]))).to.deep.include({
      ...{ missedCount: 1, isKept: true, lateness: undefined },
    });
    expect(factsOf('node-killed', attribute(missed, [aSpan()])).isKept).to.equal(false);
  });

  describe('where 99 of 100 have a bound of their own', () => {
    const spans = [aSpan({ kind: 'node-restarted', bound: { ...NORMAL, p99Ms: 100 } })];
    const calm = [aSample(1_000, 1_003)];
    const many = (latenessMs: number): readonly Sample[] =>
      Array.from({ length: 100 }, () => aSample(11_000, 11_000 + latenessMs));

    it('lets them be as late beyond those that met no fault', () => {
      const kept = factsOf('node-restarted', attribute([...calm, ...many(103)], spans));
      expect(kept).to.deep.include({ isKept: true, bound: { ...NORMAL, p99Ms: 103 } });

      const broken = factsOf('node-restarted', attribute([...calm, ...many(104)], spans));
      expect(broken.faults).to.deep.equal(['node-restarted: p99 is 104 ms, more than 103']);
    });

    it('says nothing of a few', () => {
      const few = [...calm, ...many(500).slice(1)];

      expect(factsOf('node-restarted', attribute(few, spans)).isKept).to.equal(true);
    });
  });
});
