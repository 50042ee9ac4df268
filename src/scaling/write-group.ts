/**
 * The one way in which people's requests change a group: read, decide, commit; decide again where the
 * group moved in between, and ask again where the store's answer was lost.
 *
 * Trigger: a request. Bound: one unit of one group. Concurrency: one request per group of this node at a
 * time. Back-off: jittered, between tries of either kind. Stop: an answer, the limit of tries, or the
 * request's signal.
 *
 * Two kinds of trying again must not be mixed up. After `stale` nothing was applied, so a new decision
 * under a new commit id is right. After a lost reply the unit may have been applied, so only the very
 * same unit may be sent again: a new one could execute a policy twice.
 */
import { assert } from '../base/assert.ts';
import { backoffMs } from '../base/backoff.ts';
import type { BackoffSettings } from '../base/backoff.ts';
import type { EpochMs } from '../base/clock.ts';
import { hasCode, LutraError } from '../base/errors.ts';
import { outlivedAnswers } from '../domain/group/answers.ts';
import { decodeState } from '../domain/group/fields.ts';
import type { ScalingState } from '../domain/group/group.ts';
import type { GroupId, PartitionId, TenantId } from '../domain/ids.ts';
import { partitionOf } from '../domain/partition/partition-of.ts';
import { NOT_AN_OWNER } from '../ports/store.ts';
import type { Store, StoredGroup, Unit, UnitResult } from '../ports/store.ts';
import { unitOf } from './group-unit.ts';
import type { ChangeTarget, GroupChange } from './group-unit.ts';
import { recordRefusal } from './record-refusal.ts';
import type { Refusal } from './record-refusal.ts';
import type { ScalingDeps } from './scaling-deps.ts';

/** The group that a request is about. */
export interface GroupTarget extends ChangeTarget {
  /** Ends the tries when nobody waits for the answer any more; its reason is what they then reject with. */
  readonly signal: AbortSignal;
  /** The group as it was read a moment ago, by whoever needed it before: it is not read again unless it moves. */
  readonly seen?: Read;
}

/** There is no such group of this tenant, or it is being deleted. */
export interface NoSuchGroup {
  readonly kind: 'no-such-group';
}

/** What is to be done about a group as it was read, and the answer once that is done. */
export type GroupDecision<Answer> =
  | {
      readonly kind: 'change';
      readonly change: GroupChange;
      readonly answer: Answer;
      /** The answer where the change has a `listingMax`, and the list has no room. */
      readonly ifFull?: Answer;
    }
  | {
      readonly kind: 'leave';
      readonly answer: Answer;
      /** Recorded where something was wanted, and the answer is no. */
      readonly refusal?: Refusal;
    };

/** A group that a tenant can see, as it was read. */
export interface VisibleGroup {
  /** The store's clock at the read. */
  readonly now: EpochMs;
  readonly stored: StoredGroup;
  readonly state: ScalingState;
}

const NO_SUCH_GROUP: NoSuchGroup = { kind: 'no-such-group' };

/** Decisions that a request may see go stale. The owner commits far less often than this takes. */
const TRIES_MAX = 10;
const STALE_BACKOFF: BackoffSettings = { firstMs: 5, maxMs: 320 };
/** Times that one and the same unit is sent while the store does not answer. */
const SENDS_MAX = 3;
const LOST_REPLY_BACKOFF: BackoffSettings = { firstMs: 50, maxMs: 500 };

/** Group ids are lower-case UUIDs; anything else cannot name a group. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where the group lives; undefined where the id cannot be a group's. */
export function partitionOfTarget(store: Store, groupId: GroupId): PartitionId | undefined {
  return UUID.test(groupId) ? partitionOf(groupId, store.layout) : undefined;
}

/** The group as its tenant sees it; undefined where it is another tenant's or is being deleted. Throws `record-malformed`. */
export function visibleTo(
  tenantId: TenantId,
  read: { readonly now: EpochMs; readonly group: StoredGroup | undefined },
): VisibleGroup | undefined {
  const { now, group } = read;
  if (group?.tenantId !== tenantId) return undefined;
  const state = decodeState(group.fields['state']);
  return state.isDeleting ? undefined : { now, stored: group, state };
}

/**
 * Decides about an existing group and commits the decision.
 * Throws `store-unavailable` where the outcome cannot be known, or the group never stood still.
 */
export async function changeGroup<Answer>(
  deps: ScalingDeps,
  target: GroupTarget,
  decide: (group: VisibleGroup) => GroupDecision<Answer>,
): Promise<Answer | NoSuchGroup> {
  const partition = partitionOfTarget(deps.store, target.groupId);
  if (partition === undefined) return NO_SUCH_GROUP;
  return decideAndCommit<Answer | NoSuchGroup>(deps, { ...target, partition }, (read) => {
    const group = visibleTo(target.tenantId, read);
    if (group === undefined) return { kind: 'leave', answer: NO_SUCH_GROUP };
    return forgetting(group, decide(group));
  });
}

/** The same for a group that does not exist yet, unless its id has been given before: `target` carries the id. */
export async function addGroup<Answer>(
  deps: ScalingDeps,
  target: GroupTarget,
  decide: (now: EpochMs, existing: StoredGroup | undefined) => GroupDecision<Answer>,
): Promise<Answer> {
  const partition = partitionOfTarget(deps.store, target.groupId);
  assert(partition !== undefined, 'a new group is given an id that has a partition');
  return decideAndCommit(deps, { ...target, partition }, ({ now, group }) => decide(now, group));
}

/** The decision, with the answers to earlier requests dropped that need not be kept any more. */
function forgetting<Answer>(
  { stored, now }: VisibleGroup,
  decision: GroupDecision<Answer>,
): GroupDecision<Answer> {
  if (decision.kind === 'leave' || typeof decision.change.remove === 'string') return decision;
  const { change } = decision;
  const outlived = outlivedAnswers(stored.fields, now);
  if (outlived.length === 0) return decision;
  return { ...decision, change: { ...change, remove: [...decision.change.remove, ...outlived] } };
}

/** The decision that nothing is done of what is wanted, which the history is to tell. The reason is the answer's kind. */
export function refusing<Answer extends { readonly kind: string }>(
  answer: Answer,
  wanted: Omit<Refusal, 'reason'> & { readonly reason?: string },
): GroupDecision<Answer> {
  return { kind: 'leave', answer, refusal: { reason: answer.kind, ...wanted } };
}

interface Read {
  readonly now: EpochMs;
  readonly group: StoredGroup | undefined;
}

type Placed = GroupTarget & { readonly partition: PartitionId };

function decideAndCommit<Answer>(
  deps: ScalingDeps,
  target: Placed,
  decide: (read: Read) => GroupDecision<Answer>,
): Promise<Answer> {
  const turn = `group:${target.groupId}`;
  // Whoever is before us moves the group, so that what was seen of it would be found stale.
  let seen = deps.turns.isFree(turn) ? target.seen : undefined;
  return deps.turns.take(turn, target.signal, async () => {
    for (let tryCount = 1; tryCount <= TRIES_MAX; tryCount += 1) {
      target.signal.throwIfAborted();
      const read = seen ?? (await deps.store.group(target.groupId));
      seen = undefined;
      const decision = decide(read);
      if (decision.kind === 'leave') {
        if (decision.refusal !== undefined) await recordRefusal(deps, target, decision.refusal);
        return decision.answer;
      }
      const unit = unitOf(target, read, decision.change, deps.random);
      const result = await commit(deps, target, unit);
      if (result === 'committed') return decision.answer;
      if (result === 'full') {
        assert(
          decision.ifFull !== undefined,
          'a change with a limit says what it is answered there',
        );
        return decision.ifFull;
      }
      await deps.clock.sleep(
        backoffMs(STALE_BACKOFF, tryCount, deps.random.fraction()),
        target.signal,
      );
    }
    throw new LutraError(
      'store-unavailable',
      `group ${target.groupId} changed ${String(TRIES_MAX)} times while a change to it was being decided`,
    );
  });
}

/** Sends the unit until the store says what became of it. */
async function commit(
  deps: ScalingDeps,
  target: Placed,
  unit: Unit,
): Promise<Exclude<UnitResult, 'unknown'>> {
  for (let sendCount = 1; ; sendCount += 1) {
    const result = await send(deps, target.partition, unit);
    switch (result.kind) {
      case 'answered':
        return result.answer;
      case 'unknown':
        throw unknownOutcome(target.groupId, undefined);
      case 'no-reply':
        if (sendCount === SENDS_MAX || target.signal.aborted) {
          throw unknownOutcome(target.groupId, result.cause);
        }
    }
    await deps.clock.sleep(
      backoffMs(LOST_REPLY_BACKOFF, sendCount, deps.random.fraction()),
      target.signal,
    );
  }
}

type Sent =
  | { readonly kind: 'answered'; readonly answer: Exclude<UnitResult, 'unknown'> }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'no-reply'; readonly cause: unknown };

async function send(deps: ScalingDeps, partition: PartitionId, unit: Unit): Promise<Sent> {
  try {
    const result = await deps.store.commit(partition, NOT_AN_OWNER, [unit]);
    assert(result.kind === 'answered', 'a write that carries no token is never fenced');
    const [answer] = result.results;
    assert(answer !== undefined, 'the store answers every unit');
    return answer === 'unknown' ? { kind: 'unknown' } : { kind: 'answered', answer };
  } catch (error) {
    if (hasCode(error, 'store-unavailable')) return { kind: 'no-reply', cause: error };
    throw error;
  }
}

function unknownOutcome(groupId: GroupId, cause: unknown): LutraError {
  return new LutraError(
    'store-unavailable',
    `the store does not say whether a change of group ${groupId} was committed`,
    { cause },
  );
}
