import type { EpochMs } from '../base/clock.ts';
import type { PartitionId } from '../domain/ids.ts';
import type { Observe } from '../ports/observe.ts';
import type { Unit } from '../ports/store.ts';

/** Tells what a committed claim was about. `at` is the store's clock at the commit: lateness is `at` minus dueAt. */
export function reportUnit(
  observe: Observe,
  partition: PartitionId,
  unit: Unit,
  at: EpochMs,
): void {
  const { groupId, tenantId } = unit;
  for (const fact of unit.events) {
    if (fact.event === 'policy.fired') {
      const { policyId, outcome, plannedAt, desiredBefore, desiredAfter } = fact;
      // One literal without spreading: in a burst this is told ten thousand times a second.
      observe({
        event: 'policy.fired',
        outcome,
        plannedAt,
        latenessMs: at - fact.dueAt,
        desiredBefore,
        desiredAfter,
        partition,
        tenantId,
        groupId,
        policyId,
      });
    } else if (fact.event === 'policy.missed') {
      const { policyId, first, last, reason } = fact;
      observe({
        event: 'policy.missed',
        first,
        last,
        reason,
        partition,
        tenantId,
        groupId,
        policyId,
      });
    } else if (fact.event === 'policy.parked') {
      const { policyId, reason } = fact;
      observe({ event: 'policy.parked', reason, partition, tenantId, groupId, policyId });
    }
  }
}
