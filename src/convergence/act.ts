import type { Clock } from '../base/clock.ts';
import { withDeadline } from '../base/deadline.ts';
import { hasCode, messageOf } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { planConvergence } from '../domain/convergence/plan.ts';
import { decodeState } from '../domain/group/fields.ts';
import type { FencingToken } from '../domain/ids.ts';
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
  /** The generation that the lock was taken on. */
  readonly generation: number;
  readonly desired: number;
  readonly cause: string | undefined;
  readonly provider: CapacityProvider;
  readonly target: ProviderTarget;
  readonly callTimeoutMs: number;
}

export type ActResult =
  | ({ readonly kind: 'observed' } & ProviderObservation)
  | { readonly kind: 'transient' | 'fatal'; readonly reason: string }
  /** The group was marked again meanwhile: what is wanted may be another number now. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'paused' }
  /** The term is over; no call is under way. */
  | { readonly kind: 'interrupted' }
  /** The lock, or the partition, is another's now. `hasCalled`: a call had left before that was known. */
  | {
      readonly kind: 'overtaken';
      readonly hasCalled: boolean;
      readonly newest: FencingToken | undefined;
    };

/**
 * Observes, orders what the plan says, and observes again. The lock is renewed before every call but the
 * first, which follows the lock itself; a renewal that is not granted stops the pass before its next call.
 */
export async function act(term: OwnerTerm, deps: ActDeps, order: Order): Promise<ActResult> {
  const before = await call(term, deps, order, (signal) =>
    order.provider.observe(order.target, signal),
  );
  if (before.kind !== 'answered') return before;
  const { desired } = order;
  const steps = planConvergence({ desired, actual: before.answer.actual });
  if (steps.length === 0) return { kind: 'observed', ...before.answer };
  let hasCalled = false;
  for (const step of steps) {
    const refusal = await renew(term, deps, { order, hasCalled });
    if (refusal !== undefined) return refusal;
    hasCalled = true;
    const ordered = await call(term, deps, order, (signal) =>
      order.provider.setCapacity(
        order.target,
        {
          desired: step.desired,
          idempotencyKey: `${order.lock.groupId}:${String(order.generation)}`,
          cause: order.cause,
          token: term.token,
        },
        signal,
      ),
    );
    if (ordered.kind !== 'answered') return ordered;
  }
  const refusal = await renew(term, deps, { order, hasCalled });
  if (refusal !== undefined) return refusal;
  const after = await call(term, deps, order, (signal) =>
    order.provider.observe(order.target, signal),
  );
  return after.kind === 'answered' ? { kind: 'observed', ...after.answer } : after;
}

async function renew(
  term: OwnerTerm,
  deps: ActDeps,
  at: { readonly order: Order; readonly hasCalled: boolean },
): Promise<ActResult | undefined> {
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
      return renewed.generation === order.generation ? undefined : { kind: 'moved' };
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
