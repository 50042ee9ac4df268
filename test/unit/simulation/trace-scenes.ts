/** What happens in the traces that the checker's tests are about. */
import type { TraceEntry } from '../../simulation/trace.ts';
import { definition, minute, POLICY, state, TraceBuilder } from './trace-builder.ts';

/** One trace, and what is wrong or unusual about it. */
export interface TracedCase {
  readonly name: string;
  readonly trace: () => Trace;
}

export type Trace = readonly TraceEntry[];

/** Traces in which one thing is wrong, by the rule that has to find it. */
export type BrokenTraces = Readonly<Record<string, readonly TracedCase[]>>;

/** A group that has converged at minute 20, and is armed for minute 60. */
export function aWorld(fields: Readonly<Record<string, string>> = {}): TraceBuilder {
  return new TraceBuilder().go(20).create(fields).converge();
}

/** The commit that deletes the policy. */
export const DELETION = {
  remove: [`policy:${POLICY}`, `progress:${POLICY}`],
  due: [{ policyId: POLICY, dueAt: undefined }],
  events: [{ event: 'policy.deleted', policyId: POLICY, by: 'user' }],
};

/** The commit that writes the policy anew, armed for a minute. */
export function rewriting(armedFor: number): {
  readonly set: Readonly<Record<string, string>>;
  readonly due: readonly { readonly policyId: string; readonly dueAt: number }[];
} {
  const plannedAt = minute(armedFor);
  return {
    set: {
      [`policy:${POLICY}`]: definition(),
      [`progress:${POLICY}`]: JSON.stringify({ plannedAt }),
    },
    due: [{ policyId: POLICY, dueAt: plannedAt }],
  };
}

export const CHANGED = { event: 'policy.changed', policyId: POLICY, by: 'user' };

/** An execution by hand that makes `desired` servers of one fewer. */
export function execution(
  world: TraceBuilder,
  executionId: string,
  desired: number,
): Parameters<TraceBuilder['apply']>[0] {
  const touchedAt = world.at;
  const kept = JSON.parse(world.kept().fields[`progress:${POLICY}`] ?? '{}') as object;
  return {
    ...{ decidedAt: touchedAt, isMarked: true },
    set: {
      state: state({ desired, touchedAt, changedBy: `execution:${executionId}` }),
      [`progress:${POLICY}`]: JSON.stringify({ ...kept, touchedAt }),
    },
    events: [
      {
        ...{ event: 'policy.executed', policyId: POLICY, executionId, by: 'user' },
        ...{ desiredBefore: desired - 1, desiredAfter: desired, outcome: 'scaled' },
      },
    ],
  };
}

/** The policy is parked when it is due. */
export function park(world: TraceBuilder, reason: string): TraceBuilder {
  return world.go(60, 50).apply({
    token: world.token,
    set: { [`progress:${POLICY}`]: JSON.stringify({ claimedAt: minute(60), parked: reason }) },
    due: [{ policyId: POLICY, dueAt: undefined }],
    events: [{ event: 'policy.parked', policyId: POLICY, reason }],
  });
}

export function pause(world: TraceBuilder): TraceBuilder {
  const { desired } = world.stateOf();
  const sizes = { desiredBefore: desired, desiredAfter: desired };
  return world.asUser('pause', 'paused', {
    set: { state: state({ desired, isPaused: true }) },
    events: [{ event: 'group.changed', by: 'user', what: 'paused', ...sizes }],
  });
}

export function remove(
  world: TraceBuilder,
  asked: Parameters<TraceBuilder['asUser']>[3] = {},
): TraceBuilder {
  const change = {
    set: { state: state({ isDeleting: true }) },
    due: [{ policyId: POLICY, dueAt: undefined }],
    isMarked: true,
    events: [{ event: 'group.deleted', by: 'user' }],
  };
  return world.asUser('delete-group', 'deleted', change, asked);
}

/** A first owner's pass sends an order that does not arrive, and another owner converges the group. */
export function overtaken(world: TraceBuilder): TraceBuilder {
  world.go(30).lock('old').wait(20).renew('old').wait(50).settle('old', false).wait(20);
  return world.handOver().converge('new');
}

/** What an event says of an execution that was refused. */
export function refused(
  changes: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return { outcome: 'refused', desiredAfter: 1, ...changes };
}
