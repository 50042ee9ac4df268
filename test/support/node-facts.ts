/** What a node is made to say of itself and of its cluster in tests. */
import { epochMs } from '../../src/base/clock.ts';
import type { NodeId } from '../../src/domain/ids.ts';
import { partitionId } from '../../src/domain/partition/partition-of.ts';
import type { ClusterStatus, NodeStatus } from '../../src/ports/status.ts';

/** How it is doing. */
export const STATUS: NodeStatus = {
  node: 'node-1',
  version: '0.0.0',
  mode: 'cluster',
  region: 'here',
  startedAt: epochMs(1_767_225_600_000),
  isDoubtful: false,
  isDraining: false,
  unfitFor: [],
  stores: [
    {
      ...{ regions: ['here'], kind: 'memory', identity: 'test', durability: 'nothing survives' },
      ...{ problems: [], isReachable: true },
    },
  ],
  partitions: [
    {
      partition: partitionId('here', 0),
      token: { epoch: 0, revision: 1, claimId: 'claim-1' },
      since: epochMs(1_767_225_601_000),
    },
    { partition: partitionId('here', 1), token: undefined, since: undefined },
  ],
  firings: { scaled: 1, refused: 2, skipped: 3, missedRuns: 4, parked: 5 },
  lateness: undefined,
};

/** How its cluster is doing. */
export const CLUSTER: ClusterStatus = {
  name: 'lutra',
  identity: 'test',
  epoch: 0,
  layout: { regions: ['here'], count: 2 },
  members: [
    {
      ...{ node: 'node-1' as NodeId, region: 'here', address: 'http://127.0.0.1:9000' },
      ...{ version: '0.0.0', isDraining: false, unfitFor: [] },
    },
  ],
  partitions: [
    {
      ...{ partition: partitionId('here', 0), node: 'node-1' as NodeId },
      token: { epoch: 0, revision: 1, claimId: 'claim-1' },
    },
    { partition: partitionId('here', 1), node: undefined, token: undefined },
  ],
  vacantRegions: [],
  drains: [],
};
