import { InvalidArgumentError } from 'commander';

import type { Registry } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { followHistory } from '../follow-history.ts';
import type { FollowStart } from '../follow-history.ts';
import { bodyOf, findGroup, groupPath } from '../groups.ts';
import { addFilterOptions, filterQuery } from '../history-filter.ts';
import type { HistoryFilterOptions } from '../history-filter.ts';
import { HISTORY_HEADING, historyRow } from '../history-row.ts';
import { spanIn } from '../instant-option.ts';
import type { SpanOptions } from '../instant-option.ts';
import type { NodeClient } from '../node-client.ts';
import { timed } from '../timed-client.ts';
import { HISTORY_REPLY, readReply } from '../wire.ts';
import type { WireEvent, WireGroup } from '../wire.ts';

interface HistoryOptions extends HistoryFilterOptions {
  readonly limit: number;
  readonly follow?: boolean;
}

const LIMIT_MAX = 1000;

/** `lutra history GROUP`. */
export function addHistory({ program, action }: Registry): void {
  addFilterOptions(
    program
      .command('history')
      .description('show what happened to a group and why, oldest first')
      .argument('<group>', 'id, key or name of the group')
      .option(
        '--limit <number>',
        `how many of the latest events, 1 to ${String(LIMIT_MAX)}`,
        limitOption,
        50,
      )
      .option(
        '--follow',
        'go on with what happens next, until interrupted (with -o json, one object per line)',
      ),
  ).action(
    action<HistoryOptions>(async (session, { words: [idOrKey = ''], options }) => {
      const { ask: client, now } = timed(await session.connect());
      const group = await findGroup(client, session.tenant, idOrKey);
      const { from, to } = spanIn(options, now);
      if (options.follow === true && to !== undefined && to.at <= now()) throw endedBefore(to.text);
      const said = { ...options, ...textOf('from', from), ...textOf('to', to) };
      const filter = filterQuery(said, group);
      const source = { client, path: `${groupPath(session.tenant, group.id)}/history`, filter };
      const names = namesOf(group);
      if (options.follow === true) {
        await followHistory(session, { ...(await startOf(source, options)), policyNames: names });
        return EXIT.ok;
      }
      const events = await latest(source, options.limit);
      session.show({
        json: { events },
        heading: HISTORY_HEADING,
        rows: events.map((event) => historyRow(event, names)),
      });
      return EXIT.ok;
    }),
  );
}

function textOf(name: 'from' | 'to', instant: { readonly text: string } | undefined): SpanOptions {
  return instant === undefined ? {} : { [name]: instant.text };
}

/** Nothing that happens next would be shown, however long it is waited for. */
function endedBefore(to: string): CommandError {
  return new CommandError(
    EXIT.usage,
    `--to: is past, received ${JSON.stringify(to)}; with --follow write a time that is to come, or leave it out`,
  );
}

/** Where events are read. */
interface Source {
  readonly client: NodeClient;
  readonly path: string;
  /** Keys of the query, each with an `&` in front. */
  readonly filter: string;
}

/** The latest events, oldest first. */
async function latest(source: Source, limit: number): Promise<readonly WireEvent[]> {
  const events: WireEvent[] = [];
  let marker = '';
  while (events.length < limit) {
    const wanted = `limit=${String(limit - events.length)}`;
    const page = await readPage(source, `order=newest-first&${wanted}${marker}`);
    const last = page.at(-1);
    if (last === undefined) break;
    events.push(...page);
    marker = `&marker=${String(last.sequence)}`;
  }
  return events.slice(0, limit).reverse();
}

/**
 * Where to follow from. The newest event is looked up before those that pass the filter: what is new after it and
 * passes is in that list or comes later, and old events that do not pass are not gone through again.
 */
async function startOf(
  source: Source,
  { limit }: HistoryOptions,
): Promise<Omit<FollowStart, 'policyNames'>> {
  const [newest] = await readPage({ ...source, filter: '' }, 'order=newest-first&limit=1');
  const events = await latest(source, limit);
  const after = Math.max(newest?.sequence ?? 0, events.at(-1)?.sequence ?? 0);
  return { path: `${source.path}?order=oldest-first${source.filter}`, events, after };
}

async function readPage(
  { client, path, filter }: Source,
  query: string,
): Promise<readonly WireEvent[]> {
  const reply = await client({ method: 'GET', path: `${path}?${query}${filter}` });
  return readReply(HISTORY_REPLY, bodyOf(reply)).events;
}

/** What people call the policies of a group. */
function namesOf(group: WireGroup): ReadonlyMap<string, string> {
  return new Map(group.scalingPolicies.map(({ id, key, name }) => [id, key ?? name]));
}

function limitOption(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new InvalidArgumentError(`write a whole number from 1 to ${String(LIMIT_MAX)}`);
}
