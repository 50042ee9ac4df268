import type { EpochMs } from '../../base/clock.ts';
import type { HistoryEvent, RecordedEvent } from '../../domain/history/event.ts';
import { historyCut } from '../../domain/history/retention.ts';
import type { GroupId } from '../../domain/ids.ts';
import type { HistoryRequest } from '../../ports/store.ts';
import type { Database } from './open.ts';

/** What is added to a group's history by one write. */
interface Appended {
  readonly groupId: GroupId;
  /** The number that the last of `events` gets; the group's row has it already. */
  readonly last: number;
  readonly events: readonly HistoryEvent[];
  readonly now: EpochMs;
}

/** The events of all groups. */
export interface Histories {
  /** Adds events, and now and then drops what is beyond the bounds. Belongs inside a write transaction. */
  append(appended: Appended): void;
  page(groupId: GroupId, request: HistoryRequest): readonly RecordedEvent[];
}

interface EventRow {
  readonly sequence: number;
  readonly at: EpochMs;
  readonly body: string;
}

/** The histories that a store file keeps. */
export function historiesOf(db: Database): Histories {
  const insert = db.prepare('insert into event (group_id, sequence, at, body) values (?, ?, ?, ?)');
  // Finds the first event to keep by walking over those that go, so a trim costs what it drops.
  const trim = db.prepare(
    `delete from event where group_id = ?1 and sequence < (
       select sequence from event where group_id = ?1 and sequence >= ?2 and at >= ?3
       order by sequence limit 1)`,
  );
  const columns = 'select sequence, at, body from event where group_id = ?';
  const oldestFirst = db.prepare<EventRow>(`${columns} and sequence > ? order by sequence limit ?`);
  const newestFirst = db.prepare<EventRow>(
    `${columns} and sequence < ? order by sequence desc limit ?`,
  );

  return {
    append({ groupId, last, events, now }) {
      let sequence = last - events.length;
      for (const event of events) {
        sequence += 1;
        insert.run(groupId, sequence, now, JSON.stringify(event));
      }
      const cut = historyCut({ groupId, last, count: events.length, now });
      if (cut !== undefined) trim.run(groupId, cut.firstSequence, cut.firstAt);
    },
    page(groupId, { from, order, limit }) {
      const rows =
        order === 'oldest-first'
          ? oldestFirst.all(groupId, from ?? 0, limit)
          : newestFirst.all(groupId, from ?? Number.MAX_SAFE_INTEGER, limit);
      return rows.map(({ sequence, at, body }) => ({
        sequence,
        at,
        event: JSON.parse(body) as HistoryEvent, // written by append
      }));
    },
  };
}
