/** A cluster as the API of its nodes shows it. */

/** The reply to a look at a cluster of two regions of two partitions: one owner, one that drains, one without. */
export const CLUSTER_BODY = {
  name: 'lutra',
  identity: 'c1',
  epoch: 3,
  layout: { regions: ['eu', 'us'], count: 2 },
  members: [
    aMember('n1-0000000a', { region: 'eu', address: 'http://10.0.0.1:9000' }),
    aMember('n2-0000000b', { region: 'us', address: 'http://10.0.0.2:9000', unfitFor: ['us'] }),
  ],
  partitions: [
    { partition: 'eu/0', node: 'n1-0000000a', token: aToken(10) },
    { partition: 'eu/1', node: 'n1-0000000a', token: aToken(11) },
    { partition: 'us/0', node: 'n2-0000000b', token: aToken(12) },
    { partition: 'us/1' },
  ],
  vacantRegions: ['us'],
  drains: ['n2-0000000b'],
};

/** The token of a claim. */
export function aToken(revision: number): object {
  return { epoch: 3, revision, claimId: `claim-${String(revision)}` };
}

/** A member that is well. */
function aMember(node: string, fields: object = {}): object {
  return {
    ...{ node, region: 'eu', address: 'http://10.0.0.9:9000', version: '1.2.3' },
    ...{ isDraining: false, unfitFor: [] },
    ...fields,
  };
}

/** The status of a node of the cluster that owns nothing. */
export function aStatus(node: string, fields: object = {}): object {
  return {
    ...{ node, version: '1.2.3', mode: 'cluster', region: 'eu' },
    startedAt: '2029-12-31T00:00:00.000Z',
    ...{ isDoubtful: false, isDraining: false, unfitFor: [] },
    stores: [
      {
        ...{ regions: ['eu', 'us'], kind: 'redis', identity: 'c1/eu+us', problems: [] },
        ...{ durability: 'an acknowledged write survives a crash', isReachable: true },
      },
    ],
    partitions: [],
    firings: { scaled: 0, refused: 0, skipped: 0, missedRuns: 0, parked: 0 },
    ...fields,
  };
}
