import { readHistory } from '../../scaling/read-history.ts';
import { followHistory } from '../../scaling/follow-history.ts';
import type { HistoryNews } from '../../scaling/follow-history.ts';
import type { ScalingDeps } from '../../scaling/scaling-deps.ts';
import { invalidQuery, noSuchGroup } from '../errors.ts';
import { eventBody } from '../history-format.ts';
import { filterKeysOf, historyFilterOf, lastEventIdOf, wantsStream } from '../history-query.ts';
import { nextLink } from '../links.ts';
import { historyOrderOf, limitOf, sequenceMarkerOf } from '../query.ts';
import { needs } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';
import { groupTargetOf, wordingOf } from './targets.ts';

const EVENT_STREAM = 'text/event-stream';

/** What happened to a group, and, as a stream, what happens to it. */
export function historyRoutes(deps: RouteDeps): readonly Route[] {
  return [
    {
      path: '/v1.0/:tenantId/groups/:groupId/history',
      methods: {
        GET: needs('read', (call) =>
          wantsStream(call.accept) ? follow(deps, call) : show(deps, call),
        ),
      },
    },
  ];
}

/** What the client is told: new lines in a JSON text are escaped, so each is one line. */
function messageOf(news: HistoryNews, occurrencesOf: ScalingDeps['occurrencesOf']): string {
  switch (news.kind) {
    case 'events': {
      const messages = news.events.map((event) => {
        const data = JSON.stringify(eventBody(event, occurrencesOf));
        return `id: ${String(event.sequence)}\ndata: ${data}\n\n`;
      });
      // What does not pass the filter is not looked at again by whoever comes back.
      const isLastTold = news.events.at(-1)?.sequence === news.last;
      return messages.join('') + (isLastTold ? '' : `id: ${String(news.last)}\n\n`);
    }
    case 'gap': {
      const { after, next } = news;
      const id = String(next - 1);
      return `id: ${id}\nevent: gap\ndata: ${JSON.stringify({ after, next })}\n\n`;
    }
    case 'nothing-new':
    case 'gone':
      return '';
  }
}

/** The history as it grows, from the last event that the client has, or else from now on. */
async function follow(deps: RouteDeps, call: Call): Promise<Reply> {
  const filter = historyFilterOf(call.query);
  if (call.query.get('order') === 'newest-first') {
    throw invalidQuery('Invalid query argument for "order": a stream is oldest-first');
  }
  const asked = lastEventIdOf(call) ?? sequenceMarkerOf(call.query);
  const target = groupTargetOf(call);
  const { scaling } = deps;
  const newest = await readHistory(scaling.store, target, {
    ...{ from: undefined, order: 'newest-first', limit: 1, filter: {} },
  });
  if (newest === undefined) throw noSuchGroup(target);
  const after = asked ?? newest[0]?.sequence ?? 0;
  return {
    status: 200,
    headers: { 'Content-Type': EVENT_STREAM },
    stream: async (client) => {
      // So that whoever comes back before the first event says from where.
      await client.send(`id: ${String(after)}\n\n`);
      const followed = { ...target, signal: client.signal };
      for await (const news of followHistory(scaling, followed, { after, filter })) {
        await client.send(messageOf(news, scaling.occurrencesOf));
        await client.keepAlive();
      }
    },
  };
}

async function show(deps: RouteDeps, call: Call): Promise<Reply> {
  const limit = limitOf(call.query, deps.pageMax);
  const from = sequenceMarkerOf(call.query);
  const order = historyOrderOf(call.query);
  const filter = historyFilterOf(call.query);
  const target = groupTargetOf(call);
  const { store, occurrencesOf } = deps.scaling;
  const events = await readHistory(store, target, { from, order, limit, filter });
  if (events === undefined) throw noSuchGroup(target);
  const last = events.length === limit ? events.at(-1) : undefined;
  const next =
    last === undefined
      ? undefined
      : { limit: String(limit), marker: String(last.sequence), order, ...filterKeysOf(call.query) };
  const { links, tenantId } = wordingOf(deps, call);
  return {
    status: 200,
    body: {
      events: events.map((event) => eventBody(event, occurrencesOf)),
      events_links: nextLink(links.history(tenantId, target.groupId), next),
    },
  };
}
