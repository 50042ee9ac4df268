import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Turns } from '../base/turns.ts';
import type { LaunchConfiguration } from '../domain/group/group.ts';
import type { Schedule } from '../domain/group/policy.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { CalendarRegistry } from '../ports/calendar-registry.ts';
import type { Observe } from '../ports/observe.ts';
import type { EvictionScope } from '../ports/provider.ts';
import type { Store } from '../ports/store.ts';

/** What the use cases that people trigger are made of. */
export interface ScalingDeps {
  readonly store: Store;
  readonly calendars: CalendarRegistry;
  readonly random: Random;
  /** For waiting between tries, and for ids: every decision uses the store's clock. */
  readonly clock: Clock;
  readonly observe: Observe;
  /** One for the whole node: it keeps people's writes to a group, and a tenant's creations, in line. */
  readonly turns: Turns;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
  readonly limits: ScalingLimits;
  /** The region of groups that are created without one. */
  readonly homeRegion: string;
  /** Whether a provider runs servers of this launch type. */
  readonly isServed: (launchType: string) => boolean;
  /** Which servers of a group with this launch configuration can be told to leave it. */
  readonly evictsOf: (launch: LaunchConfiguration) => EvictionScope;
}

/** How much a tenant may have. */
interface ScalingLimits {
  readonly maxGroups: number;
  readonly maxPoliciesPerGroup: number;
  readonly maxWebhooksPerPolicy: number;
}
