import type { EpochMs } from '../../base/clock.ts';
import type { Eviction, GroupLimits, ScalingState, Server } from '../group/group.ts';
import { baseOf, planAt, withBase } from '../plan/plan.ts';
import { clampDesired } from './clamp.ts';
import { withoutCause } from './limits.ts';

/** How many servers of a group may be on their way out at once. */
export const EVICTIONS_MAX = 50;

/** What the wish that a server leaves its group comes to. */
export type EvictionDecision =
  | { readonly kind: 'evicted'; readonly state: ScalingState }
  /** It is not one of the group's, or it was told to leave already. */
  | { readonly kind: 'no-such-server' }
  /** Nothing could tell this server to leave. */
  | { readonly kind: 'not-possible' }
  /** It is not to be replaced, and the group would have too few without it. */
  | { readonly kind: 'below-min'; readonly min: number }
  /** So many are on their way out that the group keeps no more. */
  | { readonly kind: 'too-many'; readonly max: number };

/**
 * Decides whether a server may be told to leave its group, and what the group wants then: one less where the
 * server is not replaced. Servers are those that were seen last. The order of the tests, and so the reason that
 * a user reads, is that of Otter's v1.0 API.
 */
export function decideEviction(input: {
  readonly state: ScalingState;
  readonly limits: GroupLimits;
  readonly now: EpochMs;
  readonly servers: readonly Server[];
  readonly eviction: Eviction;
  readonly isReplaced: boolean;
  readonly isPossible: boolean;
}): EvictionDecision {
  const { state, limits, servers, eviction, isReplaced, isPossible, now } = input;
  const evicting = state.evicting ?? [];
  if (!has(servers, eviction) || has(evicting, eviction)) return { kind: 'no-such-server' };
  if (!isPossible) return { kind: 'not-possible' };
  const plan = planAt(state, limits, now);
  if (!isReplaced && state.desired <= plan.minEntities) {
    return { kind: 'below-min', min: plan.minEntities };
  }
  if (evicting.length >= EVICTIONS_MAX) return { kind: 'too-many', max: EVICTIONS_MAX };
  // Where the size is set, what the group wants apart from that may be the least that there can be already.
  const base = clampDesired(plan, clampDesired(plan, baseOf(state)) - 1);
  const wanted = isReplaced ? state : withoutCause(withBase(state, base, plan));
  return { kind: 'evicted', state: { ...wanted, evicting: [...evicting, eviction] } };
}

/** The state once servers have left. */
export function withoutEvictions(state: ScalingState, ids: readonly string[]): ScalingState {
  const { evicting = [], ...rest } = state;
  const left = evicting.filter(({ id }) => !ids.includes(id));
  return left.length === 0 ? rest : { ...rest, evicting: left };
}

function has(servers: readonly Server[], { id }: Server): boolean {
  return servers.some((server) => server.id === id);
}
