import { expect } from 'chai';
import { describe, it } from 'mocha';

import { splitLines } from '../../../../src/cli/preview/split-lines.ts';
import { piped } from '../../../support/cli-world.ts';

async function linesOf(...chunks: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of splitLines(piped(...chunks), 5)) {
    lines.push(line.kind === 'line' ? line.text : '(too long)');
  }
  return lines;
}

describe('splitLines', () => {
  const CASES = [
    { name: 'nothing', chunks: [], lines: [] },
    { name: 'lines of one chunk', chunks: ['a\nb\n'], lines: ['a', 'b'] },
    { name: 'a last line without its end', chunks: ['a\nb'], lines: ['a', 'b'] },
    { name: 'a line over several chunks', chunks: ['a', '', 'b', 'c\nd'], lines: ['abc', 'd'] },
    { name: 'empty lines', chunks: ['\n', '\na\n'], lines: ['', '', 'a'] },
    { name: 'carriage returns', chunks: ['12345\r', '\nb\r\n'], lines: ['12345', 'b'] },
    {
      name: 'a line of the greatest length',
      chunks: ['123', '45\n12345'],
      lines: ['12345', '12345'],
    },
    { name: 'a line that is too long', chunks: ['123456\nb'], lines: ['(too long)', 'b'] },
    {
      name: 'a line that is too long over many chunks',
      chunks: ['a\n123', '456', '789', '0\nb\n'],
      lines: ['a', '(too long)', 'b'],
    },
    { name: 'a last line that is too long', chunks: ['1234', '5678'], lines: ['(too long)'] },
  ];
  for (const { name, chunks, lines } of CASES) {
    it(`reads ${name}`, async () => {
      expect(await linesOf(...chunks)).to.deep.equal(lines);
    });
  }
});
