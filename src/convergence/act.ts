import type { Clock } from '../base/clock.ts';
import { withDeadline } from '../base/deadline.ts';
import { hasCode, messageOf } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { planConvergence } from '../domain/convergence/plan.ts';
import { decodeState } from '../domain/group/fields.ts';
import type { Eviction, ScalingState } from '../domain/group/group.ts';
import type { FencingToken } from '../domain/ids.ts';
import { fnv1a } from '../domain/partition/hash.ts';
import type { OwnerTerm } from '../ports/owner-term.ts';
import type { CapacityProvider, ProviderObservation, ProviderTarget } from '../ports/provider.ts';
import type { LockRequest, Store } from '../ports/store.ts';

export interface ActDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

/** What is to be done for a group whose lock is held. */
export interface Order {
  readonly lock: LockRequest;
  /** What is wanted, and the generation that says so. */
  readonly generation: number;
  readonly state: ScalingState;
  readonly provider: CapacityProvider;
  readonly target: ProviderTarget;
  readonly callTimeoutMs: number;
}

type ActResult =
  | ({ readonly kind: 'observed' } & ProviderObservation)
  | { readonly kind: 'transient' | 'fatal'; readonly reason: string }
  | { readonly kind: 'paused' }
  /** The term is over; no call is under way. */
  | { readonly kind: 'interrupted' }
  /** The lock, or the partition, is another's now. `hasCalled`: a call had left before that was known. */
  | {
      readonly kind: 'overtaken';
      readonly hasCalled: boolean;
      readonly newest: FencingToken | undefined;
    };

/** What came of a pass, and what to judge it by: what was ordered last, if anything was. */
export interface Acted {
  readonly desired: number;
  /** The servers that were told to leave. */
  readonly evicting: readonly Eviction[];
  readonly result: ActResult;
}

/** How many servers are wanted: none where the group is being deleted. */
export function desiredOf(state: ScalingState): number {
  return state.isDeleting ? 0 : state.desired;
}

/**
 * Observes, orders what is wanted by then, and observes again. The lock is renewed before every call but
 * the first, which follows the lock itself; a renewal that is not granted stops the pass before its next
 * call. A group that is marked meanwhile does not stop it: marks that come faster than a slow provider
 * answers would keep every order from it.
 */
export async function act(term: OwnerTerm, deps: ActDeps, order: Order): Promise<Acted> {
  const desired = desiredOf(order.state);
  const nothing = { desired, evicting: [] };
  const before = await observe(term, deps, order);
  if (before.kind !== 'observed') return { ...nothing, result: before };
  const { isDeleting, evicting = [] } = order.state;
  const isEvicting = evicting.length > 0;
  const steps = planConvergence({ desired, isDeleting, isEvicting, actual: before.actual });
  if (steps.length === 0) return { ...nothing, result: before };
  const renewed = await renew(term, deps, { order, hasCalled: false });
  if (renewed.kind !== 'renewed') return { ...nothing, result: renewed };
  const { generation, state } = renewed;
  const result = await orderAndObserve(term, deps, { ...order, generation, state });
  return { desired: desiredOf(state), evicting: state.evicting ?? [], result };
}

async function orderAndObserve(term: OwnerTerm, deps: ActDeps, order: Order): Promise<ActResult> {
  const { state, provider, target } = order;
  const capacity = {
    desired: desiredOf(state),
    evicting: state.evicting ?? [],
    idempotencyKey: keyOf(order),
    cause: state.changedBy,
    token: term.token,
  };
  const ordered = await call(term, deps, order, (signal) =>
    provider.setCapacity(target, capacity, signal),
  );
  if (ordered.kind !== 'answered') return ordered;
  const renewed = await renew(term, deps, { order, hasCalled: true });
  return renewed.kind === 'renewed' ? observe(term, deps, order) : renewed;
}

/**
 * What is ordered as well: a generation that a fail-over took back is given again, perhaps to another number, or
 * for other servers to leave.
 */
function keyOf({ lock, generation, state }: Order): string {
  const { evicting } = state;
  const key = `${lock.groupId}:${String(generation)}:${String(desiredOf(state))}`;
  return evicting === undefined ? key : `${key}:${fnv1a(JSON.stringify(evicting)).toString(16)}`;
}

async function observe(term: OwnerTerm, deps: ActDeps, order: Order): Promise<ActResult> {
  const seen = await call(term, deps, order, (signal) =>
    order.provider.observe(order.target, signal),
  );
  return seen.kind === 'answered' ? { kind: 'observed', ...seen.answer } : seen;
}

type Renewal =
  | { readonly kind: 'renewed'; readonly generation: number; readonly state: ScalingState }
  | Extract<ActResult, { readonly kind: 'paused' | 'overtaken' }>;

async function renew(
  term: OwnerTerm,
  deps: ActDeps,
  at: { readonly order: Order; readonly hasCalled: boolean },
): Promise<Renewal> {
  const { order, hasCalled } = at;
  const renewed = await deps.store.renew(term.partition, term.token, order.lock);
  switch (renewed.kind) {
    case 'fenced':
      return { kind: 'overtaken', hasCalled, newest: renewed.newest };
    case 'lost':
      return { kind: 'overtaken', hasCalled, newest: undefined };
    case 'renewed': {
      const state = decodeState(renewed.fields['state']);
      if ((state.isPaused || state.isSuspended) && !state.isDeleting) return { kind: 'paused' };
      return { kind: 'renewed', generation: renewed.generation, state };
    }
  }
}

type CallResult<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'transient' | 'fatal'; readonly reason: string }
  | { readonly kind: 'interrupted' };

/** Makes one provider call under its deadline and sorts what it threw. None is begun when the term is over. */
async function call<Answer>(
  term: OwnerTerm,
  deps: ActDeps,
  order: Order,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<CallResult<Answer>> {
  try {
    term.signal.throwIfAborted();
    const limit = { clock: deps.clock, ms: order.callTimeoutMs, parent: term.signal };
    return { kind: 'answered', answer: await withDeadline(limit, work) };
  } catch (error) {
    if (term.signal.aborted) return { kind: 'interrupted' };
    const reason = messageOf(error);
    return { kind: hasCode(error, 'provider-fatal') ? 'fatal' : 'transient', reason };
  }
}
