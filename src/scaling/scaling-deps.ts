import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Schedule } from '../domain/group/policy.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { Store } from '../ports/store.ts';
import type { KeyedMutex } from './keyed-mutex.ts';

/** What the use cases that people trigger are made of. */
export interface ScalingDeps {
  readonly store: Store;
  readonly random: Random;
  /** For waiting between tries only: every decision uses the store's clock. */
  readonly clock: Clock;
  /** One for the whole node: it keeps the node's own writes to a group, and a tenant's creations, in line. */
  readonly mutex: KeyedMutex;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
  readonly limits: ScalingLimits;
}

/** How much a tenant may have. */
export interface ScalingLimits {
  readonly maxGroups: number;
  readonly maxPoliciesPerGroup: number;
}
