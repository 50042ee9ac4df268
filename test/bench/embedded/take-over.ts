/** What it costs to take a partition over: from the raising of the fence to the first claim. */
import type { EpochMs } from '../../../src/base/clock.ts';
import type { Observe } from '../../../src/ports/observe.ts';
import { openStore, PARTITION, tokenOf } from './bench-store.ts';
import { runLoop } from './loop.ts';

/** Take-overs of one store, one at each instant, when `due` occurrences have just become due. */
export interface TakeOverPlan {
  readonly path: string;
  readonly instants: readonly EpochMs[];
  readonly due: number;
  /** Number of the first of the owners. */
  readonly firstOwner: number;
  readonly reporting: Observe;
}

/** From acquire to the report of the first claim, in ms, each on a file that was just opened. */
export async function measureTakeOvers(plan: TakeOverPlan): Promise<readonly number[]> {
  const durations: number[] = [];
  for (const [index, instant] of plan.instants.entries()) {
    const bench = await openStore(plan.path);
    const token = tokenOf(plan.firstOwner + index);
    bench.clock.leapTo(instant);
    const startedAtMs = performance.now();
    await bench.store.acquire(PARTITION, token);
    let count = 0;
    await runLoop(bench, {
      ...{ token, reporting: plan.reporting },
      onFiring: () => {
        count += 1;
        if (count === 1) durations.push(performance.now() - startedAtMs);
        return count === plan.due ? 'stop' : 'go-on';
      },
    });
    await bench.store.close();
  }
  return durations;
}
