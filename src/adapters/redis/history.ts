import type { HistoryEvent, RecordedEvent } from '../../domain/history/event.ts';
import { AGE_MAX_MS, EVENTS_MAX, TRIM_EVERY } from '../../domain/history/retention.ts';
import { epochMs } from '../../base/clock.ts';
import type { GroupId, PartitionId } from '../../domain/ids.ts';
import type { HistoryRequest } from '../../ports/store.ts';
import type { RunScript } from './connection.ts';
import { keysOf } from './keys.ts';
import { ReplyReader } from './replies.ts';
import { SCRIPTS } from './scripts.ts';

/** How much history scripts keep. */
export const HISTORY_BOUNDS: readonly string[] = [EVENTS_MAX, AGE_MAX_MS, TRIM_EVERY].map(String);

/** An event as scripts get it; they put its instant before it. */
export function eventArg(event: HistoryEvent): string {
  return JSON.stringify(event);
}

/** The face of `history.lua`. */
export async function readHistory(
  run: RunScript,
  identity: string,
  read: {
    readonly partition: PartitionId;
    readonly groupId: GroupId;
    readonly request: HistoryRequest;
  },
): Promise<readonly RecordedEvent[]> {
  const { order, from, limit } = read.request;
  const keys = keysOf(read.partition);
  const names = [keys.fence, keys.group(read.groupId), keys.history(read.groupId)];
  const args = [identity, order, from === undefined ? '' : String(from), String(limit)];
  const reply = new ReplyReader(await run(SCRIPTS.history, names, args));
  const events: RecordedEvent[] = [];
  for (let sequence = reply.number(); !reply.isAtEnd; sequence += 1) {
    events.push(recordedEvent(sequence, reply.text()));
  }
  return order === 'oldest-first' ? events : events.reverse();
}

function recordedEvent(sequence: number, entry: string): RecordedEvent {
  const space = entry.indexOf(' ');
  const at = epochMs(Number(entry.slice(0, space)));
  return { sequence, at, event: JSON.parse(entry.slice(space + 1)) as HistoryEvent }; // written by eventArg
}
