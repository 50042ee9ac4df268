/** What people do to one server of a group. */
import {
  decodeLaunch,
  decodeLimits,
  decodeObservation,
  encodeField,
} from '../domain/group/fields.ts';
import { decideEviction } from '../domain/scaling/evict.ts';
import type { EvictionDecision } from '../domain/scaling/evict.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { NO_CHANGE } from './group-unit.ts';
import { changeGroup, refusing } from './write-group.ts';
import type { GroupDecision, GroupTarget, NoSuchGroup, VisibleGroup } from './write-group.ts';

/** A server and what is to become of it. */
export interface RemovalRequest {
  readonly serverId: string;
  /** Whether another one takes its place; else the group wants one less. */
  readonly isReplaced: boolean;
  /** Whether it ends; else it goes on running, apart from the group. */
  readonly isPurged: boolean;
  /** Who asks; kept in the history. */
  readonly by: string;
}

export type RemoveServerResult =
  | { readonly kind: 'removed' }
  /** The group's tenant is suspended. */
  | { readonly kind: 'suspended' }
  /** Its provider cannot tell this server to leave; `type` is the group's launch type. */
  | { readonly kind: 'not-possible'; readonly type: string }
  | Exclude<EvictionDecision, { readonly kind: 'evicted' | 'not-possible' }>
  | NoSuchGroup;

/**
 * Takes a server out of its group. What is committed is the wish: the converger tells the provider, again and
 * again, until the server is not seen any more. In a paused group it waits until that is resumed.
 */
export async function removeServer(
  deps: ScalingDeps,
  target: GroupTarget,
  request: RemovalRequest,
): Promise<RemoveServerResult> {
  return changeGroup<RemoveServerResult>(deps, target, (group) =>
    decideRemoval(deps, group, request),
  );
}

function decideRemoval(
  deps: ScalingDeps,
  { stored, state, now }: VisibleGroup,
  request: RemovalRequest,
): GroupDecision<RemoveServerResult> {
  const { serverId, isReplaced, isPurged, by } = request;
  const wanted = { wanted: 'server.deleted', serverId, by } as const;
  if (state.isSuspended) return refusing({ kind: 'suspended' }, wanted);
  const launch = decodeLaunch(stored.fields['launch']);
  const scope = deps.evictsOf(launch);
  const decision = decideEviction({
    ...{ state, now },
    limits: decodeLimits(stored.fields['limits']),
    servers: decodeObservation(stored.fields['observed']).servers,
    eviction: { id: serverId, isPurged },
    isReplaced,
    isPossible: scope === 'any' || (scope === 'purged' && isPurged),
  });
  if (decision.kind === 'not-possible') {
    return refusing({ kind: 'not-possible', type: launch.type }, wanted);
  }
  if (decision.kind === 'no-such-server') return { kind: 'leave', answer: decision };
  if (decision.kind !== 'evicted') return refusing(decision, wanted);
  return {
    kind: 'change',
    change: {
      ...NO_CHANGE,
      set: { state: encodeField(decision.state) },
      divergence: state.isPaused ? 'keep' : 'mark',
      events: [
        {
          event: 'server.deleted',
          serverId,
          by,
          isPurged,
          desiredBefore: state.desired,
          desiredAfter: decision.state.desired,
        },
      ],
    },
    answer: { kind: 'removed' },
  };
}
