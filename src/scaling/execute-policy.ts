import {
  copiesIn,
  decodeDefinition,
  decodeLimits,
  decodeProgress,
  definitionField,
  encodeField,
  progressField,
} from '../domain/group/fields.ts';
import type { ScalingState } from '../domain/group/group.ts';
import type { RefusalReason, SkipReason } from '../domain/history/event.ts';
import type { PolicyId } from '../domain/ids.ts';
import { decideScaling, outcomeOf, skipReasonOf } from '../domain/scaling/decide.ts';
import type { Decision } from '../domain/scaling/decide.ts';
import { hasPolicy } from './change-policies.ts';
import type { NoSuchPolicy, PolicyTarget } from './change-policies.ts';
import { ifExpected } from './expectation.ts';
import type { Expectation, Unexpected } from './expectation.ts';
import { changeGroupOnce } from './once.ts';
import type { NotAgain, Once } from './once.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { NO_CHANGE } from './group-unit.ts';
import type { GroupChange } from './group-unit.ts';
import { refusing } from './write-group.ts';
import type { GroupDecision, NoSuchGroup, VisibleGroup } from './write-group.ts';

export type ExecutePolicyResult =
  | { readonly kind: 'scaled' }
  /** The policy was consulted and nothing changed; the group is looked at all the same. */
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  /** The policy was not consulted. */
  | { readonly kind: 'skipped'; readonly reason: SkipReason }
  | NoSuchPolicy
  | NoSuchGroup;

/** The policy may have to be as whoever executes it saw it. */
export type ExecuteSeenPolicyResult = ExecutePolicyResult | Unexpected;

/** Who executes a policy, and the fresh id of the execution. */
interface Execution {
  readonly executionId: string;
  readonly by: string;
}

/**
 * Executes a policy of any type by hand; what it is armed for stays armed. Whatever comes of it is in the
 * group's history. That the group is paused or suspended is found before that the policy does not exist.
 */
export async function executePolicy(
  deps: ScalingDeps,
  target: PolicyTarget,
  request: {
    readonly by: string;
    readonly once?: Once<ExecuteSeenPolicyResult> | undefined;
    readonly expectation?: Expectation | undefined;
  },
): Promise<ExecuteSeenPolicyResult | NotAgain> {
  const execution: Execution = { executionId: deps.random.uuid(), by: request.by };
  const { policyId } = target;
  const wanted = { wanted: 'policy.executed', policyId, by: request.by } as const;
  const decide = ifExpected(request.expectation, wanted, (group) =>
    decideExecution(group, policyId, execution),
  );
  return changeGroupOnce<ExecuteSeenPolicyResult>(deps, target, request.once, decide);
}

/** What the execution of a policy does to its group as it was read. Throws `record-malformed`. */
export function decideExecution(
  group: VisibleGroup,
  policyId: PolicyId,
  execution: Execution,
): GroupDecision<ExecutePolicyResult> {
  const { now, stored, state } = group;
  if (!hasPolicy(stored, policyId)) {
    const skip = skipOf(group);
    if (skip === undefined) return { kind: 'leave', answer: { kind: 'no-such-policy' } };
    const { by } = execution;
    return refusing(skip, { wanted: 'policy.executed', policyId, by, reason: skip.reason });
  }
  const decision = decideScaling({
    state,
    limits: decodeLimits(stored.fields['limits']),
    policy: {
      definition: decodeDefinition(
        stored.fields[definitionField(policyId)],
        copiesIn(stored.fields),
      ),
      progress: decodeProgress(stored.fields[progressField(policyId)]),
    },
    cause: () => `execution:${execution.executionId}`,
    now,
  });
  return {
    kind: 'change',
    change: {
      ...NO_CHANGE,
      ...effectOf(decision, policyId),
      events: [
        {
          event: 'policy.executed',
          policyId,
          ...execution,
          desiredBefore: state.desired,
          ...sizeAfter(decision.kind === 'scaled' ? decision.state : state),
          ...outcomeOf(decision),
        },
      ],
    },
    answer: decision.kind === 'scaled' ? { kind: 'scaled' } : decision,
  };
}

/** Why no policy of the group would be consulted, not even one that does not exist. */
function skipOf({
  state,
  now,
}: VisibleGroup): Extract<ExecutePolicyResult, { kind: 'skipped' }> | undefined {
  const reason = skipReasonOf(state, now);
  return reason && { kind: 'skipped', reason };
}

/** The desired capacity, and what the group wants apart from its plan where that differs. */
function sizeAfter({ desired, base }: ScalingState): {
  readonly desiredAfter: number;
  readonly base?: number;
} {
  return { desiredAfter: desired, ...(base === undefined ? {} : { base }) };
}

function effectOf(decision: Decision, policyId: PolicyId): Pick<GroupChange, 'set' | 'divergence'> {
  switch (decision.kind) {
    case 'scaled':
      return {
        set: {
          state: encodeField(decision.state),
          [progressField(policyId)]: encodeField(decision.progress),
        },
        divergence: 'mark',
      };
    case 'refused':
      // A useless execution is how people ask for another look at a group in ERROR.
      return { set: {}, divergence: 'mark' };
    case 'skipped':
      return { set: {}, divergence: 'keep' };
  }
}
