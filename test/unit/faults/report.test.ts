import { expect } from 'chai';
import { describe, it } from 'mocha';
import { attribute } from '../../faults/attribution.ts';
import { parseMetrics } from '../../faults/metrics.ts';
import { progressText } from '../../faults/progress.ts';
import { checksText, kindsText } from '../../faults/report.ts';

describe('kindsText', () => {
  it('has a row for each kind, with a dash where there is nothing to say', () => {
    const sample = { partition: 'local/1', dueAt: 5, at: 2_006, isMissed: false };

    const rows = kindsText(attribute([sample], [])).split('\n');

    expect(
      rows
        .at(-2)
        ?.split('│')
        .map((cell) => cell.trim()),
    ).to.deep.equal([
      ...['', 'none', '-', '1', '0', '2001', '2001', '2001', '2000', 'NOT KEPT', ''],
    ]);
  });
});

describe('checksText', () => {
  it('says of each promise whether it was kept', () => {
    const checks = [
      { promise: 'none is lost', found: 'none', isKept: true },
      { promise: 'none is late', found: 'one', isKept: false },
    ];

    expect(checksText(checks)).to.equal(
      'kept      none is lost: none\nNOT KEPT  none is late: one',
    );
  });
});

describe('progressText', () => {
  it('says what is left, what was done and what is being done', () => {
    const facts = {
      ...{ leftMs: 65_400, times: 0, strikeCount: 2, checkedCount: 1_234 },
      now: 'etcd-down 3.0 s',
    };

    expect(progressText(facts)).to.equal(
      '1:05 left, 2 faults, 1,234 occurrences checked; etcd-down 3.0 s',
    );
    expect(progressText({ ...facts, leftMs: -1, now: '' })).to.equal(
      '0:00 left, 2 faults, 1,234 occurrences checked',
    );
    expect(progressText({ ...facts, times: 9, now: '' })).to.equal(
      '2 faults, 1,234 occurrences checked',
    );
  });
});

describe('parseMetrics', () => {
  it('reads values without labels', () => {
    const text = '# HELP a is a\n# TYPE a counter\na 1\nb{kind="x"} 2\nc_total 3e+06\n';

    expect([...parseMetrics(text)]).to.deep.equal([
      ['a', 1],
      ['c_total', 3_000_000],
    ]);
  });
});
