import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';

import {
  keyOf,
  problemLines,
  shapeProblems,
  shown,
  withoutPassword,
} from '../../../src/config/problem.ts';
import { anyObject, oneOf, section, textThat, wholeNumber } from '../../../src/config/shape.ts';
import { valueAt } from '../../../src/config/yaml-source.ts';

describe('problemLines', () => {
  it('leaves out what is empty', () => {
    const problems = [
      { at: 'a.yaml:1:2', key: 'b', text: 'is wrong' },
      { at: '--port', key: '', text: 'is wrong too' },
    ];

    expect(problemLines(problems)).to.equal('a.yaml:1:2: b: is wrong\n--port: is wrong too');
  });

  it('prints the first fifty and counts the rest', () => {
    const problems = Array.from({ length: 53 }, () => ({ at: 'a', key: '', text: 'is wrong' }));

    const lines = problemLines(problems).split('\n');

    expect(lines).to.have.length(51);
    expect(lines.at(-1)).to.equal('and 3 more');
  });
});

describe('keyOf', () => {
  it('writes a path as people do', () => {
    expect(keyOf(['groups', 0, 'policies', 12, 'cron'])).to.equal('groups[0].policies[12].cron');
  });
});

describe('shown', () => {
  const CASES = [
    { value: undefined, expected: 'nothing' },
    { value: null, expected: 'nothing' },
    { value: 'a "b"', expected: '"a \\"b\\""' },
    { value: Number.NaN, expected: 'NaN' },
    { value: { a: [1] }, expected: '{"a":[1]}' },
    { value: 'x'.repeat(100), expected: `"${'x'.repeat(79)}…` },
  ];
  for (const { value, expected } of CASES) {
    it(`shows ${expected}`, () => {
      expect(shown(value)).to.equal(expected);
    });
  }
});

describe('withoutPassword', () => {
  const CASES = [
    { text: 'redis://ada:geheim@h:1', expected: 'redis://ada:…@h:1' },
    { text: 'redis://:geheim@h:1/2', expected: 'redis://:…@h:1/2' },
    { text: 'redis://geheim@h:1', expected: 'redis://…@h:1' },
    { text: 'redis://ada:ge@he:im//@h', expected: 'redis://ada:…@h' },
    { text: 'redis://ada:ge\nheim@h', expected: 'redis://ada:…@h' },
    { text: 'eu=redis://ada:geheim@h', expected: 'eu=redis://ada:…@h' },
    { text: 'redis:/ada:geheim@h', expected: 'redis:…@h' },
    { text: 'ada:geheim@h:1', expected: 'ada:…@h:1' },
    { text: '//ada:geheim@h:1', expected: '//ada:…@h:1' },
    { text: 'redis://h?password=geheim&a=b', expected: 'redis://h?password=…&a=b' },
    { text: 'geheim@h:1', expected: '…@h:1' },
    { text: 'redis://ada:geheim', expected: 'redis://ada:…' },
    ...[
      'redis://h:1',
      'redis://[::1]:1/2',
      'redis://[::1]',
      '@daily',
      '/a:b@c',
      'a b: c@d',
      '',
    ].map((text) => ({ text, expected: text })),
  ];
  for (const { text, expected } of CASES) {
    it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(text)}`, () => {
      expect(withoutPassword(text)).to.equal(expected);
    });
  }

  it('hides what stands anywhere in a value that is shown, before it is shortened', () => {
    const url = `redis://ada:${'geheim'.repeat(20)}@h`;

    expect(shown({ a: [url] })).to.equal('{"a":["redis://ada:…@h"]}');
  });
});

describe('shapeProblems', () => {
  const SHAPE = section({
    count: wholeNumber(1, 5),
    level: oneOf(['low', 'high']),
    name: textThat('write a name', (text) => (text === 'bad' ? 'is bad' : undefined)),
    args: anyObject('write a mapping'),
    list: z.array(z.string(), { error: 'write a list' }).max(1, { error: 'write one' }),
  });
  const GOOD = { count: 1, level: 'low', name: 'n', args: {}, list: [] };
  const CASES = [
    { part: { count: 0 }, text: 'is too small, received 0; write a whole number from 1 to 5' },
    { part: { count: 6 }, text: 'is too large, received 6; write a whole number from 1 to 5' },
    {
      part: { count: 1.5 },
      text: 'has the wrong type, received 1.5; write a whole number from 1 to 5',
    },
    { part: { count: undefined }, text: 'is missing; write a whole number from 1 to 5' },
    {
      part: { level: 'mid' },
      text: 'is not what it can be, received "mid"; write one of low, high',
    },
    { part: { name: 'bad' }, text: 'is bad, received "bad"; write a name' },
    { part: { args: [] }, text: 'has the wrong type, received []; write a mapping' },
    { part: { list: ['a', 'b'] }, text: 'is too long, received ["a","b"]; write one' },
    { part: { extra: 1 }, text: 'is unknown here; known are count, level, name, args, list' },
  ];
  for (const { part, text } of CASES) {
    it(`says of ${JSON.stringify(part)}: ${text}`, () => {
      const data = { ...GOOD, ...part };
      const { error } = SHAPE.safeParse(data);

      const problems = shapeProblems(error?.issues ?? [], (path) => shown(valueAt(data, path)));

      const [name] = Object.keys(part);
      expect(problems).to.deep.equal([{ path: [name], isKey: name === 'extra', text }]);
    });
  }

  it('accepts what is right', () => {
    expect(SHAPE.safeParse(GOOD).success).to.equal(true);
  });
});
