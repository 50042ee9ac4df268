import type { PlannedFault } from './world/plan.ts';

/** Whether a world in which only these faults strike still fails in the same way. */
export type StillFails = (plan: readonly PlannedFault[]) => Promise<boolean>;

/**
 * The fewest faults that still make a seed fail: the shortest beginning of its plan, without those that are
 * not needed. Each is tried once, so that the result may not be the smallest of all, but nothing in it can be left out alone.
 */
export async function shrinkPlan(
  plan: readonly PlannedFault[],
  stillFails: StillFails,
): Promise<readonly PlannedFault[]> {
  let kept = await shortestPrefix(plan, stillFails);
  for (const fault of kept.slice(0, -1)) {
    const without = kept.filter((other) => other !== fault);
    if (await stillFails(without)) kept = without;
  }
  return kept;
}

/** From the shortest on: failing is not monotonous, since every fault shifts what chance decides afterwards. */
async function shortestPrefix(
  plan: readonly PlannedFault[],
  stillFails: StillFails,
): Promise<readonly PlannedFault[]> {
  for (let length = 0; length < plan.length; length += 1) {
    const prefix = plan.slice(0, length);
    if (await stillFails(prefix)) return prefix;
  }
  return plan;
}
