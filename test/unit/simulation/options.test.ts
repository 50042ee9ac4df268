import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readOptions } from '../../simulation/options.ts';

describe('The options of the simulation', () => {
  it('are 200 seeds where nothing is said', () => {
    const options = readOptions([]);

    expect(options).to.include({ isSingle: false, stops: false, shrinks: true, isJson: false });
    expect(options).to.have.property('seeds').that.has.lengthOf(200);
  });

  it('are a range of seeds, both ends included', () => {
    expect(readOptions(['--seeds', '5..7'])).to.deep.include({ seeds: [5, 6, 7] });
  });

  it('are one seed, which is told about', () => {
    expect(readOptions(['--seed', '42'])).to.deep.include({ seeds: [42], isSingle: true });
  });

  it('are help, whatever else there is', () => {
    expect(readOptions(['--help', '--seed', '1'])).to.equal('help');
  });

  for (const { args, complaint } of [
    { args: ['--seeds', '5..1'], complaint: /^--seeds 5\.\.1: write two numbers/ },
    { args: ['--seeds', '3'], complaint: /^--seeds 3: write two numbers/ },
    { args: ['--seeds', '1..2..3'], complaint: /^--seeds 1\.\.2\.\.3: write two numbers/ },
    { args: ['--seeds', '0..3'], complaint: /^--seeds 0\.\.3: write two numbers from 1/ },
    { args: ['--seeds', '1..99999999'], complaint: /from 1 to 10000000/ },
    { args: ['--seed', 'x'], complaint: /^--seed x: write a whole number/ },
    { args: ['--seed=-1'], complaint: /^--seed -1: write a whole number/ },
    { args: ['--workers', '0'], complaint: /^--workers 0: write a whole number from 1 to 256/ },
    { args: ['--workers', '257'], complaint: /^--workers 257: write a whole number from 1 to 256/ },
    { args: ['--seed', '1', '--seeds', '1..2'], complaint: /^--seed and --seeds: give one/ },
    { args: ['--sed', '1'], complaint: /'--sed'.*--help names the options/ },
    { args: ['--seed', '-1'], complaint: /^[^\n]*--help names the options\)$/ },
  ]) {
    it(`are refused, with the reason in one line: ${args.join(' ')}`, () => {
      expect(() => readOptions(args)).to.throw(complaint);
    });
  }
});
