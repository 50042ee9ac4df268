import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EVERY_KIND } from '../../faults/kinds.ts';
import { durationMs, readOptions } from '../../faults/options.ts';

const GIVEN = { seed: 7, runs: ['every-fault', 'soak'] };

describe('readOptions', () => {
  it('takes the default bed where nothing is said', () => {
    expect(readOptions([], GIVEN)).to.deep.equal({
      ...{ run: undefined, forMs: undefined, times: undefined, everyMs: undefined },
      ...{ nodeCount: 5, seed: 7, only: EVERY_KIND, ttlMs: 5_000, policyCount: 2_000 },
      ...{ output: undefined, isJson: false },
    });
  });

  it('takes every option', () => {
    const line =
      '--run soak --for 1h30m --times 3 --every 30s --nodes 3 --seed 0 --only etcd-cut,node-killed ' +
      '--ttl 4s --policies 300 --output here --json';

    expect(readOptions(line.split(' '), GIVEN)).to.deep.equal({
      ...{ run: 'soak', forMs: 5_400_000, times: 3, everyMs: 30_000 },
      ...{ nodeCount: 3, seed: 0, only: ['etcd-cut', 'node-killed'], ttlMs: 4_000 },
      ...{ policyCount: 300, output: 'here', isJson: true },
    });
  });

  it('is asked for help', () => {
    expect(readOptions(['--help', '--run', 'soak'], GIVEN)).to.equal('help');
  });

  const complaints = {
    '--for 10': '--for: "10" is no duration, such as 90s, 10m or 1h30m',
    '--for 9s': '--for: "9s" is less than 10 s',
    '--every 1s': '--every: "1s" is less than 5 s',
    '--ttl 2s': '--ttl: "2s" is less than 3 s',
    '--nodes 1': '--nodes: "1" is no whole number from 2 to 50',
    '--nodes 2.5': '--nodes: "2.5" is no whole number from 2 to 50',
    '--policies many': '--policies: "many" is no whole number from 4 to 100000',
    '--seed 4294967296': '--seed: "4294967296" is no whole number from 0 to 4294967295',
    '--times 0': '--times: "0" is no whole number from 1 to 10000',
    '--run none': '--run: there is no run "none"; there are every-fault, soak',
  };
  for (const [line, complaint] of Object.entries(complaints)) {
    it(`refuses ${line}`, () => {
      expect(readOptions(line.split(' '), GIVEN)).to.deep.equal({ complaint });
    });
  }

  for (const line of ['--only node-killed,meteor', '--speed 3', '--nodes', 'words']) {
    it(`names what is wrong with ${line}`, () => {
      const wrong = line.split(/[ ,]/).at(line.includes(',') ? -1 : 0);

      expect(readOptions(line.split(' '), GIVEN))
        .to.have.property('complaint')
        .that.includes(wrong);
    });
  }
});

describe('durationMs', () => {
  const durations = { '250ms': 250, '90s': 90_000, '1.5m': 90_000, '1h30m': 5_400_000 };
  for (const [text, ms] of Object.entries(durations)) {
    it(`reads ${text}`, () => {
      expect(durationMs(text)).to.equal(ms);
    });
  }

  for (const text of ['', '5', 's', '5 s', '-5s', '5d']) {
    it(`does not read "${text}"`, () => {
      expect(durationMs(text)).to.equal(undefined);
    });
  }
});
