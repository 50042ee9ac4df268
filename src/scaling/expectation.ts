import type { Refusal } from './record-refusal.ts';
import { refusing } from './write-group.ts';
import type { GroupDecision, VisibleGroup } from './write-group.ts';

/**
 * Whether what a request is about is still as whoever sent it saw it. True as well where it is not there, which
 * is told otherwise. Asked within the decision, of the group that is then committed to: what somebody else
 * changes after that makes the decision stale, and it is asked again.
 */
export type Expectation = (group: VisibleGroup) => boolean;

/** What a request is about is not what whoever sent it saw any more. Nothing was changed. */
export interface Unexpected {
  readonly kind: 'not-as-expected';
}

/** The decision, if all is as expected; else the history tells that it was not, and what was wanted. */
export function ifExpected<Answer>(
  expectation: Expectation | undefined,
  wanted: Omit<Refusal, 'reason'>,
  decide: (group: VisibleGroup) => GroupDecision<Answer>,
): (group: VisibleGroup) => GroupDecision<Answer | Unexpected> {
  if (expectation === undefined) return decide;
  return (group) =>
    expectation(group) ? decide(group) : refusing<Unexpected>({ kind: 'not-as-expected' }, wanted);
}
