/** What people do to a group as a whole, short of creating it. */
import { assert } from '../base/assert.ts';
import { hasCode } from '../base/errors.ts';
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
import { clampDesired } from '../domain/scaling/limits.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import type { StoredGroup } from '../ports/store.ts';
import { changeGroup, NO_CHANGE } from './write-group.ts';
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
  | NoSuchGroup;
export type ChangeLaunchResult =
  | { readonly kind: 'changed' }
  /** Servers of the stored type run or may be about to; the provider of another type would never stop them. */
  | { readonly kind: 'type-in-use'; readonly type: string }
  | NoSuchGroup;
export type DeleteGroupResult =
  | { readonly kind: 'deleted' }
  /** Its desired capacity is not 0, and nobody said that this does not matter. */
  | { readonly kind: 'not-empty' }
  | NoSuchGroup;
export type PauseResult = { readonly kind: 'paused' } | NoSuchGroup;
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
  return changeGroup<ChangeConfigResult>(deps, target, (group) =>
    decideConfigChange(group, request, deps.store.layout),
  );
}

/**
 * Replaces the launch configuration. Servers that run keep theirs, so nothing is converged. Its type can
 * change only while the group has no servers.
 */
export async function changeLaunch(
  deps: ScalingDeps,
  target: GroupTarget,
  request: { readonly launch: LaunchConfiguration; readonly by: string },
): Promise<ChangeLaunchResult> {
  return changeGroup<ChangeLaunchResult>(deps, target, ({ stored, state }) => {
    const type = launchTypeOf(stored);
    if (type !== undefined && type !== request.launch.type && mayHaveServers(deps, stored, type)) {
      return { kind: 'leave', answer: { kind: 'type-in-use', type } };
    }
    return {
      kind: 'change',
      change: {
        ...NO_CHANGE,
        set: { launch: encodeField(request.launch) },
        events: [changedEvent('launch', request.by, { before: state, after: state })],
      },
      answer: { kind: 'changed' },
    };
  });
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
  request: { readonly isForced: boolean; readonly by: string },
): Promise<DeleteGroupResult> {
  return changeGroup<DeleteGroupResult>(deps, target, ({ stored, state }) => {
    if (state.desired > 0 && !request.isForced) {
      return { kind: 'leave', answer: { kind: 'not-empty' } };
    }
    return {
      kind: 'change',
      change: {
        ...NO_CHANGE,
        set: { state: encodeField({ ...state, isDeleting: true }) },
        due: [...stored.due.keys()].map((policyId) => ({ policyId, dueAt: undefined })),
        divergence: 'mark',
        listing: 'drop',
        events: [{ event: 'group.deleted', by: request.by }],
      },
      answer: { kind: 'deleted' },
    };
  });
}

/** Stops a group from being scaled and converged. A pass that is under way sees it before its next call. */
export async function pauseGroup(
  deps: ScalingDeps,
  target: GroupTarget,
  request: { readonly by: string },
): Promise<PauseResult> {
  return changeGroup<PauseResult>(deps, target, ({ state }) => {
    if (state.isPaused) return { kind: 'leave', answer: { kind: 'paused' } };
    const after = { ...state, isPaused: true };
    return {
      kind: 'change',
      change: {
        ...NO_CHANGE,
        set: { state: encodeField(after) },
        events: [changedEvent('paused', request.by, { before: state, after })],
      },
      answer: { kind: 'paused' },
    };
  });
}

/** Lets a group be scaled again and converges it, also where it was not paused. */
export async function resumeGroup(
  deps: ScalingDeps,
  target: GroupTarget,
  request: { readonly by: string },
): Promise<ResumeResult> {
  return changeGroup<ResumeResult>(deps, target, ({ state }) => {
    const after = { ...state, isPaused: false };
    const resumed = {
      set: { state: encodeField(after) },
      events: [changedEvent('resumed', request.by, { before: state, after })],
    };
    return {
      kind: 'change',
      change: { ...NO_CHANGE, ...(state.isPaused ? resumed : {}), divergence: 'mark' },
      answer: { kind: 'resumed' },
    };
  });
}

/** Has the group looked at now; brings one out of ERROR where the cause is gone. */
export async function convergeGroup(
  deps: ScalingDeps,
  target: GroupTarget,
): Promise<ConvergeResult> {
  return changeGroup<ConvergeResult>(deps, target, ({ state }) => {
    if (state.isSuspended) return { kind: 'leave', answer: { kind: 'suspended' } };
    if (state.isPaused) return { kind: 'leave', answer: { kind: 'paused' } };
    return {
      kind: 'change',
      change: { ...NO_CHANGE, divergence: 'mark' },
      answer: { kind: 'marked' },
    };
  });
}

function decideConfigChange(
  { stored, state }: VisibleGroup,
  request: ConfigRequest,
  layout: PartitionLayout,
): GroupDecision<ChangeConfigResult> {
  const { key } = decodeLabels(stored.fields['labels']);
  if (request.labels.key !== undefined && request.labels.key !== key) {
    return { kind: 'leave', answer: { kind: 'key-differs', key } };
  }
  const region = regionOfGroup(stored.groupId, layout);
  assert(region !== undefined, 'a group that is there is in a region');
  if (request.region !== undefined && request.region !== region) {
    return { kind: 'leave', answer: { kind: 'region-differs', region } };
  }
  if (state.isSuspended) return { kind: 'leave', answer: { kind: 'suspended' } };
  const after = withinLimits(state, request.limits);
  return {
    kind: 'change',
    change: {
      ...NO_CHANGE,
      set: {
        labels: encodeField(key === undefined ? request.labels : { ...request.labels, key }),
        limits: encodeField(request.limits),
        ...(after === state ? {} : { state: encodeField(after) }),
      },
      divergence: state.isPaused ? 'keep' : 'mark',
      events: [changedEvent('config', request.by, { before: state, after })],
    },
    answer: { kind: 'changed' },
  };
}

/** The state with its desired capacity pulled within the limits; no execution is the cause of that. */
function withinLimits(state: ScalingState, limits: GroupLimits): ScalingState {
  const desired = clampDesired(limits, state.desired);
  if (desired === state.desired) return state;
  const { touchedAt, isPaused, isSuspended, isDeleting } = state;
  return {
    desired,
    ...(touchedAt === undefined ? {} : { touchedAt }),
    isPaused,
    isSuspended,
    isDeleting,
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
