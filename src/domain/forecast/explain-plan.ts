/** What a plan has to do with the size of a group, as facts and in words. */
import type { EpochMs } from '../../base/clock.ts';
import type { Group } from '../group/group.ts';
import type { PlannedCapacity } from '../group/planned-capacity.ts';
import type { HistoryEvent } from '../history/event.ts';
import type { PolicyId } from '../ids.ts';
import { baseOf, plannedOf } from '../plan/plan.ts';
import type { PlanEvent } from '../plan/turns.ts';
import { isoOf } from '../schedule/iso.ts';

/** One value that a plan sets at an instant, what sets it, and until when that holds by itself. */
export type PlanFact = {
  readonly field: keyof PlannedCapacity;
  readonly value: number;
  readonly until: EpochMs;
} & (
  | { readonly by: 'window'; readonly policyId: PolicyId }
  | { readonly by: 'override'; readonly reason: string; readonly setBy: string }
);

const FIELDS = ['desired', 'min', 'max'] as const;
const FIELD_WORDS: Readonly<Record<keyof PlannedCapacity, string>> = {
  desired: 'the desired capacity to',
  min: 'the minimum to',
  max: 'the maximum to',
};

/** What is set at an instant; nothing where the group is left to itself. */
export function planFacts({ state }: Pick<Group, 'state'>, now: EpochMs): readonly PlanFact[] {
  return FIELDS.flatMap((field): readonly PlanFact[] => {
    const planned = plannedOf(state, field, now);
    if (planned === undefined) return [];
    const { value, source } = planned;
    if (source.kind === 'window') {
      const { policyId, closesAt } = source.window;
      return [{ field, value, until: closesAt, by: 'window', policyId }];
    }
    const { until, reason, by } = source.override;
    return [{ field, value, until, by: 'override', reason, setBy: by }];
  });
}

/** The same in sentences, and what the group wants apart from that. `policyText` names a policy. */
export function planSentences(
  facts: readonly PlanFact[],
  { state }: Pick<Group, 'state'>,
  policyText: (id: PolicyId) => string,
): readonly string[] {
  if (facts.length === 0) return [];
  const set = facts.map((fact) => {
    const what = `sets ${FIELD_WORDS[fact.field]} ${String(fact.value)} until ${isoOf(fact.until)}`;
    return fact.by === 'window'
      ? `The open window of ${policyText(fact.policyId)} ${what}.`
      : `The override of ${fact.setBy} (${JSON.stringify(fact.reason)}) ${what}.`;
  });
  const base = baseOf(state);
  if (base === state.desired) return set;
  return [...set, `Apart from that, the group wants ${String(base)}.`];
}

/** An event of a plan that tells of the desired capacity. */
type PlanDeed =
  PlanEvent | Extract<HistoryEvent, { readonly event: 'override.set' | 'override.removed' }>;

/** Whether the plan of a group, or somebody who changed it, is behind an event. */
export function isPlanDeed<Event extends HistoryEvent>(
  event: Event,
): event is Extract<Event, PlanDeed> {
  return /^(window|override|pause)\./.test(event.event);
}

/** What such an event did, in words. `policyText` names a policy. */
export function planDeedText(event: PlanDeed, policyText: (id: PolicyId) => string): string {
  switch (event.event) {
    case 'window.opened':
      return `The window of ${policyText(event.policyId)} opened`;
    case 'window.closed':
      return `The window of ${policyText(event.policyId)} closed`;
    case 'override.set':
      return `${event.by} set an override`;
    case 'override.removed':
      return `${event.by} ended the override`;
    case 'override.ended':
      return 'The override ended';
    case 'pause.ended':
      return 'The pause ended';
  }
}
