import { expect } from 'chai';
import { describe, it } from 'mocha';
import { inSimulation } from '../../mutation/defect.ts';
import type { Defect } from '../../mutation/defect.ts';
import { outcomeText, withTable } from '../../mutation/outcome.ts';
import type { Outcome } from '../../mutation/outcome.ts';
import { failuresIn } from '../../mutation/simulation.ts';
import { escapeOf } from '../../mutation/tests.ts';
import { newIn } from '../../mutation/trials.ts';

const BY_SEED: Outcome = {
  kind: 'caught',
  by: { kind: 'seed', seed: 7, rule: 'doubled', what: 'twice' },
};
const BY_TEST: Outcome = {
  kind: 'caught',
  by: { kind: 'test', file: 'test/a.test.ts', title: 'A | b', failedCount: 1 },
};
const DOCUMENT = `Before.

<!-- The table is written by npm run mutate -- --write. -->

| old |

<!-- End of the table. -->

After.
`;

function aDefect(name: string): Defect {
  return { name, about: 'It is one.', edits: [], catcher: inSimulation('doubled') };
}

describe('outcomeText', () => {
  it('names the seed and the rule, or the test, or what went otherwise', () => {
    const outcomes: readonly Outcome[] = [
      BY_SEED,
      BY_TEST,
      { kind: 'missed', why: 'nothing is wrong' },
      { kind: 'skipped', why: 'no etcd' },
    ];

    expect(outcomes.map(outcomeText)).to.deep.equal([
      'seed 7: doubled',
      'test/a.test.ts: A | b',
      'NOT CAUGHT: nothing is wrong',
      'not tried: no etcd',
    ]);
  });
});

describe('withTable', () => {
  it('puts the table in the place of the old one, and leaves the rest', () => {
    const tried = [
      { defect: aDefect('a'), outcome: BY_SEED },
      { defect: aDefect('long-name'), outcome: BY_TEST },
    ];

    expect(withTable(DOCUMENT, tried).split('\n')).to.deep.equal([
      'Before.',
      '',
      '<!-- The table is written by npm run mutate -- --write. -->',
      '',
      '| Defect      | What the code does with it | Caught by                   |',
      '| ----------- | -------------------------- | --------------------------- |',
      '| `a`         | It is one.                 | simulation, seed 7: doubled |',
      '| `long-name` | It is one.                 | `test/a.test.ts`: A \\| b    |',
      '',
      '<!-- End of the table. -->',
      '',
      'After.',
      '',
    ]);
  });

  it('refuses a document that has no place for it', () => {
    expect(() => withTable('Before.', [])).to.throw('the document has no lines');
  });
});

describe('escapeOf', () => {
  const sound = { passed: ['A b', 'A c'], failed: [] };

  it('finds nothing to say where that test fails and others do not', () => {
    const result = { passed: ['A c'], failed: ['A b'] };

    expect(escapeOf('A b', sound, result)).to.equal(undefined);
  });

  for (const { what, title, result } of [
    { what: 'the test passes', title: 'A b', result: { passed: ['A b'], failed: ['A c'] } },
    { what: 'there is no such test', title: 'A d', result: { passed: [], failed: ['A d'] } },
    { what: 'all tests fail', title: 'A b', result: { passed: [], failed: ['A b', 'A c'] } },
  ]) {
    it(`does not take the defect for caught where ${what}`, () => {
      expect(escapeOf(title, sound, result)).to.be.a('string');
    });
  }
});

describe('newIn', () => {
  const failure = {
    ...{ seed: 7, hash: 'h' },
    violations: [
      { rule: 'late', what: 'later' },
      { rule: 'doubled', what: 'twice' },
    ],
  };

  it('is all that is wrong where nothing is without the defect', () => {
    expect(newIn(failure, { kind: 'passed' })).to.deep.equal(failure.violations);
  });

  it('leaves out the rules that are broken without it', () => {
    const without = { ...failure, violations: [{ rule: 'late', what: 'as late' }] };

    expect(newIn(failure, { kind: 'failed', failure: without })).to.deep.equal([
      { rule: 'doubled', what: 'twice' },
    ]);
  });
});

describe('failuresIn', () => {
  it('reads the last line, and puts the lowest seed first', () => {
    const failures = [9, 4].map((seed) => ({ seed, hash: 'h', violations: [] }));

    const found = failuresIn(`a story\n${JSON.stringify({ count: 9, failures })}\n`);

    expect(found.map(({ seed }) => seed)).to.deep.equal([4, 9]);
  });
});
