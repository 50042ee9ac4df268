/** Why a group is as large as it is. */
import { plusMs } from '../base/clock.ts';
import { changesDesired, explain } from '../domain/forecast/explain.ts';
import type { Explanation } from '../domain/forecast/explain.ts';
import { decodeGroup } from '../domain/group/fields.ts';
import type { RecordedEvent } from '../domain/history/event.ts';
import type { GroupId } from '../domain/ids.ts';
import type { Store } from '../ports/store.ts';
import { factsOf, forecastInTurns, SPAN_DEFAULT_MS } from './forecast-group.ts';
import { SCAN_EVENTS, SCANS_MAX } from './read-history.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { partitionOfTarget, visibleTo } from './write-group.ts';
import type { GroupTarget } from './write-group.ts';

/** The explanation; undefined where the tenant has no such group. */
export async function explainGroup(
  deps: ScalingDeps,
  target: GroupTarget,
): Promise<Explanation | undefined> {
  const { store, occurrencesOf } = deps;
  const { tenantId, groupId, signal } = target;
  if (partitionOfTarget(store, groupId) === undefined) return undefined;
  const visible = visibleTo(tenantId, await store.group(groupId));
  if (visible === undefined) return undefined;
  const { now, stored } = visible;
  const span = { now, from: now, to: plusMs(now, SPAN_DEFAULT_MS) };
  const ahead = await forecastInTurns(deps, signal, {
    ...{ ...factsOf(stored), ...span, listed: 'first-change', occurrencesOf },
  });
  const lastChange = await lastChangeOf(store, groupId, signal);
  const { isDivergent } = stored;
  return explain({ group: decodeGroup(stored), now, isDivergent, lastChange, ahead });
}

async function lastChangeOf(
  store: Store,
  groupId: GroupId,
  signal: AbortSignal,
): Promise<RecordedEvent | undefined> {
  let from: number | undefined;
  for (let count = 0; count < SCANS_MAX; count += 1) {
    signal.throwIfAborted();
    const request = { from, order: 'newest-first', limit: SCAN_EVENTS } as const;
    const page = await store.history(groupId, request);
    const found = page.find(({ event }) => changesDesired(event));
    if (found !== undefined || page.length < SCAN_EVENTS) return found;
    from = page.at(-1)?.sequence;
  }
  return undefined;
}
