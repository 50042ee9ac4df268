import { expect } from 'chai';
import { describe, it } from 'mocha';
import { describeCluster, memberNamed } from '../../../src/api/cluster-status.ts';
import type { NodeId } from '../../../src/domain/ids.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import type { CoordinationView, Member } from '../../../src/ports/coordination.ts';
import { aToken, LAYOUT } from '../../support/builders.ts';

const NODE = 'n1-0000000a' as NodeId;
const MEMBER: Member = {
  ...{ node: NODE, region: 'here', address: 'http://127.0.0.1:9000', version: '1.2.3' },
  ...{ isDraining: false, unfitFor: [] },
};
const VIEW: CoordinationView = {
  members: [MEMBER],
  owners: [
    { partition: partitionId('here', 1), node: NODE, token: aToken() },
    { partition: partitionId('elsewhere', 7), node: NODE, token: aToken({ revision: 2 }) },
  ],
  homes: new Set(['here']),
  drains: new Set([NODE]),
  epoch: 4,
};

describe('describeCluster', () => {
  it('gives every partition of the layout its owner, and says which regions are vacant', () => {
    const made = { name: 'lutra', identity: 'c1', layout: LAYOUT };
    const nobodys = { node: undefined, token: undefined };

    expect(describeCluster(made, VIEW)).to.deep.equal({
      ...made,
      epoch: 4,
      members: [MEMBER],
      partitions: [
        { partition: 'here/0', ...nobodys },
        { partition: 'here/1', node: NODE, token: aToken() },
        { partition: 'there/0', ...nobodys },
        { partition: 'there/1', ...nobodys },
      ],
      vacantRegions: ['there'],
      drains: [NODE],
    });
  });
});

describe('memberNamed', () => {
  const members = ['n1-0a', 'n1-0b', 'n2-0c', 'n1', 'web-eu-0d'].map((node) => ({
    node: node as NodeId,
  }));
  const CASES = [
    { name: 'a whole id', word: 'n1-0b', named: { kind: 'found', node: 'n1-0b' } },
    { name: 'a name that one node has', word: 'n2', named: { kind: 'found', node: 'n2-0c' } },
    { name: 'a name with dashes', word: 'web-eu', named: { kind: 'found', node: 'web-eu-0d' } },
    { name: 'an id before names', word: 'n1', named: { kind: 'found', node: 'n1' } },
    { name: 'no part of a name', word: 'web', named: { kind: 'unknown' } },
    { name: 'no empty word', word: '', named: { kind: 'unknown' } },
  ];
  for (const { name, word, named } of CASES) {
    it(`takes ${name}`, () => {
      expect(memberNamed(members, word)).to.deep.equal(named);
    });
  }

  it('names the candidates where several have the name', () => {
    expect(memberNamed(members.slice(0, 3), 'n1')).to.deep.equal({
      kind: 'ambiguous',
      candidates: ['n1-0a', 'n1-0b'],
    });
  });
});
