/** What fires while faults strike: groups of four policies, each of which fires every ten seconds. */
import type { Adjustment, PolicyDefinition } from '../../src/domain/group/policy.ts';
import type { GroupSeed } from '../support/seeded-store.ts';

/** Each policy is due once in so many seconds. */
const PERIOD_SECONDS = 10;
const POLICIES_PER_GROUP = 4;
/** The group in which people execute a policy while schedules fire. */
export const BY_HAND = 'by hand';

/**
 * Groups with so many policies between them, a tenth of which is due at every second. What they count up and
 * down from is set anew every ten seconds, well inside the limits: no firing is lost from sight because
 * nothing can change.
 */
export function loadOf(policyCount: number, urlOf: (name: string) => string): readonly GroupSeed[] {
  const groups = Array.from({ length: Math.ceil(policyCount / POLICIES_PER_GROUP) }, (_, index) => {
    const left = policyCount - index * POLICIES_PER_GROUP;
    const adjustments: readonly Adjustment[] = [
      { kind: 'desiredCapacity', amount: 4 + (index % 7) },
      ...([1, 2, -1] as const).map((amount): Adjustment => ({ kind: 'change', amount })),
    ];
    return groupOf(
      `g${index}`,
      urlOf,
      adjustments.slice(0, left).map((adjustment, turn) =>
        // Three seconds apart, so that a group is never due twice at one instant.
        every(index + 3 * turn, adjustment),
      ),
    );
  });
  const byHand: PolicyDefinition = {
    name: 'execute',
    cooldownSeconds: 0,
    adjustment: { kind: 'change', amount: 1 },
  };
  const reset = every(0, { kind: 'desiredCapacity', amount: 1 });
  return [...groups, groupOf(BY_HAND, urlOf, [byHand, reset])];
}

function groupOf(
  name: string,
  urlOf: (name: string) => string,
  policies: readonly PolicyDefinition[],
): GroupSeed {
  return {
    name,
    limits: { minEntities: 0, maxEntities: 1000, cooldownSeconds: 0 },
    launch: { type: 'webhook', args: { url: urlOf(name) } },
    policies,
  };
}

function every(second: number, adjustment: Adjustment): PolicyDefinition {
  const first = second % PERIOD_SECONDS;
  const cron = `${first}-59/${PERIOD_SECONDS} * * * * *`;
  return { name: cron, cooldownSeconds: 0, adjustment, schedule: { kind: 'cron', cron } };
}
