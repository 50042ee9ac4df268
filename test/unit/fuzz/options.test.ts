import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readOptions } from '../../fuzz/options.ts';

describe('readOptions', () => {
  it('takes what is asked for, or what is usual', () => {
    expect(readOptions([])).to.deep.equal({ requestCount: 2_000, seed: undefined });
    expect(readOptions(['--requests', '20000', '--seed', '7'])).to.deep.equal({
      ...{ requestCount: 20_000, seed: 7 },
    });
    expect(readOptions(['-h'])).to.equal('help');
  });

  for (const { args, complaint } of [
    { args: ['--requests', '0'], complaint: /^--requests 0: write a whole number from 1 to/ },
    { args: ['--seed', '1.5'], complaint: /^--seed 1\.5: write a whole number from 1 to/ },
    { args: ['--seed', '1000000001'], complaint: /^--seed 1000000001: write a whole number/ },
    { args: ['--fast'], complaint: /--fast/ },
    { args: ['more'], complaint: /more/ },
  ]) {
    it(`refuses ${args.join(' ')}`, () => {
      const options = readOptions(args);

      expect(options).to.have.property('complaint').that.matches(complaint);
    });
  }
});
