import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readOptions } from '../../mutation/options.ts';

const NAMES = ['one', 'two'];

describe('readOptions', () => {
  it('tries all defects, over 2,000 seeds, where nothing is said', () => {
    const options = readOptions(['--workers', '3'], NAMES);

    expect(options).to.deep.equal({
      ...{ only: undefined, seedCount: 2_000, workers: 3, writes: false, isJson: false },
    });
  });

  it('takes what is said', () => {
    const options = readOptions(
      ['--only', 'two,one', '--seeds', '7', '--workers', '1', '--json'],
      NAMES,
    );

    expect(options).to.deep.equal({
      ...{ only: ['two', 'one'], seedCount: 7, workers: 1, writes: false, isJson: true },
    });
  });

  it('helps, whatever else is said', () => {
    expect(readOptions(['--seeds', '3', '--help'], NAMES)).to.equal('help');
  });

  for (const args of [
    ['--only', 'three'],
    ['--only', ''],
    ['--seeds', '0'],
    ['--seeds', '1.5'],
    ['--workers', 'many'],
    ['--write', '--only', 'one'],
    ['--unknown'],
    ['one'],
  ]) {
    it(`complains about ${args.join(' ')}`, () => {
      const options = readOptions(args, NAMES);

      expect(options).to.have.property('complaint').that.is.a('string').and.is.not.empty;
    });
  }
});
