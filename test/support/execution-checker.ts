/** Judges what the history says of executions by hand by what the client was told, call by call. */
import type { RecordedEvent } from '../../src/domain/history/event.ts';

/** One call of a client that makes no other before it has ended. Instants are of the store's machine. */
export interface ExecutionCall {
  readonly policyId: string;
  readonly sentAt: number;
  readonly endedAt: number;
  /** What the node answered; `none` where it did not, and may have executed the policy or not. */
  readonly answer: 'scaled' | 'refused' | 'none';
}

/**
 * What is wrong with the executions in a history; empty where nothing is. Everything that was answered is
 * there exactly once, with the outcome that was told; what was not answered at most once; nothing else is.
 */
export function checkExecutions(
  events: readonly RecordedEvent[],
  calls: readonly ExecutionCall[],
): readonly string[] {
  const faults: string[] = [];
  const left = new Set(events.filter(({ event }) => event.event === 'policy.executed'));
  for (const call of calls) {
    const during = [...left].filter(
      ({ at, event }) =>
        event.event === 'policy.executed' &&
        event.policyId === call.policyId &&
        at >= call.sentAt &&
        at <= call.endedAt,
    );
    for (const found of during) left.delete(found);
    const outcomes = during.map(({ event }) => ('outcome' in event ? event.outcome : ''));
    const expected = call.answer === 'none' ? outcomes.slice(0, 1) : [call.answer];
    if (outcomes.join() === expected.join()) continue;
    const when = new Date(call.sentAt).toISOString();
    faults.push(
      `${call.policyId} was executed at ${when}, answered with ${call.answer}, ` +
        `and is recorded as [${outcomes.join()}]`,
    );
  }
  for (const { at, sequence } of left) {
    faults.push(
      `event ${String(sequence)} at ${new Date(at).toISOString()} is of no call that was made`,
    );
  }
  return faults;
}
