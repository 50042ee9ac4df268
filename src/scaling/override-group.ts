/** What people have a group keep to for a while, whatever its windows say. */
import { decodeLimits, encodeField } from '../domain/group/fields.ts';
import type { Override, ScalingState } from '../domain/group/group.ts';
import type { EpochMs } from '../base/clock.ts';
import { problemOfOverride, withOverride } from '../domain/plan/override.ts';
import type { OverrideProblem } from '../domain/plan/override.ts';
import { ifExpected } from './expectation.ts';
import type { Expectation, Unexpected } from './expectation.ts';
import { NO_CHANGE } from './group-unit.ts';
import type { GroupChange } from './group-unit.ts';
import { timerMove } from './replan.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { changeGroup, refusing } from './write-group.ts';
import type { GroupDecision, GroupTarget, NoSuchGroup, VisibleGroup } from './write-group.ts';

export type SetOverrideResult =
  | { readonly kind: 'set'; readonly override: Override }
  | OverrideProblem
  /** The group's tenant is suspended. */
  | { readonly kind: 'suspended' }
  | Unexpected
  | NoSuchGroup;

export type RemoveOverrideResult =
  | { readonly kind: 'removed' }
  /** There is none. */
  | { readonly kind: 'no-override' }
  | { readonly kind: 'suspended' }
  | Unexpected
  | NoSuchGroup;

/** What a group is to keep to, up to when, why, and who says so. */
export interface OverrideRequest {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly desired?: number | undefined;
  readonly until: EpochMs;
  readonly reason: string;
  readonly by: string;
  readonly expectation?: Expectation | undefined;
}

/** Has the group keep to this up to an instant, in place of all that an earlier override said. */
export async function setOverride(
  deps: ScalingDeps,
  target: GroupTarget,
  request: OverrideRequest,
): Promise<SetOverrideResult> {
  const wanted = { wanted: 'override.set', by: request.by } as const;
  const decide = ifExpected<SetOverrideResult>(request.expectation, wanted, (group) =>
    decideSetting(group, request),
  );
  return changeGroup<SetOverrideResult>(deps, target, decide);
}

/** Ends the override of the group before its time. */
export async function removeOverride(
  deps: ScalingDeps,
  target: GroupTarget,
  request: { readonly by: string; readonly expectation?: Expectation | undefined },
): Promise<RemoveOverrideResult> {
  const { by } = request;
  const wanted = { wanted: 'override.removed', by } as const;
  const decide = ifExpected<RemoveOverrideResult>(request.expectation, wanted, (group) => {
    const { state } = group;
    if (state.override === undefined) return { kind: 'leave', answer: { kind: 'no-override' } };
    if (state.isSuspended) return refusing({ kind: 'suspended' }, wanted);
    const change = changeOf(group, undefined, { event: 'override.removed', by });
    return { kind: 'change', change, answer: { kind: 'removed' } };
  });
  return changeGroup<RemoveOverrideResult>(deps, target, decide);
}

function decideSetting(
  group: VisibleGroup,
  request: OverrideRequest,
): GroupDecision<SetOverrideResult> {
  const { now, stored, state } = group;
  const { min, max, desired, until, reason, by } = request;
  const override: Override = {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(desired === undefined ? {} : { desired }),
    ...{ since: now, until, by, reason },
  };
  const set = { state: encodeField({ ...state, override }) };
  const wanted = { wanted: 'override.set', by, set } as const;
  if (state.isSuspended) return refusing({ kind: 'suspended' }, wanted);
  const limits = decodeLimits(stored.fields['limits']);
  const problem = problemOfOverride(state, override, { limits, now });
  if (problem !== undefined) return refusing(problem, wanted);
  const change = changeOf(group, override, { event: 'override.set', by });
  return { kind: 'change', change, answer: { kind: 'set', override } };
}

/** A paused group keeps to its plan as well; what that asks for is brought about when it is resumed. */
function changeOf(
  { now, stored, state }: VisibleGroup,
  override: Override | undefined,
  told: { readonly event: 'override.set' | 'override.removed'; readonly by: string },
): GroupChange {
  const limits = decodeLimits(stored.fields['limits']);
  const after: ScalingState = withOverride(state, override, { limits, now });
  return {
    ...NO_CHANGE,
    set: { state: encodeField(after) },
    due: [timerMove(after)],
    divergence: state.isPaused ? 'keep' : 'mark',
    events: [{ ...told, desiredBefore: state.desired, desiredAfter: after.desired }],
  };
}
