import { removeServer } from '../../scaling/remove-server.ts';
import {
  noSuchGroup,
  noSuchServer,
  notImplemented,
  overDeletionLimit,
  serverBelowMin,
  serverStays,
  tenantSuspended,
} from '../errors.ts';
import { booleanOf, limitOf } from '../query.ts';
import { needs } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';
import { groupTargetOf } from './targets.ts';

/** A group's servers. They are listed with its state, and nowhere else. */
export function serverRoutes(deps: RouteDeps): readonly Route[] {
  const path = '/v1.0/:tenantId/groups/:groupId/servers';
  return [
    {
      path,
      methods: {
        GET: needs('read', (call) => {
          limitOf(call.query, deps.pageMax);
          return Promise.reject(notImplemented());
        }),
      },
    },
    {
      path: `${path}/:serverId`,
      methods: {
        GET: needs('read', () => Promise.reject(notImplemented())),
        DELETE: needs('change', (call) => remove(deps, call)),
      },
    },
  ];
}

async function remove(deps: RouteDeps, call: Call): Promise<Reply> {
  const isReplaced = booleanOf(call.query, 'replace', true);
  const isPurged = booleanOf(call.query, 'purge', true);
  const serverId = call.param('serverId');
  const target = groupTargetOf(call);
  const server = { ...target, serverId };
  const request = { serverId, isReplaced, isPurged, by: call.by };
  const result = await removeServer(deps.scaling, target, request);
  switch (result.kind) {
    case 'removed':
      return { status: 202 };
    case 'no-such-group':
      throw noSuchGroup(target);
    case 'suspended':
      throw tenantSuspended(target);
    case 'no-such-server':
      throw noSuchServer(server);
    case 'not-possible':
      throw serverStays(server, result.type, isPurged ? 'removed' : 'removed and left running');
    case 'below-min':
      throw serverBelowMin(server, result.min);
    case 'too-many':
      throw overDeletionLimit(target, result.max);
  }
}
