import { expect } from 'chai';
import { describe, it } from 'mocha';
import { serverNotes } from '../../../../src/adapters/etcd/server-facts.ts';
import type { MemberFacts } from '../../../../src/adapters/etcd/server-facts.ts';

function aMember(fields: Partial<MemberFacts> = {}): MemberFacts {
  return { endpoint: 'http://one:2379', version: '3.6.9', alarms: [], ...fields };
}

describe('serverNotes', () => {
  for (const version of ['3.5.28', '3.5.30', '3.6.9', '3.6.12', '3.7.0', '4.0.0']) {
    it(`has nothing to say about etcd ${version}`, () => {
      expect(serverNotes([aMember({ version })])).to.deep.equal([]);
    });
  }

  for (const version of ['3.4.0', '3.4.99', '3.5.27', '3.6.0', '3.6.8', '3.6.0-rc.1']) {
    it(`advises to leave etcd ${version}`, () => {
      expect(serverNotes([aMember({ version })]).join()).to.include(`etcd ${version} has faults`);
    });
  }

  it('says each thing once, however many members it is true of', () => {
    const members = [aMember({ version: '3.4.23' }), aMember({ version: '3.4.23' })];

    expect(serverNotes(members)).to.have.length(1);
  });

  it('says what to do where etcd is full, and that it is ill where it is', () => {
    const [full, ill] = serverNotes([aMember({ alarms: ['NOSPACE', 'CORRUPT'] })]);

    expect(full).to.include('defragment');
    expect(ill).to.include('CORRUPT');
  });
});
