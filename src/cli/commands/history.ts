import { InvalidArgumentError } from 'commander';

import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { bodyOf, findGroup, groupPath } from '../groups.ts';
import { addFilterOptions, filterQuery } from '../history-filter.ts';
import type { HistoryFilterOptions } from '../history-filter.ts';
import { HISTORY_HEADING, historyRow } from '../history-row.ts';
import type { NodeClient } from '../node-client.ts';
import { jsonLine } from '../output.ts';
import type { Session } from '../session.ts';
import { HISTORY_REPLY, readReply } from '../wire.ts';
import type { WireEvent, WireGroup } from '../wire.ts';
import type { World } from '../world.ts';

interface HistoryOptions extends HistoryFilterOptions {
  readonly limit: number;
  readonly follow?: boolean;
}

const LIMIT_MAX = 1000;
const POLL_MS = 500;

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
      const client = await session.connect();
      const group = await findGroup(client, session.tenant, idOrKey);
      const filter = filterQuery(options, group);
      const source = { client, path: `${groupPath(session.tenant, group.id)}/history`, filter };
      const events = await latest(source, options.limit);
      if (options.follow === true) {
        await follow(session, { ...source, group, events });
        return EXIT.ok;
      }
      const names = namesOf(group);
      session.show({
        json: { events },
        heading: HISTORY_HEADING,
        rows: events.map((event) => historyRow(event, names)),
      });
      return EXIT.ok;
    }),
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

async function readPage(
  { client, path, filter }: Source,
  query: string,
): Promise<readonly WireEvent[]> {
  const reply = await client({ method: 'GET', path: `${path}?${query}${filter}` });
  return readReply(HISTORY_REPLY, bodyOf(reply)).events;
}

/** Prints events as they come, until the user interrupts it. */
async function follow(
  session: Session,
  from: Source & { readonly group: WireGroup; readonly events: readonly WireEvent[] },
): Promise<void> {
  const { world } = session;
  const names = namesOf(from.group);
  const print = session.isJson ? printJson(session) : printRows(session, names);
  let marker = 0;
  let events = from.events;
  while (!world.interrupted.aborted) {
    events.forEach(print);
    marker = events.at(-1)?.sequence ?? marker;
    if (events.length === 0) await world.clock.sleep(POLL_MS, world.interrupted);
    const query = `order=oldest-first&marker=${String(marker)}`;
    const page = await readUnlessInterrupted(world, from, query);
    // A node that gives old events again must not make us print them, nor ask without a pause.
    events = page.filter(({ sequence }) => sequence > marker);
  }
}

/** Being interrupted is how following ends, also in the middle of a request. */
async function readUnlessInterrupted(
  world: World,
  source: Source,
  query: string,
): Promise<readonly WireEvent[]> {
  try {
    return world.interrupted.aborted ? [] : await readPage(source, query);
  } catch (error) {
    if (world.interrupted.aborted) return [];
    throw error;
  }
}

function printJson({ world }: Session): (event: WireEvent) => void {
  return (event) => world.stdout.write(jsonLine(event));
}

/** Rows come one by one, so columns have a fixed width that fits what they usually hold. */
const WIDTHS = [24, 15, 16, 8, 0];

function printRows(
  { world, colours }: Session,
  names: ReadonlyMap<string, string>,
): (event: WireEvent) => void {
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0)).join('  ');
  world.stdout.write(`${colours.heading(line(HISTORY_HEADING).trimEnd())}\n`);
  return (event) => world.stdout.write(`${line(historyRow(event, names)).trimEnd()}\n`);
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
