/**
 * Requests that are carried out once, however often they are sent.
 *
 * Whether one was carried out before is decided on the group as it was read for the decision, and what it is
 * answered is kept by the same commit. Of two at once, on whatever nodes, one is committed; the other is stale,
 * reads again, and finds the answer. Whoever was told nothing may send the request again.
 */
import {
  ANSWERS_MAX,
  hasRoomForAnswer,
  keepingAnswer,
  keptAnswer,
} from '../domain/group/answers.ts';
import type { Keyed } from '../domain/group/answers.ts';
import { recordRefusal } from './record-refusal.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { NO_CHANGE } from './group-unit.ts';
import { changeGroup, partitionOfTarget, refusing, visibleTo } from './write-group.ts';
import type { GroupDecision, GroupTarget, NoSuchGroup, VisibleGroup } from './write-group.ts';

/** What is kept of an answer. */
export interface Telling {
  /** What was asked for is so; it was not refused. */
  readonly isDone: boolean;
  readonly text: string;
}

/** A request with a key, and how the answer to it is kept. */
export interface Once<Answer> extends Keyed {
  readonly tell: (answer: Answer) => Telling;
}

/** Why a request with a key is not carried out. */
export type NotAgain =
  /** It was, and this is what was kept of its answer. */
  | { readonly kind: 'told-before'; readonly text: string }
  /** The key is that of a request that asked for something else. */
  | { readonly kind: 'key-reused' }
  /** The group keeps as many answers as it can. */
  | { readonly kind: 'over-answer-limit'; readonly max: number };

type NotTaken = Exclude<NotAgain, { readonly kind: 'told-before' }>;

const KEY_REUSED: NotTaken = { kind: 'key-reused' };
const OVER_ANSWER_LIMIT: NotTaken = { kind: 'over-answer-limit', max: ANSWERS_MAX };

/** Decides about an existing group and commits the decision: once, where the request has a key. */
export async function changeGroupOnce<Answer>(
  deps: ScalingDeps,
  target: GroupTarget,
  once: Once<Answer> | undefined,
  decide: (group: VisibleGroup) => GroupDecision<Answer>,
): Promise<Answer | NoSuchGroup | NotAgain> {
  if (once === undefined) return changeGroup(deps, target, decide);
  return changeGroup<Answer | NotAgain>(deps, target, (group) =>
    refusedFor(target, decideOnce(group, once, decide)),
  );
}

/**
 * What is known of a request with a key before it is looked at any closer: what was granted once may not be
 * allowed by now, such as a time that was still to come. Undefined where it was not carried out, or not yet.
 */
export async function findTold(
  deps: ScalingDeps,
  target: GroupTarget,
  keyed: Keyed,
): Promise<NotAgain | undefined> {
  const partition = partitionOfTarget(deps.store, target.groupId);
  if (partition === undefined) return undefined;
  const group = visibleTo(target.tenantId, await deps.store.group(target.groupId));
  if (group === undefined) return undefined;
  const told = toldBefore(group, keyed);
  if (told === KEY_REUSED && target.caller !== undefined) {
    const refusal = { reason: told.kind, by: target.caller.by };
    await recordRefusal(deps, { ...target, partition }, refusal);
  }
  return told;
}

/** Has the history tell of a key that does not do, where it is known whose it is. */
function refusedFor<Answer>(
  { caller }: GroupTarget,
  decision: GroupDecision<Answer | NotAgain>,
): GroupDecision<Answer | NotAgain> {
  const { answer } = decision;
  if (caller === undefined || !isKeyRefused(answer)) return decision;
  return refusing(answer, { by: caller.by });
}

function isKeyRefused(answer: unknown): answer is NotTaken {
  return answer === KEY_REUSED || answer === OVER_ANSWER_LIMIT;
}

function toldBefore({ stored, now }: VisibleGroup, keyed: Keyed): NotAgain | undefined {
  const kept = keptAnswer(stored.fields, keyed.key, now);
  if (kept === undefined) return undefined;
  if (kept.fingerprint !== keyed.fingerprint) return KEY_REUSED;
  return { kind: 'told-before', text: kept.text };
}

/**
 * Whatever is committed is kept with its answer, the refusal of an execution included. So is what was so already,
 * or a late repeat could undo what others did since. Any other refusal is not: the request may be granted when it
 * is sent again.
 */
function decideOnce<Answer>(
  group: VisibleGroup,
  once: Once<Answer>,
  decide: (group: VisibleGroup) => GroupDecision<Answer>,
): GroupDecision<Answer | NotAgain> {
  const told = toldBefore(group, once);
  if (told !== undefined) return { kind: 'leave', answer: told };
  const decision = decide(group);
  const { isDone, text } = once.tell(decision.answer);
  if (decision.kind === 'leave' && !isDone) return decision;
  const { now, stored } = group;
  if (!hasRoomForAnswer(stored.fields, now)) {
    return { kind: 'leave', answer: OVER_ANSWER_LIMIT };
  }
  const change = decision.kind === 'change' ? decision.change : NO_CHANGE;
  const set = { ...change.set, ...keepingAnswer(once, text, now) };
  return { kind: 'change', change: { ...change, set }, answer: decision.answer };
}
