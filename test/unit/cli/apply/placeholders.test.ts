import { expect } from 'chai';
import { describe, it } from 'mocha';

import { fillPlaceholders } from '../../../../src/cli/apply/placeholders.ts';

const ENVIRONMENT = { HOST: 'example.com', EMPTY: '', COST: '$5', NEST: '${HOST}' };

describe('fillPlaceholders', () => {
  const FILLED = [
    { text: 'nothing', expected: 'nothing' },
    { text: 'http://${HOST}/a', expected: 'http://example.com/a' },
    { text: '${HOST}${HOST}', expected: 'example.comexample.com' },
    { text: '${HOST:-x}', expected: 'example.com' },
    { text: '${NONE:-x:-y}', expected: 'x:-y' },
    { text: '${NONE:-}', expected: '' },
    { text: '${EMPTY:-x}', expected: 'x' },
    { text: '[${EMPTY}]', expected: '[]' },
    { text: '$${HOST}', expected: '${HOST}' },
    { text: '$$$$', expected: '$$' },
    { text: 'a $ b $c', expected: 'a $ b $c' },
    // what was filled in is not filled again
    { text: '${COST} ${NEST}', expected: '$5 ${HOST}' },
  ];
  for (const { text, expected } of FILLED) {
    it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(text)}`, () => {
      expect(fillPlaceholders(text, ENVIRONMENT)).to.deep.equal({ kind: 'text', text: expected });
    });
  }

  const REFUSED = [
    {
      text: 'a ${NONE} b',
      problem:
        'needs a variable that is not set, received "${NONE}"; set NONE, or write ${NONE:-text}',
    },
    ...['${}', '${1A}', '${A B}', '${A-b}', '${HOST', '${:-x}'].map((text) => ({
      text,
      problem: `has a malformed placeholder, received "${text === '${HOST' ? '${' : text}"; write \${NAME}, \${NAME:-text}, or $$ for a dollar sign`,
    })),
  ];
  for (const { text, problem } of REFUSED) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(fillPlaceholders(text, ENVIRONMENT)).to.deep.equal({ kind: 'problem', text: problem });
    });
  }
});
