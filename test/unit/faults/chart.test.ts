import { expect } from 'chai';
import { describe, it } from 'mocha';
import { chartOf, secondsOf } from '../../faults/chart.ts';

describe('secondsOf', () => {
  it('sums up by the second in which occurrences were due', () => {
    const sample = { partition: 'local/1', isMissed: false };
    const samples = [
      { ...sample, dueAt: 3_000, at: 3_004 },
      { ...sample, dueAt: 3_999, at: 4_100 },
      { ...sample, dueAt: 1_000, at: 1_001 },
      { ...sample, dueAt: 3_500, at: 9_999, isMissed: true },
    ];

    expect(secondsOf(samples, 1_000)).to.deep.equal([
      { second: 0, count: 1, missedCount: 0, p50Ms: 1, p99Ms: 1, maxMs: 1 },
      { second: 2, count: 3, missedCount: 1, p50Ms: 4, p99Ms: 101, maxMs: 101 },
    ]);
  });

  it('shows a second in which all was missed', () => {
    const samples = [{ partition: 'local/1', dueAt: 0, at: 5, isMissed: true }];

    expect(secondsOf(samples, 0)).to.deep.equal([
      { second: 0, count: 1, missedCount: 1, p50Ms: 0, p99Ms: 0, maxMs: 0 },
    ]);
  });
});

describe('chartOf', () => {
  const seconds = [
    { second: 0, count: 1, missedCount: 0, p50Ms: 1, p99Ms: 1, maxMs: 1 },
    { second: 10, count: 1, missedCount: 0, p50Ms: 10, p99Ms: 100, maxMs: 10_000 },
  ];
  const times = { fromSecond: 2, endSecond: 4, untilSecond: 5 };
  const bands = [
    { ...times, kind: 'etcd-cut', label: 'etcd-cut <n1>' },
    { ...times, kind: 'node-killed', label: 'node-killed n2' },
    { ...times, kind: 'etcd-cut', label: 'etcd-cut n3' },
  ];

  it('draws a line from the first second to the last, on a logarithmic scale', () => {
    const svg = chartOf({ title: 'KEPT & more', seconds, bands, boundMs: 2_000 });

    expect(svg).to.include('points="130,439 1380,79"'); // max: from the floor to the ceiling
    expect(svg).to.include('points="130,439 1380,349"'); // p50: a quarter of the way
  });

  it('has a row for each kind of fault, names each fault, and escapes what is not meant as markup', () => {
    const svg = chartOf({ title: 'KEPT & more', seconds, bands, boundMs: 2_000 });

    expect(svg.match(/>(etcd-cut|node-killed)<\/text>/g)).to.have.lengthOf(2);
    expect(svg).to.include('<title>etcd-cut &lt;n1&gt;</title>');
    expect(svg).to.include('<title>KEPT &amp; more</title>');
    expect(svg).not.to.match(/NaN|undefined|Infinity/);
  });

  it('draws a chart of nothing', () => {
    const svg = chartOf({ title: 'nothing', seconds: [], bands: [], boundMs: 2_000 });

    expect(svg).not.to.match(/NaN|undefined|Infinity/);
  });
});
