/** Groups that fire every few seconds and order their capacity from a receiver. */
import type { Adjustment, PolicyDefinition } from '../../../src/domain/group/policy.ts';
import type { GroupSeed } from '../../support/seeded-store.ts';

/**
 * Groups with policies of every interval from one second to five. What they count up and down from is set
 * anew every five seconds, well inside the limits: no firing is lost from sight because nothing can change.
 */
export function firingGroups(
  region: string,
  count: number,
  urlOf: (name: string) => string,
): readonly GroupSeed[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${region} ${String(index)}`;
    return {
      name,
      limits: { minEntities: 0, maxEntities: 30, cooldownSeconds: 0 },
      launch: { type: 'webhook', args: { url: urlOf(name) } },
      policies: [
        every(1 + (index % 5), index, { kind: 'change', amount: 1 }),
        every(2 + (index % 4), index + 1, { kind: 'change', amount: -1 }),
        every(5, index + 2, { kind: 'desiredCapacity', amount: 4 + (index % 7) }),
      ],
    };
  });
}

/** A policy of every so many seconds, all of which divide a minute. */
function every(seconds: number, offset: number, adjustment: Adjustment): PolicyDefinition {
  const cron = `${String(offset % seconds)}-59/${String(seconds)} * * * * *`;
  return { name: cron, cooldownSeconds: 0, adjustment, schedule: { kind: 'cron', cron } };
}
