import { expect } from 'chai';
import { describe, it } from 'mocha';
import { greatestRole, isAtLeast, ROLES } from '../../../../src/domain/access/role.ts';

describe('isAtLeast', () => {
  it('puts observers below operators, and those below admins', () => {
    const table = ROLES.map((role) => ROLES.map((needed) => isAtLeast(role, needed)));

    expect(table).to.deep.equal([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  });
});

describe('greatestRole', () => {
  it('is the one that may do most, in whatever order they come', () => {
    expect(greatestRole(['admin', 'observer'])).to.equal('admin');
    expect(greatestRole(['observer', 'operator'])).to.equal('operator');
    expect(greatestRole(['observer'])).to.equal('observer');
    expect(greatestRole([])).to.equal(undefined);
  });
});
