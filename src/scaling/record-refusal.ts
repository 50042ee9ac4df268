/**
 * Has the history of a group tell of what was refused.
 *
 * Nothing else is changed, so the record is a commit of its own. The answer is known before it and does not depend
 * on it: it is waited for a second at most, and where the store does not take it the log tells of it instead.
 */
import { assert } from '../base/assert.ts';
import { LutraError } from '../base/errors.ts';
import type { HistoryEvent, WantedChange } from '../domain/history/event.ts';
import type { PartitionId } from '../domain/ids.ts';
import { NOT_AN_OWNER } from '../ports/store.ts';
import type { StoredFields } from '../ports/store.ts';
import { NO_CHANGE, unitOf } from './group-unit.ts';
import type { ChangeTarget } from './group-unit.ts';
import type { ScalingDeps } from './scaling-deps.ts';

/** A change that was wanted, and why there is none. */
export interface Refusal extends WantedChange {
  readonly by: string;
  readonly reason: string;
  /** What the change would have written, where that is to be told. */
  readonly set?: StoredFields;
}

/** How long the answer waits for the record of it. */
const RECORD_MS = 1_000;
/** Times that it is tried where the group moves meanwhile. */
const TRIES_MAX = 3;

/** Records the refusal, or tells why it could not. Never rejects. */
export async function recordRefusal(
  deps: ScalingDeps,
  target: ChangeTarget & { readonly partition: PartitionId },
  refusal: Refusal,
): Promise<void> {
  const finished = new AbortController();
  const late = async (): Promise<void> => {
    await deps.clock.sleep(RECORD_MS, finished.signal);
    if (finished.signal.aborted) return;
    throw new LutraError('store-unavailable', `no reply within ${String(RECORD_MS)} ms`);
  };
  try {
    await Promise.race([record(deps, target, refusal), late()]);
  } catch (err) {
    const { tenantId, groupId } = target;
    const { wanted, reason, by } = refusal;
    deps.observe({
      ...{ event: 'change.refusal-unrecorded', tenantId, groupId, wanted, reason, by, err },
    });
  } finally {
    finished.abort();
  }
}

async function record(
  deps: ScalingDeps,
  target: Parameters<typeof recordRefusal>[1],
  { set = {}, ...refusal }: Refusal,
): Promise<void> {
  const event: HistoryEvent = { event: 'change.refused', outcome: 'refused', ...refusal };
  for (let tryCount = 1; tryCount <= TRIES_MAX; tryCount += 1) {
    const read = await deps.store.group(target.groupId);
    if (read.group?.tenantId !== target.tenantId) return; // gone, with its history
    // With what would have been written, so that its values are told, and then without it.
    const { events } = unitOf(target, read, { ...NO_CHANGE, set, events: [event] }, deps.random);
    const unit = unitOf(target, read, NO_CHANGE, deps.random);
    const result = await deps.store.commit(target.partition, NOT_AN_OWNER, [{ ...unit, events }]);
    assert(result.kind === 'answered', 'a write that carries no token is never fenced');
    if (result.results[0] === 'committed') return;
  }
  throw new LutraError('store-unavailable', `the group changed ${String(TRIES_MAX)} times`);
}
