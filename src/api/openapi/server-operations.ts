import { PAGE } from './group-operations.ts';
import type { DescribedOperation } from './operation.ts';

const SERVERS = '/v1.0/:tenantId/groups/:groupId/servers';
const SERVER = `${SERVERS}/:serverId`;

/** The servers of a group, one by one. */
export const serverOperations: readonly DescribedOperation[] = [
  {
    method: 'GET',
    path: SERVERS,
    id: 'listServers',
    area: 'Servers',
    summary: 'Not there: the state of the group lists its servers',
    query: PAGE.slice(0, 1),
    replies: {},
    refusals: ['InvalidQueryArgument', 'NotImplementedError'],
  },
  {
    method: 'GET',
    path: SERVER,
    id: 'getServer',
    area: 'Servers',
    summary: 'Not there: the state of the group lists its servers',
    replies: {},
    refusals: ['NotImplementedError'],
  },
  {
    method: 'DELETE',
    path: SERVER,
    id: 'deleteServer',
    area: 'Servers',
    summary: 'Take a server out of its group',
    description: [
      'The servers of a group are those that its state lists. The provider is told until the server is not seen any',
      'more; what comes of it is in the history (`server.left`). In a group that is paused it waits until that is',
      'resumed. A server that is on its way out already is not found. NotImplementedError says that the provider of',
      'the group cannot do it: the type `process` cannot where `purge` is false, the type `webhook` can where the',
      'launch configuration says that its receiver `evicts`.',
    ].join(' '),
    query: [
      {
        name: 'replace',
        description:
          'Whether another server takes its place; else the group wants one less. True where it is left out.',
        schema: { type: 'boolean' },
      },
      {
        name: 'purge',
        description:
          'Whether the server ends; else it goes on running, apart from the group. True where it is left out.',
        schema: { type: 'boolean' },
      },
    ],
    replies: { 202: { description: 'The server is to leave' } },
    refusals: [
      'CannotDeleteServerBelowMinError',
      'InvalidQueryArgument',
      'NoSuchScalingGroupError',
      'NotImplementedError',
      'ServerDeletionsOverLimitError',
      'ServerNotFoundError',
      'TenantSuspendedError',
    ],
  },
];
