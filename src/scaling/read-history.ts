/** What people read of the history of a group. */
import { isOpen, passes } from '../domain/history/filter.ts';
import type { HistoryFilter } from '../domain/history/filter.ts';
import type { RecordedEvent } from '../domain/history/event.ts';
import { EVENTS_MAX, TRIM_EVERY } from '../domain/history/retention.ts';
import type { GroupId, TenantId } from '../domain/ids.ts';
import type { HistoryRequest, Store } from '../ports/store.ts';
import { partitionOfTarget, visibleTo } from './write-group.ts';

/** A page of those events that pass the filter. */
export interface HistoryQuery extends HistoryRequest {
  readonly filter: HistoryFilter;
}

/** Events that are read at once while those are looked for that pass a filter. */
export const SCAN_EVENTS = 200;
/** Reads that reach the end of the longest history. */
export const SCANS_MAX = Math.ceil((EVENTS_MAX + TRIM_EVERY) / SCAN_EVENTS);

/**
 * A page of a group's history; undefined where the tenant has no such group. A page that is not full is the last.
 * Filters are for the whole history, so that a full page may take several reads of it.
 */
export async function readHistory(
  store: Store,
  target: { readonly tenantId: TenantId; readonly groupId: GroupId },
  { filter, ...request }: HistoryQuery,
): Promise<readonly RecordedEvent[] | undefined> {
  const { tenantId, groupId } = target;
  if (partitionOfTarget(store, groupId) === undefined) return undefined;
  if (visibleTo(tenantId, await store.group(groupId)) === undefined) return undefined;
  return isOpen(filter)
    ? store.history(groupId, request)
    : scan(store, groupId, { filter, ...request });
}

async function scan(
  store: Store,
  groupId: GroupId,
  { filter, order, limit, from }: HistoryQuery,
): Promise<readonly RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  let seen = from;
  for (let count = 0; count < SCANS_MAX && found.length < limit; count += 1) {
    const page = await store.history(groupId, { from: seen, order, limit: SCAN_EVENTS });
    found.push(...page.filter((event) => passes(filter, event)));
    if (page.length < SCAN_EVENTS) break;
    seen = page.at(-1)?.sequence;
  }
  return found.slice(0, limit);
}
