/** `lutra history GROUP --follow`: what a group's history has, and then what is added to it. */
import { historyNewsOf } from './history-news.ts';
import { HISTORY_HEADING, historyRow } from './history-row.ts';
import { jsonLine } from './output.ts';
import type { Session } from './session.ts';
import type { WireEvent } from './wire.ts';

/** Where following starts. */
export interface FollowStart {
  /** The path of the stream, with the query that filters it. */
  readonly path: string;
  /** What is shown first, oldest first. */
  readonly events: readonly WireEvent[];
  /** What comes after the event of this number is new. */
  readonly after: number;
  /** What people call the policies of the group, by id. */
  readonly policyNames: ReadonlyMap<string, string>;
}

/**
 * Prints events as they come, each once and in their order, until the user interrupts it or the group is deleted. No
 * more is held than one event and a buffer of output: whoever reads slowly is waited for.
 */
export async function followHistory(session: Session, start: FollowStart): Promise<void> {
  const { stdout } = session.world;
  const follow = await session.connectToStream();
  const print = session.isJson ? printJson(session) : printRows(session, start.policyNames);
  start.events.forEach(print);
  let shownTo = start.after;
  for await (const told of follow({ path: start.path, after: start.after })) {
    if (told.kind === 'away') {
      session.say(`${told.why}; it is asked again`);
      continue;
    }
    const news = historyNewsOf(told.message);
    if (news.kind === 'gone') {
      session.say('the group is deleted');
      return;
    }
    if (news.kind === 'gap') {
      session.say(gapText(news));
      shownTo = news.next - 1;
    }
    // A node that tells old events again must not make us print them.
    if (news.kind === 'event' && news.event.sequence > shownTo) {
      shownTo = news.event.sequence;
      print(news.event);
      await stdout.drained();
    }
  }
}

function gapText({ after, next }: { readonly after: number; readonly next: number }): string {
  const [first, last] = [after + 1, next - 1];
  if (last < first) {
    return `gap: the store lost the events after ${String(last)}; new ones are numbered from ${String(next)} on`;
  }
  const which =
    first === last ? `event ${String(first)} is` : `events ${String(first)} to ${String(last)} are`;
  return `gap: ${which} no longer in the history`;
}

function printJson({ world }: Session): (event: WireEvent) => void {
  return (event) => world.stdout.write(jsonLine(event));
}

/** Rows come one by one, so columns have a fixed width that fits what they usually hold. */
const WIDTHS = [24, 15, 16, 8, 0];

function printRows(
  { world, colours }: Session,
  policyNames: ReadonlyMap<string, string>,
): (event: WireEvent) => void {
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0)).join('  ');
  world.stdout.write(`${colours.heading(line(HISTORY_HEADING).trimEnd())}\n`);
  return (event) => world.stdout.write(`${line(historyRow(event, policyNames)).trimEnd()}\n`);
}
