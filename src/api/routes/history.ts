import { readHistory } from '../../scaling/read-groups.ts';
import { noSuchGroup } from '../errors.ts';
import { eventBody } from '../history-format.ts';
import { nextLink } from '../links.ts';
import { historyOrderOf, limitOf, sequenceMarkerOf } from '../query.ts';
import { needs } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';
import { groupTargetOf, wordingOf } from './targets.ts';

/** What happened to a group. Oldest first, from the last sequence number seen, is how to follow it. */
export function historyRoutes(deps: RouteDeps): readonly Route[] {
  return [
    {
      path: '/v1.0/:tenantId/groups/:groupId/history',
      methods: { GET: needs('read', (call) => show(deps, call)) },
    },
  ];
}

async function show(deps: RouteDeps, call: Call): Promise<Reply> {
  const limit = limitOf(call.query, deps.pageMax);
  const from = sequenceMarkerOf(call.query);
  const order = historyOrderOf(call.query);
  const target = groupTargetOf(call);
  const { store, occurrencesOf } = deps.scaling;
  const events = await readHistory(store, target, { from, order, limit });
  if (events === undefined) throw noSuchGroup(target);
  const last = events.length === limit ? events.at(-1) : undefined;
  const next =
    last === undefined ? undefined : { limit: String(limit), marker: String(last.sequence), order };
  const { links, tenantId } = wordingOf(deps, call);
  return {
    status: 200,
    body: {
      events: events.map((event) => eventBody(event, occurrencesOf)),
      events_links: nextLink(links.history(tenantId, target.groupId), next),
    },
  };
}
