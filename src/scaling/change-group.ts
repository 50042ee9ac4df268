/** What people do to a group as a whole, short of creating it. */
import { assert } from '../base/assert.ts';
import type { EpochMs } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import { CREATION_FIELD, creationOf, encodeCreation } from '../domain/group/answers.ts';
import {
  decodeLabels,
  decodeLaunch,
  decodeObservation,
  encodeField,
} from '../domain/group/fields.ts';
import type {
  GroupLabels,
  GroupLimits,
  LaunchConfiguration,
  ScalingState,
} from '../domain/group/group.ts';
import { regionOfGroup } from '../domain/partition/partition-of.ts';
import type { PartitionLayout } from '../domain/partition/partition-of.ts';
import { problemOfEnd } from '../domain/plan/ends.ts';
import type { EndProblem } from '../domain/plan/ends.ts';
import { withinLimits } from '../domain/scaling/limits.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import { ifExpected } from './expectation.ts';
import type { Expectation, Unexpected } from './expectation.ts';
import { changeGroupOnce } from './once.ts';
import type { NotAgain, Once } from './once.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import type { DueMove, StoredFields, StoredGroup } from '../ports/store.ts';
import { NO_CHANGE } from './group-unit.ts';
import { timerMove } from './replan.ts';
import { changeGroup, refusing } from './write-group.ts';
import type { GroupDecision, GroupTarget, NoSuchGroup, VisibleGroup } from './write-group.ts';

/** The group's tenant is suspended. */
interface Suspended {
  readonly kind: 'suspended';
}

/** The group is paused. */
interface Paused {
  readonly kind: 'paused';
}

export type ChangeConfigResult =
  | { readonly kind: 'changed' }
  | Suspended
  /** A group keeps the key, or the lack of one, that it was created with. */
  | { readonly kind: 'key-differs'; readonly key: string | undefined }
  /** A group stays in the region that it was created in. */
  | { readonly kind: 'region-differs'; readonly region: string }
  | Unexpected
  | NoSuchGroup;
export type ChangeLaunchResult =
  | { readonly kind: 'changed' }
  /** Servers of the stored type run or may be about to; the provider of another type would never stop them. */
  | { readonly kind: 'type-in-use'; readonly type: string }
  | Unexpected
  | NoSuchGroup;
export type DeleteGroupResult =
  | { readonly kind: 'deleted' }
  /** Its desired capacity is not 0, and nobody said that this does not matter. */
  | { readonly kind: 'not-empty' }
  | Unexpected
  | NoSuchGroup;
export type PauseResult = { readonly kind: 'paused' } | EndProblem | NoSuchGroup;
export type ResumeResult = { readonly kind: 'resumed' } | NoSuchGroup;
export type ConvergeResult = { readonly kind: 'marked' } | Suspended | Paused | NoSuchGroup;

/** What people call a group and the bounds that they set. */
export interface ConfigRequest {
  readonly labels: GroupLabels;
  readonly limits: GroupLimits;
  /** Where the request has the group; it may be left out, and can only be where the group is. */
  readonly region?: string;
  /** Who asks; kept in the history. */
  readonly by: string;
  readonly expectation?: Expectation | undefined;
}

/**
 * Replaces names and bounds and pulls the desired capacity within the new bounds. The group is looked at
 * anew every time, even where nothing changed; a paused one when it is resumed.
 */
export async function changeConfig(
  deps: ScalingDeps,
  target: GroupTarget,
  request: ConfigRequest,
): Promise<ChangeConfigResult> {
  const wanted = { wanted: 'group.changed', what: 'config', by: request.by } as const;
  const decide = ifExpected<ChangeConfigResult>(request.expectation, wanted, (group) =>
    decideConfigChange(group, request, deps.store.layout),
  );
  return changeGroup<ChangeConfigResult>(deps, target, decide);
}

/**
 * Replaces the launch configuration. Servers that run keep theirs, so nothing is converged. Its type can
 * change only while the group has no servers.
 */
export async function changeLaunch(
  deps: ScalingDeps,
  target: GroupTarget,
  request: {
    readonly launch: LaunchConfiguration;
    readonly by: string;
    readonly expectation?: Expectation | undefined;
  },
): Promise<ChangeLaunchResult> {
  const set = { launch: encodeField(request.launch) };
  const wanted = { wanted: 'group.changed', what: 'launch', by: request.by, set } as const;
  const decide = ifExpected<ChangeLaunchResult>(request.expectation, wanted, (group) => {
    const { stored, state } = group;
    const type = launchTypeOf(stored);
    if (type !== undefined && type !== request.launch.type && mayHaveServers(deps, stored, type)) {
      return refusing({ kind: 'type-in-use', type }, wanted);
    }
    return {
      kind: 'change',
      change: {
        ...NO_CHANGE,
        set,
        events: [changedEvent('launch', request.by, { before: state, after: state })],
      },
      answer: { kind: 'changed' },
    };
  });
  return changeGroup<ChangeLaunchResult>(deps, target, decide);
}

/** Undefined where the record cannot be read: writing it anew is what mends it. */
function launchTypeOf(stored: StoredGroup): string | undefined {
  try {
    return decodeLaunch(stored.fields['launch']).type;
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return undefined;
    throw error;
  }
}

/**
 * Only a group that is known to have none, and is not about to be given any, surely has no servers of its
 * type; one whose type nobody serves has had none either.
 */
function mayHaveServers(deps: ScalingDeps, stored: StoredGroup, type: string): boolean {
  const { actual } = decodeObservation(stored.fields['observed']);
  return actual === undefined ? deps.isServed(type) : actual > 0 || stored.isDivergent;
}

/**
 * Hides a group from its tenant for good and leaves its servers to the converger. Allowed at a desired
 * capacity of 0, whatever still runs; with `isForced` always, paused and suspended groups included.
 */
export async function deleteGroup(
  deps: ScalingDeps,
  target: GroupTarget,
  request: {
    readonly isForced: boolean;
    readonly by: string;
    readonly expectation?: Expectation | undefined;
  },
): Promise<DeleteGroupResult> {
  const wanted = { wanted: 'group.deleted', by: request.by } as const;
  const decide = ifExpected<DeleteGroupResult>(request.expectation, wanted, (group) => {
    const { now, stored, state } = group;
    if (state.desired > 0 && !request.isForced) return refusing({ kind: 'not-empty' }, wanted);
    return {
      kind: 'change',
      change: {
        ...NO_CHANGE,
        set: { state: encodeField({ ...state, isDeleting: true }), ...creationEnded(stored, now) },
        due: [...stored.due.keys()].map((policyId) => ({ policyId, dueAt: undefined })),
        divergence: 'mark',
        listing: 'drop',
        events: [{ event: 'group.deleted', by: request.by }],
      },
      answer: { kind: 'deleted' },
    };
  });
  return changeGroup<DeleteGroupResult>(deps, target, decide);
}

/** The key of a creation is kept for a while from now on. */
function creationEnded({ fields }: StoredGroup, deletedAt: EpochMs): StoredFields {
  const creation = creationOf(fields);
  return creation === undefined
    ? {}
    : { [CREATION_FIELD]: encodeCreation({ ...creation, deletedAt }) };
}

/**
 * Stops a group from being scaled and converged, up to an instant or until it is resumed: whichever was said last. A
 * pass that is under way sees it before its next call.
 */
export async function pauseGroup(
  deps: ScalingDeps,
  target: GroupTarget,
  request: {
    readonly until?: EpochMs | undefined;
    readonly by: string;
    readonly once?: Once<PauseResult> | undefined;
  },
): Promise<PauseResult | NotAgain> {
  const { until, by } = request;
  const wanted = { wanted: 'group.changed', what: 'paused', by } as const;
  return changeGroupOnce<PauseResult>(deps, target, request.once, ({ now, state }) => {
    const problem = until === undefined ? undefined : problemOfEnd(until, now);
    if (problem !== undefined) return refusing(problem, wanted);
    if (state.isPaused && state.pausedUntil === until) {
      return { kind: 'leave', answer: { kind: 'paused' } };
    }
    const { pausedUntil: _before, ...rest } = state;
    const ending = until === undefined ? {} : { pausedUntil: until };
    const after = { ...rest, isPaused: true, ...ending };
    return {
      kind: 'change',
      change: {
        ...NO_CHANGE,
        set: { state: encodeField(after) },
        due: timerMoves(state, after),
        events: [changedEvent('paused', by, { before: state, after })],
      },
      answer: { kind: 'paused' },
    };
  });
}

/** Lets a group be scaled again and converges it, also where it was not paused. */
export async function resumeGroup(
  deps: ScalingDeps,
  target: GroupTarget,
  request: { readonly by: string; readonly once?: Once<ResumeResult> | undefined },
): Promise<ResumeResult | NotAgain> {
  return changeGroupOnce<ResumeResult>(deps, target, request.once, ({ state }) => {
    const { pausedUntil: _over, ...rest } = state;
    const after = { ...rest, isPaused: false };
    const resumed = {
      set: { state: encodeField(after) },
      due: timerMoves(state, after),
      events: [changedEvent('resumed', request.by, { before: state, after })],
    };
    return {
      kind: 'change',
      change: {
        ...NO_CHANGE,
        events: [{ event: 'group.marked', by: request.by }],
        ...(state.isPaused ? resumed : {}),
        divergence: 'mark',
      },
      answer: { kind: 'resumed' },
    };
  });
}

/** Most pauses have no end, and their groups no timer. */
function timerMoves(before: ScalingState, after: ScalingState): readonly DueMove[] {
  return before.pausedUntil === after.pausedUntil ? [] : [timerMove(after)];
}

/** Has the group looked at now; brings one out of ERROR where the cause is gone. */
export async function convergeGroup(
  deps: ScalingDeps,
  target: GroupTarget,
  request: { readonly by: string; readonly once?: Once<ConvergeResult> | undefined },
): Promise<ConvergeResult | NotAgain> {
  const { by, once } = request;
  return changeGroupOnce<ConvergeResult>(deps, target, once, ({ state }) => {
    if (state.isSuspended) return refusing({ kind: 'suspended' }, { wanted: 'group.marked', by });
    if (state.isPaused) return refusing({ kind: 'paused' }, { wanted: 'group.marked', by });
    return {
      kind: 'change',
      change: { ...NO_CHANGE, divergence: 'mark', events: [{ event: 'group.marked', by }] },
      answer: { kind: 'marked' },
    };
  });
}

function decideConfigChange(
  { stored, state, now }: VisibleGroup,
  request: ConfigRequest,
  layout: PartitionLayout,
): GroupDecision<ChangeConfigResult> {
  const { key } = decodeLabels(stored.fields['labels']);
  const set = {
    labels: encodeField(key === undefined ? request.labels : { ...request.labels, key }),
    limits: encodeField(request.limits),
  };
  const wanted = { wanted: 'group.changed', what: 'config', by: request.by, set } as const;
  if (request.labels.key !== undefined && request.labels.key !== key) {
    return refusing({ kind: 'key-differs', key }, wanted);
  }
  const region = regionOfGroup(stored.groupId, layout);
  assert(region !== undefined, 'a group that is there is in a region');
  if (request.region !== undefined && request.region !== region) {
    return refusing({ kind: 'region-differs', region }, wanted);
  }
  if (state.isSuspended) return refusing({ kind: 'suspended' }, wanted);
  const after = withinLimits(state, request.limits, now);
  return {
    kind: 'change',
    change: {
      ...NO_CHANGE,
      set: { ...set, ...(after === state ? {} : { state: encodeField(after) }) },
      divergence: state.isPaused ? 'keep' : 'mark',
      events: [changedEvent('config', request.by, { before: state, after })],
    },
    answer: { kind: 'changed' },
  };
}

function changedEvent(
  what: Extract<HistoryEvent, { event: 'group.changed' }>['what'],
  by: string,
  state: { readonly before: ScalingState; readonly after: ScalingState },
): HistoryEvent {
  return {
    event: 'group.changed',
    by,
    what,
    desiredBefore: state.before.desired,
    desiredAfter: state.after.desired,
  };
}
