import { expect } from 'chai';
import { describe, it } from 'mocha';

import {
  coloursFor,
  jsonDocument,
  jsonLine,
  plain,
  plainLines,
  tableOf,
} from '../../../src/cli/output.ts';
import { FakeOutput } from '../../support/cli-world.ts';

const NO_COLOURS = coloursFor(new FakeOutput(false), { isColourWanted: true, environment: {} });

describe('plain', () => {
  const CASES = [
    { name: 'escape sequences', text: 'a\u001b[31mb', expected: 'a [31mb' },
    { name: 'C1 controls', text: 'a\u009b2Jb', expected: 'a 2Jb' },
    { name: 'line breaks and tabs', text: 'a\r\n\tb', expected: 'a b' },
    { name: 'DEL', text: 'a\u007fb', expected: 'a b' },
    { name: 'marks that reorder text', text: 'a\u202eb\u2066c', expected: 'a b c' },
    { name: 'halves of characters', text: 'a\ud800b', expected: 'a b' },
    { name: 'nothing of ordinary text', text: 'Zoë 日本 👍', expected: 'Zoë 日本 👍' },
  ];
  for (const { name, text, expected } of CASES) {
    it(`replaces ${name}`, () => {
      expect(plain(text)).to.equal(expected);
    });
  }
});

describe('plainLines', () => {
  it('keeps line breaks and nothing else that is not printable', () => {
    expect(plainLines('a\u0007\nb')).to.equal('a \nb');
  });
});

describe('tableOf', () => {
  it('aligns columns without lines and without blanks at the end', () => {
    const table = tableOf(
      ['ID', 'NAME'],
      [
        ['1', 'a'],
        ['22', 'longer'],
      ],
      NO_COLOURS,
    );

    expect(table).to.equal('ID  NAME\n1   a\n22  longer\n');
  });

  it('aligns characters that take two columns', () => {
    expect(tableOf(['A', 'B'], [['日本', 'x']], NO_COLOURS)).to.equal('A     B\n日本  x\n');
  });
});

describe('coloursFor', () => {
  const CASES = [
    { name: 'a terminal', isTerminal: true, isColourWanted: true, environment: {}, is: true },
    { name: 'a pipe', isTerminal: false, isColourWanted: true, environment: {}, is: false },
    { name: '--no-color', isTerminal: true, isColourWanted: false, environment: {}, is: false },
    {
      name: 'NO_COLOR',
      isTerminal: true,
      isColourWanted: true,
      environment: { NO_COLOR: '1' },
      is: false,
    },
    {
      name: 'an empty NO_COLOR',
      isTerminal: true,
      isColourWanted: true,
      environment: { NO_COLOR: '' },
      is: true,
    },
    {
      name: 'a dumb terminal',
      isTerminal: true,
      isColourWanted: true,
      environment: { TERM: 'dumb' },
      is: false,
    },
  ];
  for (const { name, isTerminal, isColourWanted, environment, is } of CASES) {
    it(`${is ? 'colours' : 'does not colour'} with ${name}`, () => {
      const colours = coloursFor(new FakeOutput(isTerminal), { isColourWanted, environment });

      expect(colours.bad('x') !== 'x').to.equal(is);
      expect(colours.heading('x') !== 'x').to.equal(is);
    });
  }
});

describe('JSON output', () => {
  it('escapes what JSON lets stand and terminals obey', () => {
    const value = { name: '\u001b[2J\u009b\u007f' };

    expect(jsonLine(value)).to.equal('{"name":"\\u001b[2J\\u009b\\u007f"}\n');
    expect(JSON.parse(jsonDocument(value))).to.deep.equal(value);
  });
});
