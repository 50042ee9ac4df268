import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Json } from '../../../../src/base/json.ts';
import { changesBetween, HIDDEN } from '../../../../src/domain/history/value-change.ts';
import type { ValueChanges } from '../../../../src/domain/history/value-change.ts';

function changes(before: Json | undefined, after: Json | undefined): ValueChanges {
  return changesBetween(before, after, (_path, leaf) => leaf);
}

describe('changesBetween', () => {
  const cases: readonly {
    readonly name: string;
    readonly before: Json | undefined;
    readonly after: Json | undefined;
    readonly changes: ValueChanges['changes'];
  }[] = [
    { name: 'nothing of what is equal', before: { a: 1 }, after: { a: 1 }, changes: [] },
    {
      name: 'values of every kind that became others',
      before: { a: 1, b: 'x', c: true, d: null },
      after: { a: 2, b: 'y', c: false, d: 0 },
      changes: [
        { path: 'a', before: 1, after: 2 },
        { path: 'b', before: 'x', after: 'y' },
        { path: 'c', before: true, after: false },
        { path: 'd', before: null, after: 0 },
      ],
    },
    {
      name: 'what was added and what was taken away, the new first',
      before: { old: 1 },
      after: { young: 2 },
      changes: [
        { path: 'young', after: 2 },
        { path: 'old', before: 1 },
      ],
    },
    {
      name: 'where in objects and lists it is',
      before: { list: ['a', 'b'], inner: { deep: [{ x: 1 }] } },
      after: { list: ['a', 'c', 'd'], inner: { deep: [{ x: 2 }] } },
      changes: [
        { path: 'list[1]', before: 'b', after: 'c' },
        { path: 'list[2]', after: 'd' },
        { path: 'inner.deep[0].x', before: 1, after: 2 },
      ],
    },
    {
      name: 'all values of what is new',
      before: undefined,
      after: { a: { b: 1 }, none: {}, empty: [] },
      changes: [{ path: 'a.b', after: 1 }],
    },
    {
      name: 'a list that became an object',
      before: { a: ['x'] },
      after: { a: { 0: 'x' } },
      changes: [
        { path: 'a.0', after: 'x' },
        { path: 'a[0]', before: 'x' },
      ],
    },
    {
      name: 'keys that objects have by birth',
      before: {},
      after: JSON.parse('{"__proto__":1,"constructor":2}') as Json,
      changes: [
        { path: '__proto__', after: 1 },
        { path: 'constructor', after: 2 },
      ],
    },
  ];
  for (const { name, before, after, changes: expected } of cases) {
    it(`tells ${name}`, () => {
      expect(changes(before, after)).to.deep.equal({ changes: expected });
    });
  }

  it('tells 16 changes, and how many more there are', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, index]));

    const { changes: told, omittedCount } = changes({}, many);

    expect(told.map(({ path }) => path)).to.deep.equal(
      Array.from({ length: 16 }, (_, index) => `k${index}`),
    );
    expect(omittedCount).to.equal(4);
  });

  it('cuts long texts and paths, so that an event is a few kilobytes at most', () => {
    const value = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`${'k'.repeat(900)}${index}`, '€'.repeat(9_000)]),
    );

    const told = changes(value, Object.fromEntries(Object.keys(value).map((key) => [key, 'x'])));

    expect(told.changes[0]).to.deep.equal({
      ...{ path: `${'k'.repeat(80)}…`, before: `${'€'.repeat(96)}…`, after: 'x' },
    });
    expect(JSON.stringify(told)).to.have.length.below(4_096);
  });

  it('tells that a hidden value changed, though both look alike', () => {
    const told = changesBetween({ a: 'old' }, { a: 'new' }, () => HIDDEN);

    expect(told.changes).to.deep.equal([{ path: 'a', before: HIDDEN, after: HIDDEN }]);
  });
});
